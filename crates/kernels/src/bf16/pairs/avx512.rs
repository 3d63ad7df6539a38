//! Rounding by the processor's own instructions, which take numbers below the smallest normal one for 0, as its products
//! of pairs do.

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, _CMP_LT_OQ, _mm512_abs_ps, _mm512_castps_si512,
    _mm512_castsi512_ps, _mm512_castsi512_si256, _mm512_cmp_ps_mask, _mm512_cvtepu16_epi32,
    _mm512_cvtne2ps_pbh, _mm512_cvtneps_pbh, _mm512_extracti64x4_epi64, _mm512_loadu_ps,
    _mm512_maskz_sub_ps, _mm512_or_si512, _mm512_set1_ps, _mm512_setzero_si512, _mm512_slli_epi32,
    _mm512_srli_epi32, _mm512_storeu_si512,
};

use super::Parts;
use crate::bf16::avx512::is_available;
use crate::transpose::avx512::turned;

/// Values of a vector.
const LANES: usize = 16;

/// The line's values in pairs, as far as vectors go; how many values that are: none where the processor has not the
/// instructions.
///
/// # Panics
/// Where there is no room for the pairs.
#[allow(unsafe_code)]
pub(super) fn pairs_of_line(from: &[f32], high: &mut [u32], low: Option<&mut [u32]>) -> usize {
    if !is_available() {
        return 0;
    }
    // SAFETY: the processor has the instructions.
    unsafe { line(from, high, low) }
}

/// Pairs of the values of two lines, as far as vectors go; how many pairs that are: none likewise.
///
/// # Panics
/// As [`pairs_of_line`].
#[allow(unsafe_code)]
pub(super) fn pairs_of_two(lines: [&[f32]; 2], high: &mut [u32], low: Option<&mut [u32]>) -> usize {
    if !is_available() {
        return 0;
    }
    // SAFETY: the processor has the instructions.
    unsafe { two(lines, high, low) }
}

