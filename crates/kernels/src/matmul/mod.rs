//! Matrix products, on one thread.

#[cfg(target_arch = "x86_64")]
mod avx512;

use gemm::{Parallelism, gemm};
use multiversion::multiversion;

/// A matrix that lies in a slice.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `values`, row after row, `columns` in each; the number of rows follows.
    ///
    /// # Panics
    /// Where the last row is incomplete.
    pub fn new(values: &'a [f32], columns: usize) -> Matrix<'a> {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        let count = values.len();
        assert_eq!(
            rows * columns,
            count,
            "{count} values are no whole number of rows of {columns}"
        );
        Matrix { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The matrix with rows and columns swapped; nothing moves.
    pub fn transposed(self) -> Matrix<'a> {
        Matrix {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// `count` columns from `start` on.
    ///
    /// # Panics
    /// Where there are not so many.
    pub fn columns(self, start: usize, count: usize) -> Matrix<'a> {
        let left = self.columns.checked_sub(start);
        assert!(left.is_some_and(|left| count <= left), "no {count} columns from {start} on");
        // Behind the last column there may be no value left to begin at.
        let skipped = (start * self.column_stride).min(self.values.len());
        Matrix { values: &self.values[skipped..], columns: count, ..self }
    }

    /// Adds `scale` times the sum of all rows to `sum`. The matrix must not be transposed.
    pub(crate) fn add_rows(&self, scale: f32, sum: &mut [f32]) {
        add_rows(self.values, (self.rows, self.row_stride.max(1)), scale, sum);
    }

    /// Whether every element lies in the slice.
    fn fits(&self) -> bool {
        let last = self.rows.saturating_sub(1) * self.row_stride
            + self.columns.saturating_sub(1) * self.column_stride;
        self.rows * self.columns == 0 || last < self.values.len()
    }
}

#[multiversion(targets = "simd")]
fn add_rows(values: &[f32], (rows, stride): (usize, usize), scale: f32, sum: &mut [f32]) {
    for row in values.chunks(stride).take(rows) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += scale * value);
    }
}

/// What happens to the values that the product goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Into {
    /// They are replaced.
    Replace,
    /// The product is added to them.
    Add,
}

/// Computes `scale · a · b` and writes it, row after row, into `product`, or adds it there. Where
/// there is nothing to sum over, because `a` has no columns, that is 0.
///
/// # Panics
/// Where `a` has not as many columns as `b` has rows, or `product` has another size than
/// [rows of `a`] · [columns of `b`].
pub fn matmul(product: &mut [f32], a: Matrix, b: Matrix, scale: f32, into: Into) {
    // Unchecked, a product of huge empty matrices would wrap around to a small size.
    let size = a.rows.checked_mul(b.columns);
    assert_eq!(Some(product.len()), size, "the size of a matrix product");
    write(product, b.columns, a, b, scale, into);
}

/// Adds `a · b` to the columns of `product`, which has `width` of them, from `start` on.
///
/// # Panics
/// As [`matmul`], and where there are not so many columns.
pub(crate) fn add_to_columns(
    product: &mut [f32],
    (width, start): (usize, usize),
    a: Matrix,
    b: Matrix,
) {
    assert!(start <= width && b.columns <= width - start, "columns behind the last one");
    assert_eq!(Some(product.len()), a.rows.checked_mul(width), "the size of a matrix product");
    if !product.is_empty() {
        write(&mut product[start..], width, a, b, 1.0, Into::Add);
    }
}

/// Whether a row of a product is the same, bit by bit, however many rows lie beside it, where columns of the right
/// factor lie side by side.
pub(crate) fn rows_are_independent() -> bool {
    #[cfg(target_arch = "x86_64")]
    let independent = avx512::is_available();
    #[cfg(not(target_arch = "x86_64"))]
    let independent = false;
    independent
}

/// The product, `stride` values from row to row.
fn write(product: &mut [f32], stride: usize, a: Matrix, b: Matrix, scale: f32, into: Into) {
    assert_eq!(a.columns, b.rows, "the inner sizes of a matrix product");
    #[cfg(target_arch = "x86_64")]
    {
        let is_empty = [a.rows, a.columns, b.columns].contains(&0);
        if avx512::is_available() && b.column_stride == 1 && !is_empty {
            return avx512::product(product, stride, (a, b), scale, into);
        }
    }
    by_gemm(product, stride, a, b, scale, into);
}

#[allow(unsafe_code)]
fn by_gemm(product: &mut [f32], stride: usize, a: Matrix, b: Matrix, scale: f32, into: Into) {
    let (rows, inner, columns) = (a.rows, a.columns, b.columns);
    let target = Matrix { values: product, rows, columns, row_stride: stride, column_stride: 1 };
    assert!(a.fits() && b.fits() && target.fits(), "a matrix reaches beyond its slice");
    // SAFETY: the assertions above put every index that the strides lead to inside its slice, and
    // the borrow of `product` is exclusive.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            product.as_mut_ptr(),
            1,
            stride as isize,
            into == Into::Add,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
