//! Where the images and the labels of a grid lie.

use super::ImageGrid;
use crate::error::Result;
use crate::font::{self, Weight};

/// Where everything of a grid lies.
pub(super) struct Layout {
    /// Left edge of each column.
    pub columns: Vec<usize>,
    /// Upper edge of each row.
    pub rows: Vec<usize>,
    /// Base line distance of the labels, and their em.
    pub line: f64,
    pub size: f64,
    pub row_labels: Vec<Vec<String>>,
    pub column_labels: Vec<Vec<String>>,
    /// Whether column labels read upwards.
    pub upwards: bool,
    pub width: usize,
    pub height: usize,
}

/// The start of each tile, and the end of the last. The first tile's own gap is left out.
fn edges(first: usize, tile: usize, gaps: impl Iterator<Item = usize>) -> (Vec<usize>, usize) {
    let mut end = first;
    let starts = gaps.enumerate().map(|(index, gap)| {
        let start = if index == 0 { first } else { end + gap };
        end = start + tile;
        start
    });
    (starts.collect(), end)
}

impl ImageGrid {
    pub(super) fn layout(&self) -> Result<Layout> {
        // Text and gaps grow with the images, so that a grid looks alike at every scale.
        let size = (8.0 * self.scale as f64).max(14.0);
        let (gap, wide_gap) = (self.scale.max(2), 7 * self.scale);
        let (tile_width, tile_height) = (self.width * self.scale, self.height * self.scale);
        let labels =
            self.rows.iter().map(|row| font::wrap(&row.label, 9.0 * size, size, Weight::Regular));
        let row_labels: Vec<Vec<String>> = labels.collect::<Result<_>>()?;
        let left = self.left_margin(&row_labels, size)?;
        let (column_labels, upwards, top) = self.column_headings(size)?;
        // A label may be higher than its row of small images: then rows move apart.
        let lines = row_labels.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let row_height = tile_height.max((lines * 1.25 * size).ceil() as usize);
        let gap_before = |wide: bool| if wide { wide_gap } else { gap };
        let column_gaps = (0..self.columns()).map(|i| gap_before(self.column_breaks.contains(&i)));
        let (columns, right) = edges(left, tile_width, column_gaps);
        let row_gaps = self.rows.iter().map(|row| gap_before(row.apart));
        let (rows, bottom) = edges(top, row_height, row_gaps);
        let margin = 2 * self.scale;
        Ok(Layout {
            columns,
            rows: rows.iter().map(|row| row + (row_height - tile_height) / 2).collect(),
            line: 1.25 * size,
            size,
            row_labels,
            column_labels,
            upwards,
            width: right + margin,
            height: bottom + margin,
        })
    }

    /// Room for the row labels.
    fn left_margin(&self, row_labels: &[Vec<String>], size: f64) -> Result<usize> {
        let lines = row_labels.iter().flatten().map(String::as_str);
        let width = font::widest(lines, size, Weight::Regular)?;
        Ok(if width > 0.0 {
            (width + size).ceil() as usize + 2 * self.scale
        } else {
            2 * self.scale
        })
    }

    /// The column labels in lines, whether they read upwards, and the room above the first row.
    fn column_headings(&self, size: f64) -> Result<(Vec<Vec<String>>, bool, usize)> {
        let room = (self.width * self.scale) as f64;
        let wrapped =
            self.column_labels.iter().map(|label| font::wrap(label, room, size, Weight::Regular));
        let labels: Vec<Vec<String>> = wrapped.collect::<Result<_>>()?;
        let most = labels.iter().map(Vec::len).max().unwrap_or(0);
        let margin = 2 * self.scale;
        if most == 0 {
            return Ok((labels, false, margin));
        }
        let lines = labels.iter().flatten().map(String::as_str);
        if font::widest(lines, size, Weight::Regular)? <= room {
            let height = 1.25 * size * most as f64 + 0.5 * size;
            return Ok((labels, false, margin + height.ceil() as usize));
        }
        let whole = self.column_labels.iter().map(String::as_str);
        let height = font::widest(whole, size, Weight::Regular)? + 0.8 * size;
        let labels = self.column_labels.iter().map(|label| vec![label.clone()]).collect();
        Ok((labels, true, margin + height.ceil() as usize))
    }
}