/// The columns of all lines as rows, from one register to the other; whether that was possible, for sizes that are whole numbers
/// of vectors where the processor has the instructions.
///
/// # Panics
/// Where there is no room for the pairs.
#[allow(unsafe_code)]
pub(super) fn turned_pairs_of_columns(
    from: &[f32],
    width: usize,
    parts: Parts,
    to: &mut [u32],
) -> bool {
    let rows = from.len() / width;
    if !is_available() || !rows.is_multiple_of(LANES) || !width.is_multiple_of(2 * LANES) {
        return false;
    }
    // SAFETY: the processor has the instructions.
    unsafe { turned_columns(from, [rows, width], parts, to) }
    true
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn turned_columns(from: &[f32], [rows, width]: [usize; 2], parts: Parts, to: &mut [u32]) {
    let (high, low) = to.split_at_mut(width / 2 * rows);
    for left in (0..width).step_by(2 * LANES) {
        for top in (0..rows).step_by(LANES) {
            let place = left / 2 * rows + top;
            let mut lines = [_mm512_setzero_si512(); LANES];
            for (row, line) in lines.iter_mut().enumerate() {
                *line = side_by_side(load_two(&from[(top + row) * width + left..]));
            }
            store_turned(lines, &mut high[place..], rows);
            if parts == Parts::Two {
                for (row, line) in lines.iter_mut().enumerate() {
                    *line = rests(load_two(&from[(top + row) * width + left..]), *line);
                }
                store_turned(lines, &mut low[place..], rows);
            }
        }
    }
}

/// Writes a block's columns as lines that begin every `stride` values.
#[inline]
#[target_feature(enable = "avx512f")]
fn store_turned(block: [__m512i; LANES], to: &mut [u32], stride: usize) {
    for (place, line) in turned(block).into_iter().enumerate() {
        store(line, &mut to[place * stride..][..LANES]);
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn line(from: &[f32], high: &mut [u32], mut low: Option<&mut [u32]>) -> usize {
    let (blocks, _) = from.as_chunks::<{ 2 * LANES }>();
    for (place, block) in blocks.iter().enumerate() {
        let values = load_two(block);
        let nearest = side_by_side(values);
        store(nearest, &mut high[place * LANES..][..LANES]);
        if let Some(low) = &mut low {
            store(rests(values, nearest), &mut low[place * LANES..][..LANES]);
        }
    }
    blocks.len() * 2 * LANES
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn two(lines: [&[f32]; 2], high: &mut [u32], mut low: Option<&mut [u32]>) -> usize {
    let [first, second] = lines.map(|line| line.as_chunks::<LANES>().0);
    for (place, (first, second)) in first.iter().zip(second).enumerate() {
        let values = [load(first), load(second)];
        let nearest = values.map(|values| widened(rounded(values)));
        store(interleaved(nearest), &mut high[place * LANES..][..LANES]);
        if let Some(low) = &mut low {
            let rests = [rest(values[0], nearest[0]), rest(values[1], nearest[1])];
            let rests = rests.map(|rest| widened(rounded(rest)));
            store(interleaved(rests), &mut low[place * LANES..][..LANES]);
        }
    }
    first.len() * LANES
}

/// The nearest numbers of both vectors, one behind the other.
#[target_feature(enable = "avx512f,avx512bf16")]
fn side_by_side([first, second]: [__m512; 2]) -> __m512i {
    as_bits(_mm512_cvtne2ps_pbh(second, first))
}

/// What the nearest numbers, one behind the other, leave of both vectors, alike.
#[target_feature(enable = "avx512f,avx512bf16")]
fn rests([first, second]: [__m512; 2], nearest: __m512i) -> __m512i {
    let low = widened(_mm512_castsi512_si256(nearest));
    let high = widened(_mm512_extracti64x4_epi64::<1>(nearest));
    side_by_side([rest(first, low), rest(second, high)])
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn rounded(values: __m512) -> __m256i {
    half_as_bits(_mm512_cvtneps_pbh(values))
}

/// Numbers in bfloat16 as f32.
#[target_feature(enable = "avx512f")]
fn widened(numbers: __m256i) -> __m512 {
    _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(numbers)))
}

/// Pairs of numbers that are exact in bfloat16.
#[target_feature(enable = "avx512f")]
fn interleaved([first, second]: [__m512; 2]) -> __m512i {
    let [first, second] = [_mm512_castps_si512(first), _mm512_castps_si512(second)];
    _mm512_or_si512(_mm512_srli_epi32::<16>(first), second)
}

/// What `nearest` leaves of the values; 0 where that is not finite.
#[target_feature(enable = "avx512f")]
fn rest(values: __m512, nearest: __m512) -> __m512 {
    let infinity = _mm512_set1_ps(f32::INFINITY);
    let finite = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(_mm512_abs_ps(nearest), infinity);
    _mm512_maskz_sub_ps(finite, values, nearest)
}

#[target_feature(enable = "avx512f")]
fn load_two(values: &[f32]) -> [__m512; 2] {
    [load(values), load(&values[LANES..])]
}

#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
fn load(values: &[f32]) -> __m512 {
    assert!(values.len() >= LANES);
    // SAFETY: there are as many values.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
fn store(pairs: __m512i, to: &mut [u32]) {
    assert!(to.len() >= LANES);
    // SAFETY: there is room for as many.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), pairs) }
}

/// The same bits.
#[allow(unsafe_code)]
fn as_bits(numbers: __m512bh) -> __m512i {
    // SAFETY: both types are 512 bits without a meaning of their own.
    unsafe { std::mem::transmute(numbers) }
}

/// The same bits.
#[allow(unsafe_code)]
fn half_as_bits(numbers: __m256bh) -> __m256i {
    // SAFETY: both types are 256 bits without a meaning of their own.
    unsafe { std::mem::transmute(numbers) }
}
