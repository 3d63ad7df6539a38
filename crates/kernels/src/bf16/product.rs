//! The product, by the processor's own instructions or by loops.

use multiversion::multiversion;

use super::factors::{Left, Right, halves, terms};
#[cfg(target_arch = "x86_64")]
use super::{amx, avx512};
use crate::matmul::Into;

/// Computes `scale · left · right` and writes it to the columns of `product`, which has `width` of them,
/// from `start` on, or adds it there.
///
/// # Panics
/// Where the factors' numbers of pairs differ or are 0, or `product` has not `left`'s rows or those columns.
pub(crate) fn product(
    product: &mut [f32],
    (width, start): (usize, usize),
    (left, right): (Left, Right),
    scale: f32,
    into: Into,
) {
    assert_eq!(left.pairs, right.pairs, "the inner sizes of a product");
    assert_eq!(product.len(), left.rows * width, "the size of a product");
    assert!(start <= width && right.columns <= width - start, "columns behind the last one");
    if product.is_empty() || right.columns == 0 {
        return;
    }
    assert!(left.pairs > 0, "an empty sum");
    fastest()(&mut product[start..], width, (left, right), scale, into);
}

/// Writes a product to the first columns of its first argument, so many values from row to row, or adds it there.
type Way = fn(&mut [f32], usize, (Left, Right), f32, Into);

/// How this processor multiplies fastest.
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
    let fast = avx512::is_available() || multiplies_tiles();
    #[cfg(not(target_arch = "x86_64"))]
    let fast = false;
    fast
}

/// Whether it multiplies tiles of them: three such products take less time than one of f32.
pub(crate) fn multiplies_tiles() -> bool {
    #[cfg(target_arch = "x86_64")]
    let tiles = amx::is_available();
    #[cfg(not(target_arch = "x86_64"))]
    let tiles = false;
    tiles
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
        for (left, right) in terms(left, right) {
            for (pair, line) in right.lines().enumerate() {
                add_line(&mut sums, left.at(row, pair), line);
            }
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
    use crate::aligned::Aligned;
    use crate::bf16::{Parts, pairs_of_columns, pairs_of_rows};

    /// In ±1, of no pattern that matters, with so many bits.
    fn numbers(count: usize, seed: u32, bits: u32) -> Vec<f32> {
        let number =
            |place: usize| (place as u32 ^ seed).wrapping_mul(2_654_435_761) >> (32 - bits);
        let half = (1 << (bits - 1)) as f32;
        (0..count).map(|place| number(place) as f32 / half - 1.0).collect()
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

    /// Each way against three loops in float64; products of numbers that are exact in bfloat16, and short sums of
    /// them, are exact.
    #[test]
    fn products_equal_loops_in_float64() {
        let ways = ways();
        for rows in [1, 2, 3, 7, 8, 9, 16, 32, 33, 48] {
            for inner in [1, 2, 3, 16, 31, 64, 70] {
                for columns in [1, 5, 15, 16, 17, 32, 47, 48, 50, 64, 97, 128, 131] {
                    check(&ways, [rows, inner, columns], (Parts::One, 8, 0.0));
                }
            }
        }
    }

    /// Of numbers in two parts every product but that of both second ones is there: each is at most 2⁻⁹, for numbers in ±1,
    /// and the rounding of sums in f32 comes on top.
    #[test]
    fn products_of_two_parts_are_exact_but_for_the_smallest() {
        let ways = ways();
        for (rows, inner, columns) in [
            (1, 1, 1),
            (2, 3, 5),
            (16, 32, 64),
            (64, 96, 32),
            (17, 31, 50),
            (33, 70, 97),
            (48, 64, 131),
            (7, 2, 16),
        ] {
            let bound = inner as f64 * (2f64.powi(-18) + 4.0 * f64::from(f32::EPSILON));
            check(&ways, [rows, inner, columns], (Parts::Two, 16, bound));
        }
    }

    fn check(
        ways: &[(&str, Way)],
        [rows, inner, columns]: [usize; 3],
        (parts, bits, bound): (Parts, u32, f64),
    ) {
        let (a, b) = (numbers(rows * inner, 1, bits), numbers(inner * columns, 2, bits));
        let pairs = inner.div_ceil(2);
        let mut by_rows = vec![0; rows * parts.line(pairs)];
        let mut by_lines = vec![0; pairs * parts.line(columns)];
        pairs_of_columns(&a, inner, parts, &mut by_rows);
        pairs_of_rows(&b, columns, parts, &mut by_lines);
        let turned_b: Vec<f32> =
            (0..columns * inner).map(|place| b[place % inner * columns + place / inner]).collect();
        let mut lines = vec![0; columns * parts.line(pairs)];
        pairs_of_columns(&turned_b, inner, parts, &mut lines);
        let mut blocks = vec![0; lines.len()];
        crate::transpose::columns_to_rows(&lines, parts.line(pairs), 0, &mut blocks);
        // The left factor as well, with a column before and one behind.
        let wide: Vec<f32> = (0..inner * (rows + 2))
            .map(|place| (place / (rows + 2), (place % (rows + 2)).wrapping_sub(1)))
            .map(|(k, row)| if row < rows { a[row * inner + k] } else { f32::NAN })
            .collect();
        let (mut wide_pairs, mut turned) = (vec![0; pairs * parts.line(rows + 2)], Aligned::new(1));
        pairs_of_rows(&wide, rows + 2, parts, &mut wide_pairs);
        let lefts = [
            Left::of_rows(&by_rows, pairs, parts),
            Left::of_columns((&wide_pairs, rows + 2), (1, rows), parts, &mut turned),
        ];
        let rights =
            [Right::of_lines(&by_lines, columns, parts), Right::of_blocks(&blocks, pairs, parts)];
        for ((left, right), into) in lefts
            .into_iter()
            .zip(rights)
            .flat_map(|factors| [Into::Add, Into::Replace].map(|into| (factors, into)))
        {
            for scale in [0.5, 1.0] {
                let (width, before) = (columns + 3, numbers(rows * (columns + 3), 3, 8));
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
                        let term = |k| {
                            f64::from(a[row * inner + k]) * f64::from(b[k * columns + column - 2])
                        };
                        let sum = if inside { (0..inner).map(term).sum::<f64>() } else { 0.0 };
                        let kept =
                            if inside && into == Into::Replace { 0.0 } else { before[place] };
                        let expected = f64::from(kept) + scale * sum;
                        let allowed = if inside { bound } else { 0.0 };
                        assert!(
                            (f64::from(found) - expected).abs() <= allowed,
                            "{name}, {rows} × {inner} × {columns}, {place}: {found}, not {expected}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn nans_and_infinities_come_through() {
        for (value, parts) in [
            (f32::NAN, Parts::One),
            (f32::NAN, Parts::Two),
            (f32::INFINITY, Parts::One),
            (f32::INFINITY, Parts::Two),
        ] {
            let (mut left, mut right) = (vec![0; parts.line(2)], vec![0; 2 * parts.line(1)]);
            pairs_of_columns(&[1.0, value, 1.0, 2.0], 4, parts, &mut left);
            pairs_of_rows(&[1.0; 4], 1, parts, &mut right);
            let factors = (Left::of_rows(&left, 2, parts), Right::of_lines(&right, 1, parts));
            for (name, way) in ways() {
                let mut found = [0.0];
                way(&mut found, 1, factors, 1.0, Into::Add);
                // Infinity times the second part of 1, which is 0, is none.
                assert_eq!(found[0].is_nan(), value.is_nan() || parts == Parts::Two, "{name}");
                assert!(!found[0].is_finite(), "{name}");
            }
        }
    }
}
