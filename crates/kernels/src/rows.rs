//! Rows of a table: gathered into a batch, scattered back.

use std::fmt::{Display, Formatter, Result as FmtResult};

use multiversion::multiversion;

/// Why some indices cannot be those of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexError {
    /// Two rows of a batch would be the same, and one of their updates would be lost.
    Duplicate(i64),
    /// The table has no such row.
    OutOfRange(i64),
}

impl Display for IndexError {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        match self {
            IndexError::Duplicate(index) => write!(f, "row {index} occurs twice in a batch"),
            IndexError::OutOfRange(index) => write!(f, "row {index} is not in the table"),
        }
    }
}

impl std::error::Error for IndexError {}

/// Which rows of a table make a batch: distinct, and each within the table.
#[derive(Debug, Clone, Copy)]
pub struct RowIndices<'a> {
    indices: &'a [i64],
}

impl<'a> RowIndices<'a> {
    /// `indices` into a table of `rows` rows.
    ///
    /// # Errors
    /// For an index that occurs twice, or is none of the table's.
    pub fn new(indices: &'a [i64], rows: usize) -> Result<RowIndices<'a>, IndexError> {
        let mut sorted = indices.to_vec();
        sorted.sort_unstable();
        if let Some(&index) = sorted.iter().find(|&&index| index < 0 || index as usize >= rows) {
            return Err(IndexError::OutOfRange(index));
        }
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(IndexError::Duplicate(pair[0])),
            None => Ok(RowIndices { indices }),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The indices in groups of `size`, at least 1, and a last one of what is left.
    pub fn groups(self, size: usize) -> impl Iterator<Item = RowIndices<'a>> {
        self.indices.chunks(size).map(|indices| RowIndices { indices })
    }

    /// Copies the rows of `table`, `width` values each and at least 1, to the front of `batch`, in the
    /// order of the indices.
    ///
    /// # Panics
    /// Where `batch` is shorter than that, or `table` than the indices were checked for.
    pub fn gather(&self, table: &[f32], width: usize, batch: &mut [f32]) {
        self.check_room(width, batch.len());
        for (from, row) in self.rows(table, width).zip(batch.chunks_exact_mut(width)) {
            row.copy_from_slice(from);
        }
    }

    /// Copies the rows at the front of `batch` back into `table`; its other rows keep every bit.
    ///
    /// # Panics
    /// As [`RowIndices::gather`].
    pub fn scatter(&self, table: &mut [f32], width: usize, batch: &[f32]) {
        self.check_room(width, batch.len());
        for (&index, row) in self.indices.iter().zip(batch.chunks_exact(width)) {
            table[index as usize * width..][..width].copy_from_slice(row);
        }
    }

    /// The rows of `table` themselves, `width` values each, in the order of the indices.
    ///
    /// # Panics
    /// Where `table` is shorter than the indices were checked for.
    pub fn rows<'t, T>(
        &self,
        table: &'t [T],
        width: usize,
    ) -> impl Iterator<Item = &'t [T]> + use<'a, 't, T> {
        self.indices.iter().map(move |&index| &table[index as usize * width..][..width])
    }

    /// As [`RowIndices::gather`], from a table of images, `width` pixels each: a byte `b` becomes
    /// `b / 255`.
    ///
    /// # Panics
    /// As there.
    pub fn gather_pixels(&self, table: &[u8], width: usize, batch: &mut [f32]) {
        self.check_room(width, batch.len());
        for (bytes, image) in self.rows(table, width).zip(batch.chunks_exact_mut(width)) {
            scale(bytes, image);
        }
    }

    fn check_room(&self, width: usize, batch: usize) {
        let rows = self.len();
        assert!(
            rows * width <= batch,
            "a batch of {batch} values has no room for {rows} of {width}"
        );
    }
}

#[multiversion(targets = "simd")]
fn scale(bytes: &[u8], pixels: &mut [f32]) {
    pixels.iter_mut().zip(bytes).for_each(|(pixel, &byte)| *pixel = f32::from(byte) / 255.0);
}
