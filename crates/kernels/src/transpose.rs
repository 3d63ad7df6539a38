//! Rows to columns.

/// Side of the blocks that are turned in registers: of every processor, so that the function needs no
/// versions. Larger blocks measured slower.
const BLOCK: usize = 4;
type Block<T> = [[T; BLOCK]; BLOCK];

/// Writes columns of `from` (row after row, `width` in each), as many as there is room for from column
/// `start` on, as rows of `to`.
pub(crate) fn columns_to_rows<T: Copy + Default>(
    from: &[T],
    width: usize,
    start: usize,
    to: &mut [T],
) {
    let height = from.len() / width;
    let columns = to.len() / height;
    let (whole_height, whole_columns) = (height / BLOCK * BLOCK, columns / BLOCK * BLOCK);
    for left in (0..whole_columns).step_by(BLOCK) {
        for top in (0..whole_height).step_by(BLOCK) {
            let block = turned(&from[top * width + start + left..], width);
            for (line, offset) in block.iter().zip((left * height + top..).step_by(height)) {
                to[offset..offset + BLOCK].copy_from_slice(line);
            }
        }
    }
    for column in 0..columns {
        // Below whole blocks there is a margin; beyond them, everything.
        let top = if column < whole_columns { whole_height } else { 0 };
        for row in top..height {
            to[column * height + row] = from[row * width + start + column];
        }
    }
}

/// The block that begins at the front of `from`, transposed.
#[inline(always)]
fn turned<T: Copy + Default>(from: &[T], width: usize) -> Block<T> {
    let mut block: Block<T> = [[T::default(); BLOCK]; BLOCK];
    for row in 0..BLOCK {
        let line = &from[row * width..row * width + BLOCK];
        for column in 0..BLOCK {
            block[column][row] = line[column];
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::columns_to_rows;

    /// Sizes below, at and above those of whole blocks, and every part of the columns.
    #[test]
    fn columns_of_any_size_become_rows() {
        for height in [1, 2, 7, 8, 9, 15, 16, 17, 25] {
            for width in [1, 3, 7, 8, 9, 16, 19] {
                let from: Vec<f32> = (0..height * width).map(|place| place as f32).collect();
                for start in 0..width {
                    for columns in 0..=width - start {
                        let mut to = vec![f32::NAN; columns * height];
                        columns_to_rows(&from, width, start, &mut to);
                        for (place, &value) in to.iter().enumerate() {
                            let (column, row) = (start + place / height, place % height);
                            assert_eq!(value, (row * width + column) as f32, "{height} × {width}");
                        }
                    }
                }
            }
        }
    }
}
