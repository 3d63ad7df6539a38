//! Rounding by the processor's own instructions, which take numbers below the smallest normal one for 0, as its products
//! of pairs do.

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, _CMP_LT_OQ, _mm512_abs_ps, _mm512_castps_si512,
    _mm512_castsi512_ps, _mm512_castsi512_si256, _mm512_cmp_ps_mask, _mm512_cvtepu16_epi32,
    _mm512_cvtne2ps_pbh, _mm512_cvtneps_pbh, _mm512_extracti64x4_epi64, _mm512_loadu_ps,
    _mm512_maskz_sub_ps, _mm512_or_si512, _mm512_set1_ps, _mm512_slli_epi32, _mm512_srli_epi32,
    _mm512_storeu_si512,
};

/// Values of a vector.
const LANES: usize = 16;

pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16")
}

/// The line's values in pairs, as far as vectors go; how many values that are.
///
/// # Panics
/// Where the instructions are missing, or there is no room for the pairs.
#[allow(unsafe_code)]
pub(super) fn pairs_of_line(from: &[f32], high: &mut [u32], low: Option<&mut [u32]>) -> usize {
    assert!(is_available(), "the processor has no AVX512-BF16");
    // SAFETY: the processor has the instructions.
    unsafe {
        match low {
            Some(low) => line::<true>(from, high, low),
            None => line::<false>(from, high, &mut []),
        }
    }
}

/// Pairs of the values of two lines, as far as vectors go; how many pairs that are.
///
/// # Panics
/// As [`pairs_of_line`].
#[allow(unsafe_code)]
pub(super) fn pairs_of_two(lines: [&[f32]; 2], high: &mut [u32], low: Option<&mut [u32]>) -> usize {
    assert!(is_available(), "the processor has no AVX512-BF16");
    // SAFETY: the processor has the instructions.
    unsafe {
        match low {
            Some(low) => two::<true>(lines, high, low),
            None => two::<false>(lines, high, &mut []),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn line<const LOW: bool>(from: &[f32], high: &mut [u32], low: &mut [u32]) -> usize {
    let (blocks, _) = from.as_chunks::<{ 2 * LANES }>();
    for (place, block) in blocks.iter().enumerate() {
        let values = [load(&block[..LANES]), load(&block[LANES..])];
        let nearest = side_by_side(values);
        store(nearest, &mut high[place * LANES..][..LANES]);
        if LOW {
            let halves = [_mm512_castsi512_si256(nearest), _mm512_extracti64x4_epi64::<1>(nearest)];
            let [first, second] = halves.map(|half| widened(half));
            let rests = [rest(values[0], first), rest(values[1], second)];
            store(side_by_side(rests), &mut low[place * LANES..][..LANES]);
        }
    }
    blocks.len() * 2 * LANES
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn two<const LOW: bool>(lines: [&[f32]; 2], high: &mut [u32], low: &mut [u32]) -> usize {
    let [first, second] = lines.map(|line| line.as_chunks::<LANES>().0);
    for (place, (first, second)) in first.iter().zip(second).enumerate() {
        let values = [load(first), load(second)];
        let nearest = values.map(|values| widened(rounded(values)));
        store(interleaved(nearest), &mut high[place * LANES..][..LANES]);
        if LOW {
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
