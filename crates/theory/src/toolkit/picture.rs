//! Matrices and images as grey values.

use anyhow::Result;
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use tch::{Kind, Tensor};

/// Matrices of one size side by side, each under its name: 0 is white and 1 black. Every entry is
/// `side` pixels wide in the picture.
///
/// # Errors
///
/// Where the matrices have different sizes.
pub fn matrices(named: &[(&str, Tensor)], side: i64) -> Result<ImageGrid> {
    // The grid's text grows with its scale, so the entries are enlarged before it sees them.
    let tiles = named.iter().map(|(_, matrix)| {
        let large = matrix.repeat_interleave_self_int(side, 0, None);
        grey(&large.repeat_interleave_self_int(side, 1, None))
    });
    let size = named.first().map_or(vec![0, 0], |(_, matrix)| matrix.size());
    Ok(ImageGrid {
        rows: vec![GridRow::new("", tiles.collect::<Result<_>>()?)],
        column_labels: named.iter().map(|(name, _)| (*name).to_owned()).collect(),
        column_breaks: (1..named.len()).collect(),
        scale: 2,
        invert: true,
        ..ImageGrid::new((size[0] * side) as usize, (size[1] * side) as usize)
    })
}

/// Images `[B, …]` with values from 0 to 1, one vector of grey values each.
///
/// # Errors
///
/// Where libtorch cannot copy them.
pub fn tiles(images: &Tensor) -> Result<Vec<Vec<u8>>> {
    images.unbind(0).iter().map(grey).collect()
}

/// 0 to 1 as bytes.
fn grey(values: &Tensor) -> Result<Vec<u8>> {
    let bytes = (values.to_kind(Kind::Double).clamp(0.0, 1.0) * 255.0).round();
    Ok(Vec::try_from(bytes.to_kind(Kind::Uint8).reshape([-1]))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_become_squares() {
        let matrix = Tensor::from_slice(&[0.0, 1.0]).reshape([1, 2]);
        let grid = matrices(&[("one", matrix)], 2).unwrap();
        assert_eq!((grid.height, grid.width), (2, 4));
        assert_eq!(grid.rows[0].images, [[0, 0, 255, 255, 0, 0, 255, 255]]);
    }
}
