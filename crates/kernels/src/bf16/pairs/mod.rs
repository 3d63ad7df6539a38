//! Rounding to bfloat16, and the order in which products read it.

#[cfg(target_arch = "x86_64")]
mod avx512;

use multiversion::multiversion;

use crate::aligned::LINE;
use crate::transpose::columns_to_rows;

/// Values of 32 bits in a line of the cache.
const CACHE_LINE: usize = LINE / size_of::<u32>();

/// The nearest bfloat16 in the lower half, the even one of two; a NaN stays one.
#[inline(always)]
fn rounded(value: f32) -> u32 {
    let bits = value.to_bits();
    // Half a unit in the last place that stays, less one where that place is even.
    let nearest = bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16;
    // Rounding could carry a NaN's payload over into infinity or past the sign.
    if value.is_nan() { bits >> 16 | 0x40 } else { nearest }
}

/// What the nearest bfloat16 leaves of a value, rounded in turn: nothing where that is not finite.
#[inline(always)]
fn rest(value: f32) -> u32 {
    let nearest = f32::from_bits(rounded(value) << 16);
    if nearest.is_finite() { rounded(value - nearest) } else { 0 }
}

#[inline(always)]
fn pair([first, second]: [u32; 2]) -> u32 {
    first | second << 16
}

/// How many numbers in bfloat16 stand for one in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parts {
    /// The nearest one: 8 bits of precision.
    One,
    /// That one, and the nearest one to what it leaves: 17 bits together.
    Two,
}

impl Parts {
    /// Values of 32 bits from one line of `pairs` pairs to the next, a whole number of lines of the cache. The second
    /// parts lie behind the first ones.
    pub fn line(self, pairs: usize) -> usize {
        let line = pairs.next_multiple_of(CACHE_LINE);
        line + self.low(pairs).unwrap_or(0)
    }

    /// Where the second parts begin in a line of `pairs` pairs.
    pub fn low(self, pairs: usize) -> Option<usize> {
        (self == Parts::Two).then_some(pairs.next_multiple_of(CACHE_LINE))
    }

    /// Both parts of a line. What lies behind each of them is cleared, so that equal numbers make equal lines.
    fn split(self, line: &mut [u32], pairs: usize) -> (&mut [u32], Option<&mut [u32]>) {
        let (high, low) = line.split_at_mut(pairs.next_multiple_of(CACHE_LINE));
        high[pairs..].fill(0);
        low.iter_mut().skip(pairs).for_each(|behind| *behind = 0);
        (&mut high[..pairs], low.get_mut(..pairs))
    }
}

/// Pairs of columns: each row of `from`, which has `width` values in it, becomes a line of ⌈width / 2⌉ pairs in `to`.
///
/// # Panics
/// Where `to` has not as many.
pub(crate) fn pairs_of_columns(from: &[f32], width: usize, parts: Parts, to: &mut [u32]) {
    let pairs = width.div_ceil(2);
    assert_eq!(to.len(), from.len() / width * parts.line(pairs), "the number of pairs");
    for (from, line) in from.chunks_exact(width).zip(to.chunks_exact_mut(parts.line(pairs))) {
        let (high, low) = parts.split(line, pairs);
        line_in_pairs(from, high, low);
    }
}

/// Pairs of rows: two of `from`, which have `width` values each, become a line in `to` of as many pairs.
///
/// # Panics
/// Where `to` has not as many.
pub(crate) fn pairs_of_rows(from: &[f32], width: usize, parts: Parts, to: &mut [u32]) {
    let lines = (from.len() / width).div_ceil(2);
    assert_eq!(to.len(), lines * parts.line(width), "the number of pairs");
    let nothing = vec![0.0; if from.len() / width % 2 == 1 { width } else { 0 }];
    for (from, line) in from.chunks(2 * width).zip(to.chunks_exact_mut(parts.line(width))) {
        let (first, second) = from.split_at(width);
        let second = if second.is_empty() { &nothing } else { second };
        let (high, low) = parts.split(line, width);
        two_in_pairs([first, second], high, low);
    }
}

/// Columns of the lines that [`pairs_of_columns`] makes, as rows of `to`.
///
/// # Panics
/// Where `to` has another size.
pub(crate) fn turned_pairs_of_columns(from: &[f32], width: usize, parts: Parts, to: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    if avx512::turned_pairs_of_columns(from, width, parts, to) {
        return;
    }
    let mut lines = vec![0; to.len()];
    pairs_of_columns(from, width, parts, &mut lines);
    columns_to_rows(&lines, parts.line(width.div_ceil(2)), 0, to);
}

/// By vectors as far as they go, and the rest one by one.
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
fn line_in_pairs(from: &[f32], high: &mut [u32], mut low: Option<&mut [u32]>) {
    #[cfg(target_arch = "x86_64")]
    let done = avx512::pairs_of_line(from, high, low.as_deref_mut());
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    pairs_of_line(&from[done..], &mut high[done / 2..], low.map(|low| &mut low[done / 2..]));
}

/// The same for pairs of two lines.
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
fn two_in_pairs(lines: [&[f32]; 2], high: &mut [u32], mut low: Option<&mut [u32]>) {
    #[cfg(target_arch = "x86_64")]
    let done = avx512::pairs_of_two(lines, high, low.as_deref_mut());
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    let lines = lines.map(|line| &line[done..]);
    pairs_of_two(lines, &mut high[done..], low.map(|low| &mut low[done..]));
}

