//! Matrix products against three loops in float64.

use autodecoder_kernels::{Into, Matrix, matmul};
use proptest::prelude::*;

use crate::make::numbers;

/// A matrix of `size` that is part of a larger one, or part of its transpose.
#[derive(Debug, Clone)]
struct Part {
    size: [usize; 2],
    /// Columns of the larger matrix left and right of the part.
    beside: [usize; 2],
    /// Rows above and below.
    around: [usize; 2],
    transposed: bool,
    values: Vec<f32>,
}

impl Part {
    fn new(
        [rows, columns]: [usize; 2],
        (beside, around): ([usize; 2], [usize; 2]),
        transposed: bool,
        seed: u64,
    ) -> Part {
        let size = if transposed { [columns, rows] } else { [rows, columns] };
        // Without a column a matrix has no rows either.
        let beside = if beside[0] + size[1] == 0 { [0, 1] } else { beside };
        let height = around[0] + size[0] + around[1];
        let width = beside[0] + size[1] + beside[1];
        Part { size, beside, around, transposed, values: numbers(height * width, seed) }
    }

    fn width(&self) -> usize {
        self.beside[0] + self.size[1] + self.beside[1]
    }

    fn matrix(&self) -> Matrix<'_> {
        let columns = Matrix::new(&self.values, self.width()).columns(self.beside[0], self.size[1]);
        let turned = columns.transposed().columns(self.around[0], self.size[0]);
        if self.transposed { turned } else { turned.transposed() }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        let [row, column] = if self.transposed { [column, row] } else { [row, column] };
        let (row, column) = (row + self.around[0], column + self.beside[0]);
        f64::from(self.values[row * self.width() + column])
    }
}

/// Compares one product; `sizes` are its rows, inner size and columns.
fn check(sizes: [usize; 3], a: &Part, b: &Part, scale: f32, into: Into) {
    let [rows, inner, columns] = sizes;
    // What is replaced must not matter, whatever it is.
    let before = match into {
        Into::Replace => vec![f32::NAN; rows * columns],
        Into::Add => numbers(rows * columns, 5),
    };
    let mut product = before.clone();
    matmul(&mut product, a.matrix(), b.matrix(), scale, into);
    for row in 0..rows {
        for column in 0..columns {
            let place = row * columns + column;
            let terms = (0..inner).map(|k| f64::from(scale) * a.at(row, k) * b.at(k, column));
            let start = if into == Into::Add { f64::from(before[place]) } else { 0.0 };
            let expected = start + terms.clone().sum::<f64>();
            let magnitude = start.abs() + terms.map(f64::abs).sum::<f64>();
            let bound = (inner + 2) as f64 * f64::from(f32::EPSILON) * magnitude;
            let off = (f64::from(product[place]) - expected).abs();
            assert!(off <= bound, "[{row}, {column}]: {}, not {expected}", product[place]);
        }
    }
}

fn margin() -> impl Strategy<Value = ([usize; 2], [usize; 2])> {
    let pair = || prop::array::uniform2(0..3usize);
    (pair(), pair())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn products_equal_plain_loops(
        sizes in prop::array::uniform3(0..36usize),
        margins in (margin(), margin()),
        transposed: [bool; 2],
        add: bool,
        scale in prop::sample::select(vec![1.0f32, -0.5, 1.0 / 64.0]),
        seed in 0..1000u64,
    ) {
        let [rows, inner, columns] = sizes;
        let a = Part::new([rows, inner], margins.0, transposed[0], seed);
        let b = Part::new([inner, columns], margins.1, transposed[1], seed + 1000);
        check(sizes, &a, &b, scale, if add { Into::Add } else { Into::Replace });
    }
}

/// Beyond the sizes from which [`gemm`] cuts products into blocks.
#[test]
fn large_products_equal_plain_loops() {
    for transposed in [[false, false], [true, false], [false, true], [true, true]] {
        let sizes = [67, 301, 129];
        let a = Part::new([67, 301], ([0; 2], [0; 2]), transposed[0], 1);
        let b = Part::new([301, 129], ([1, 0], [0, 2]), transposed[1], 2);
        check(sizes, &a, &b, 1.0, Into::Replace);
    }
}

#[test]
fn nothing_to_sum_over_is_zero() {
    let (a, b) = (Matrix::new(&[1.0; 6], 3).columns(1, 0), Matrix::new(&[], 4));
    let mut product = [f32::NAN; 8];
    matmul(&mut product, a, b, 1.0, Into::Replace);
    assert_eq!(product, [0.0; 8]);
    let mut product = [3.0; 8];
    matmul(&mut product, a, b, 1.0, Into::Add);
    assert_eq!(product, [3.0; 8]);
}

#[test]
fn a_nan_reaches_its_row_and_no_other() {
    let mut values = numbers(12, 1);
    values[4] = f32::NAN;
    let other = numbers(12, 2);
    let mut product = [0.0; 9];
    matmul(&mut product, Matrix::new(&values, 4), Matrix::new(&other, 3), 1.0, Into::Replace);
    for (place, value) in product.iter().enumerate() {
        assert_eq!(value.is_nan(), place / 3 == 1, "value {place}");
    }
}

#[test]
#[should_panic(expected = "the inner sizes of a matrix product")]
fn inner_sizes_must_agree() {
    let (a, b) = (Matrix::new(&[0.0; 6], 3), Matrix::new(&[0.0; 6], 3));
    matmul(&mut [0.0; 6], a, b, 1.0, Into::Replace);
}

#[test]
#[should_panic(expected = "the size of a matrix product")]
fn the_product_must_have_its_size() {
    let (a, b) = (Matrix::new(&[0.0; 6], 3), Matrix::new(&[0.0; 6], 2));
    matmul(&mut [0.0; 5], a, b, 1.0, Into::Replace);
}

#[test]
#[should_panic(expected = "no whole number of rows")]
fn rows_must_be_whole() {
    let _ = Matrix::new(&[0.0; 7], 3);
}

#[test]
#[should_panic(expected = "no 2 columns from 2 on")]
fn columns_must_be_there() {
    let _ = Matrix::new(&[0.0; 6], 3).columns(2, 2);
}

/// A sum that wraps around would let a matrix through that reaches beyond its slice.
#[test]
#[should_panic(expected = "columns from 9223372036854775808 on")]
fn columns_beyond_all_bounds_are_refused() {
    let half = 1 << (usize::BITS - 1);
    let _ = Matrix::new(&[0.0; 6], 3).columns(half, half);
}

/// A size that wraps around would let [`gemm`] write beyond the product.
#[test]
#[should_panic(expected = "the size of a matrix product")]
fn products_beyond_all_bounds_are_refused() {
    let a = Matrix::new(&[0.0; 2], 1).columns(0, 0);
    let b = Matrix::new(&[], 1 << (usize::BITS - 1));
    matmul(&mut [], a, b, 1.0, Into::Replace);
}
