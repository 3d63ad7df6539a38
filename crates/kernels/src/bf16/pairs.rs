//! Rounding to bfloat16, and the order in which products read it.

use multiversion::multiversion;

/// The nearest bfloat16 in the lower half, the even one of two; a NaN stays one.
#[inline(always)]
fn rounded(value: f32) -> u32 {
    let bits = value.to_bits();
    // Half a unit in the last place that stays, less one where that place is even.
    let nearest = bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16;
    // Rounding could carry a NaN's payload over into infinity or past the sign.
    if value.is_nan() { bits >> 16 | 0x40 } else { nearest }
}

#[inline(always)]
fn pair(first: f32, second: f32) -> u32 {
    rounded(first) | rounded(second) << 16
}

/// Pairs of columns: each row of `from`, which has `width` values in it, becomes ⌈width / 2⌉ pairs of `to`.
///
/// # Panics
/// Where `to` has not as many.
pub(crate) fn pairs_of_columns(from: &[f32], width: usize, to: &mut [u32]) {
    assert_eq!(to.len(), from.len() / width * width.div_ceil(2), "the number of pairs");
    let lines = from.chunks_exact(width).zip(to.chunks_exact_mut(width.div_ceil(2)));
    lines.for_each(|(from, to)| pairs_of_line(from, to));
}

/// Pairs of rows: two of `from`, which have `width` values each, become one of `to`, as wide.
///
/// # Panics
/// Where `to` has not as many.
pub(crate) fn pairs_of_rows(from: &[f32], width: usize, to: &mut [u32]) {
    assert_eq!(to.len(), (from.len() / width).div_ceil(2) * width, "the number of pairs");
    for (from, to) in from.chunks(2 * width).zip(to.chunks_exact_mut(width)) {
        let (first, second) = from.split_at(width);
        if second.is_empty() { pairs_with_zero(first, to) } else { pairs_of_two(first, second, to) }
    }
}

#[multiversion(targets = "simd")]
fn pairs_of_line(from: &[f32], to: &mut [u32]) {
    let (whole, rest) = from.as_chunks::<2>();
    to.iter_mut().zip(whole).for_each(|(to, &[first, second])| *to = pair(first, second));
    if let ([last], Some(to)) = (rest, to.last_mut()) {
        *to = pair(*last, 0.0);
    }
}

#[multiversion(targets = "simd")]
fn pairs_of_two(first: &[f32], second: &[f32], to: &mut [u32]) {
    let values = first.iter().zip(second);
    to.iter_mut().zip(values).for_each(|(to, (&first, &second))| *to = pair(first, second));
}

#[multiversion(targets = "simd")]
fn pairs_with_zero(first: &[f32], to: &mut [u32]) {
    to.iter_mut().zip(first).for_each(|(to, &first)| *to = pair(first, 0.0));
}

#[cfg(test)]
mod tests {
    use super::{pairs_of_columns, pairs_of_rows, rounded};

    /// The two numbers of a pair.
    fn both(pair: u32) -> [f32; 2] {
        [f32::from_bits(pair << 16), f32::from_bits(pair & 0xFFFF_0000)]
    }

    /// Of the numbers with 8 bits around a value, the nearest; in the middle, the even one.
    #[test]
    fn rounding_is_to_the_nearest() {
        let step = 1.0 / 128.0;
        for (value, expected) in [
            (1.0, 1.0),
            (1.0 + 0.49 * step, 1.0),
            (1.0 + 0.5 * step, 1.0),
            (1.0 + 0.51 * step, 1.0 + step),
            (1.0 + 1.5 * step, 1.0 + 2.0 * step),
            (-1.0 - 0.51 * step, -1.0 - step),
            (0.0, 0.0),
            (f32::INFINITY, f32::INFINITY),
            (f32::MAX, f32::INFINITY),
        ] {
            assert_eq!(both(rounded(value))[0], expected, "{value}");
        }
        for bits in [0x7F80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF] {
            assert!(both(rounded(f32::from_bits(bits)))[0].is_nan(), "{bits:x}");
        }
    }

    /// 0, 1, 2 … in a matrix of 3 × 5: both ways end in a half that is empty.
    #[test]
    fn odd_sizes_end_in_zeros() {
        let values: Vec<f32> = (0..15).map(|value| value as f32).collect();
        let mut columns = vec![u32::MAX; 9];
        pairs_of_columns(&values, 5, &mut columns);
        let expected = [0, 2, 4, 5, 7, 9, 10, 12, 14].map(|left: usize| {
            let alone = left % 5 == 4;
            [left as f32, if alone { 0.0 } else { left as f32 + 1.0 }]
        });
        assert_eq!(columns.into_iter().map(both).collect::<Vec<_>>(), expected);
        let mut rows = vec![u32::MAX; 10];
        pairs_of_rows(&values, 5, &mut rows);
        for (place, pair) in rows.into_iter().map(both).enumerate() {
            let top = (place / 5 * 10 + place % 5) as f32;
            assert_eq!(pair, [top, if place < 5 { top + 5.0 } else { 0.0 }]);
        }
    }
}
