//! The product, by the processor's own instructions or by loops.

use multiversion::multiversion;

#[cfg(target_arch = "x86_64")]
use super::{amx, avx512};
use crate::matmul::Into;
#[cfg(target_arch = "x86_64")]
use crate::registers::Factor;

/// The left factor, `[rows, pairs]`, in any order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(super) values: &'a [u32],
    pub(super) rows: usize,
    pub(super) pairs: usize,
    pub(super) row_stride: usize,
    pub(super) pair_stride: usize,
}

impl<'a> Left<'a> {
    /// `values`, row after row, `pairs` in each.
    pub fn of_rows(values: &'a [u32], pairs: usize) -> Left<'a> {
        Left { values, rows: values.len() / pairs, pairs, row_stride: pairs, pair_stride: 1 }
    }

    /// The transpose of `count` columns, from `start` on, of `values`, `width` in each line.
    ///
    /// # Panics
    /// Where there are not so many columns.
    pub fn of_columns(values: &'a [u32], width: usize, start: usize, count: usize) -> Left<'a> {
        assert!(start <= width && count <= width - start, "no {count} columns from {start} on");
        let pairs = values.len() / width;
        let values = &values[start.min(values.len())..];
        Left { values, rows: count, pairs, row_stride: 1, pair_stride: width }
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn factor(&self) -> Factor<'a> {
        Factor {
            values: self.values,
            size: [self.rows, self.pairs],
            strides: [self.row_stride, self.pair_stride],
        }
    }

    fn at(&self, row: usize, pair: usize) -> [f32; 2] {
        halves(self.values[row * self.row_stride + pair * self.pair_stride])
    }
}

/// The right factor, `[pairs, columns]`, line after line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(super) values: &'a [u32],
    pub(super) columns: usize,
}

impl<'a> Right<'a> {
    /// `values`, line after line, `columns` in each.
    pub fn new(values: &'a [u32], columns: usize) -> Right<'a> {
        Right { values, columns }
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn factor(&self) -> Factor<'a> {
        let Right { values, columns } = *self;
        Factor { values, size: [values.len() / columns, columns], strides: [columns, 1] }
    }
}

/// The two numbers of a pair, as f32.
#[inline(always)]
fn halves(pair: u32) -> [f32; 2] {
    [f32::from_bits(pair << 16), f32::from_bits(pair & 0xFFFF_0000)]
}

/// Computes `scale · left · right` and writes it to the columns of `product`, which has `width` of them,
/// from `start` on, or adds it there.
///
/// # Panics
/// Where the factors' numbers of pairs differ, or `product` has not `left`'s rows or those columns.
pub(crate) fn product(
    product: &mut [f32],
    (width, start): (usize, usize),
    (left, right): (Left, Right),
    scale: f32,
    into: Into,
) {
    assert_eq!(left.pairs * right.columns, right.values.len(), "the inner sizes of a product");
    assert_eq!(product.len(), left.rows * width, "the size of a product");
    assert!(start <= width && right.columns <= width - start, "columns behind the last one");
    if product.is_empty() || right.columns == 0 {
        return;
    }
    let target = &mut product[start..];
    let way = if left.pairs > 0 { fastest() } else { by_loops };
    way(target, width, (left, right), scale, into);
}

/// Writes a product to the first columns of its first argument, so many values from row to row, or adds it there.
type Way = fn(&mut [f32], usize, (Left, Right), f32, Into);

/// How this processor multiplies fastest factors that have pairs.
fn fastest() -> Way {
    #[cfg(target_arch = "x86_64")]
    if amx::is_available() {
        return amx::product;
    } else if avx512::is_available() {
        return avx512::product;
    }
    by_loops
}

/// Whether the processor multiplies pairs itself.
pub(crate) fn multiplies_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    let fast = avx512::is_available() || amx::is_available();
    #[cfg(not(target_arch = "x86_64"))]
    let fast = false;
    fast
}

fn by_loops(
    target: &mut [f32],
    width: usize,
    (left, right): (Left, Right),
    scale: f32,
    into: Into,
) {
    let mut sums = vec![0.0; right.columns];
    for row in 0..left.rows {
        sums.fill(0.0);
        for (pair, line) in right.values.chunks_exact(right.columns).enumerate() {
            add_line(&mut sums, left.at(row, pair), line);
        }
        let target = &mut target[row * width..][..right.columns];
        if into == Into::Replace {
            target.fill(0.0);
        }
        target.iter_mut().zip(&sums).for_each(|(target, sum)| *target += scale * sum);
    }
}

#[multiversion(targets = "simd")]
fn add_line(sums: &mut [f32], [first, second]: [f32; 2], line: &[u32]) {
    for (sum, &pair) in sums.iter_mut().zip(line) {
        let [above, below] = halves(pair);
        *sum += first * above + second * below;
    }
}

#[cfg(test)]
mod tests {
    use super::{Left, Right, Way, by_loops, product};
    #[cfg(target_arch = "x86_64")]
    use super::{amx, avx512};
    use crate::Into;
    use crate::bf16::{pairs_of_columns, pairs_of_rows};