#[multiversion(targets = "simd")]
fn pairs_of_line(from: &[f32], high: &mut [u32], low: Option<&mut [u32]>) {
    let (whole, last) = from.as_chunks::<2>();
    let nearest = |&[first, second]: &[f32; 2]| pair([rounded(first), rounded(second)]);
    high.iter_mut().zip(whole).for_each(|(high, both)| *high = nearest(both));
    let last = last.first().map(|&last| [last, 0.0]);
    if let (Some(high), Some(both)) = (high.get_mut(whole.len()), last) {
        *high = nearest(&both);
    }
    let Some(low) = low else { return };
    low.iter_mut().zip(whole).for_each(|(low, both)| *low = pair(both.map(rest)));
    if let (Some(low), Some(both)) = (low.get_mut(whole.len()), last) {
        *low = pair(both.map(rest));
    }
}

#[multiversion(targets = "simd")]
fn pairs_of_two([first, second]: [&[f32]; 2], high: &mut [u32], low: Option<&mut [u32]>) {
    let both = || first.iter().zip(second);
    for (high, (&first, &second)) in high.iter_mut().zip(both()) {
        *high = pair([rounded(first), rounded(second)]);
    }
    let Some(low) = low else { return };
    for (low, (&first, &second)) in low.iter_mut().zip(both()) {
        *low = pair([rest(first), rest(second)]);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        CACHE_LINE, Parts, pairs_of_columns, pairs_of_rows, rest, rounded, turned_pairs_of_columns,
    };

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

    /// What two parts leave is at most the 2⁻¹⁷th part of a value; of what is not finite, and of what rounding makes so,
    /// the first part says it all.
    #[test]
    fn two_parts_have_17_bits() {
        for place in 0..100_000u32 {
            // Any sign, and exponents from 2⁻⁹⁶ to 2⁹⁶.
            let bits = place.wrapping_mul(2_654_435_761);
            let value = f32::from_bits(bits & 0x807F_FFFF | (31 + bits % 193) << 23);
            let [first, second] = [rounded(value), rest(value)].map(|part| both(part)[0]);
            let left = f64::from(value) - f64::from(first) - f64::from(second);
            assert!(left.abs() <= 2f64.powi(-17) * f64::from(value).abs(), "{value:e}");
        }
        for value in [f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::NAN, 0.0, 1.5] {
            assert_eq!(rest(value), 0, "{value}");
        }
    }

    /// Of all sizes of lines, by vectors and without: both ways end in a half that is empty where a size is odd.
    #[test]
    fn pairs_hold_neighbours_and_end_in_zeros() {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -0.0, 1e-30, 3.0e38];
        for (rows, width) in [(1, 1), (3, 5), (4, 32), (5, 31), (2, 33), (7, 16), (3, 100)] {
            let values: Vec<f32> = (0..rows * width)
                .map(|place| match special.get(place % 29) {
                    Some(&value) => value,
                    None => (place as u32).wrapping_mul(2_654_435_761) as f32 / 1e9 - 2.0,
                })
                .collect();
            let at = |row: usize, column: usize| {
                if row < rows && column < width { values[row * width + column] } else { 0.0 }
            };
            for parts in [Parts::One, Parts::Two] {
                let pairs = width.div_ceil(2);
                let mut columns = vec![u32::MAX; rows * parts.line(pairs)];
                pairs_of_columns(&values, width, parts, &mut columns);
                for row in 0..rows {
                    let line = &columns[row * parts.line(pairs)..][..parts.line(pairs)];
                    check(line, (pairs, parts), |pair| [at(row, 2 * pair), at(row, 2 * pair + 1)]);
                }
                let mut lines = vec![u32::MAX; rows.div_ceil(2) * parts.line(width)];
                pairs_of_rows(&values, width, parts, &mut lines);
                for row in 0..rows.div_ceil(2) {
                    let line = &lines[row * parts.line(width)..][..parts.line(width)];
                    check(line, (width, parts), |pair| [at(2 * row, pair), at(2 * row + 1, pair)]);
                }
            }
        }
    }

    /// Of sizes that are whole numbers of vectors, and of others.
    #[test]
    fn turned_pairs_are_those_of_columns() {
        for (rows, width) in [(16, 32), (64, 96), (48, 32), (16, 40), (17, 64), (1, 1), (5, 7)] {
            let value =
                |place: usize| (place as u32).wrapping_mul(2_654_435_761) as f32 / 1e9 - 2.0;
            let values: Vec<f32> = (0..rows * width).map(value).collect();
            for parts in [Parts::One, Parts::Two] {
                let line = parts.line(width.div_ceil(2));
                let mut lines = vec![u32::MAX; rows * line];
                pairs_of_columns(&values, width, parts, &mut lines);
                let mut turned = vec![u32::MAX; lines.len()];
                turned_pairs_of_columns(&values, width, parts, &mut turned);
                for (place, &found) in turned.iter().enumerate() {
                    assert_eq!(
                        found,
                        lines[place % rows * line + place / rows],
                        "{rows} × {width}"
                    );
                }
            }
        }
    }

    fn check(line: &[u32], (count, parts): (usize, Parts), pair: impl Fn(usize) -> [f32; 2]) {
        let bits = |part: fn(f32) -> u32, pair: [f32; 2]| part(pair[0]) | part(pair[1]) << 16;
        let gap = count..count.next_multiple_of(CACHE_LINE);
        for start in [Some(0), parts.low(count)].into_iter().flatten() {
            assert!(line[start..][gap.clone()].iter().all(|&behind| behind == 0));
        }
        for place in 0..count {
            assert_eq!(line[place], bits(rounded, pair(place)), "{:?}", pair(place));
            if let Some(low) = parts.low(count) {
                assert_eq!(low % CACHE_LINE, 0);
                assert_eq!(line[low + place], bits(rest, pair(place)), "{:?}", pair(place));
            }
        }
    }
}