    /// In ±1, of no pattern that matters, and exact in bfloat16.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let number = |place: usize| (place as u32 ^ seed).wrapping_mul(2_654_435_761) >> 24;
        (0..count).map(|place| number(place) as f32 / 128.0 - 1.0).collect()
    }

    /// Every way that this processor has, with its name.
    fn ways() -> Vec<(&'static str, Way)> {
        let mut ways: Vec<(&str, Way)> = vec![("loops", by_loops)];
        #[cfg(target_arch = "x86_64")]
        for (name, available, way) in [
            ("AVX512-BF16", avx512::is_available(), avx512::product as Way),
            ("AMX-BF16", amx::is_available(), amx::product),
        ] {
            if available {
                ways.push((name, way));
            } else {
                println!("skipped in part: this processor, or its system, has no {name}");
            }
        }
        ways
    }

    /// Each way against three loops in float64; products of two such numbers, and short sums of them, are
    /// exact.
    #[test]
    fn products_equal_loops_in_float64() {
        let ways = ways();
        for rows in [1, 2, 3, 7, 8, 9, 16, 33] {
            for inner in [1, 2, 3, 16, 31, 64, 70] {
                for columns in [1, 5, 15, 16, 17, 32, 47, 48, 50, 64, 97, 128, 131] {
                    check(&ways, [rows, inner, columns]);
                }
            }
        }
    }

    fn check(ways: &[(&str, Way)], [rows, inner, columns]: [usize; 3]) {
        let (a, b) = (numbers(rows * inner, 1), numbers(inner * columns, 2));
        let pairs = inner.div_ceil(2);
        let (mut by_rows, mut right) = (vec![0; rows * pairs], vec![0; pairs * columns]);
        pairs_of_columns(&a, inner, &mut by_rows);
        pairs_of_rows(&b, columns, &mut right);
        let right = Right::new(&right, columns);
        // The same factor, line after line of its transpose, with a column before and one behind.
        let mut wide = vec![u32::MAX; pairs * (rows + 2)];
        for (place, &pair) in by_rows.iter().enumerate() {
            wide[place % pairs * (rows + 2) + 1 + place / pairs] = pair;
        }
        let lefts = [Left::of_rows(&by_rows, pairs), Left::of_columns(&wide, rows + 2, 1, rows)];
        let cases = lefts.iter().flat_map(|&left| {
            [(Into::Add, 0.5), (Into::Replace, 0.5), (Into::Add, 1.0), (Into::Replace, 1.0)]
                .map(|(into, scale)| (left, into, scale))
        });
        for (left, into, scale) in cases {
            let (width, before) = (columns + 3, numbers(rows * (columns + 3), 3));
            let mut found = vec![("chosen", before.clone())];
            product(&mut found[0].1, (width, 2), (left, right), scale as f32, into);
            found.extend(ways.iter().map(|&(name, way)| {
                let mut found = before.clone();
                way(&mut found[2..], width, (left, right), scale as f32, into);
                (name, found)
            }));
            for (name, found) in found {
                for (place, found) in found.into_iter().enumerate() {
                    let (row, column) = (place / width, place % width);
                    let inside = (2..columns + 2).contains(&column);
                    let term =
                        |k| f64::from(a[row * inner + k]) * f64::from(b[k * columns + column - 2]);
                    let sum = if inside { (0..inner).map(term).sum::<f64>() } else { 0.0 };
                    let kept = if inside && into == Into::Replace { 0.0 } else { before[place] };
                    let expected = (f64::from(kept) + scale * sum) as f32;
                    let sizes = format!("{name}, {rows} × {inner} × {columns}, {place}");
                    assert_eq!(found, expected, "{sizes}");
                }
            }
        }
    }

    #[test]
    fn nans_and_infinities_come_through() {
        for value in [f32::NAN, f32::INFINITY] {
            let (mut left, mut right) = ([0; 2], [0; 2]);
            pairs_of_columns(&[1.0, value, 1.0, 2.0], 4, &mut left);
            pairs_of_rows(&[1.0; 4], 1, &mut right);
            let factors = (Left::of_rows(&left, 2), Right::new(&right, 1));
            for (name, way) in ways() {
                let mut found = [0.0];
                way(&mut found, 1, factors, 1.0, Into::Add);
                assert_eq!(found[0].is_nan(), value.is_nan(), "{name}");
                assert!(!found[0].is_finite(), "{name}");
            }
        }
    }
}
