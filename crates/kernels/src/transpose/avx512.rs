//! Blocks of 16 × 16 values, turned in registers.

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_storeu_si512,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::Plain;

/// Side of a block.
pub(super) const SIDE: usize = 16;

/// Whether the processor has the instructions, and the system keeps their registers.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// Writes a block, whose lines begin every `width` values of `from`, as lines that begin every `height`
/// values of `to`.
///
/// # Panics
/// Where the instructions are missing, values have not 32 bits, or a line reaches beyond its slice.
#[allow(unsafe_code)]
pub(super) fn turn<T: Plain>(from: &[T], width: usize, to: &mut [T], height: usize) {
    assert!(size_of::<T>() == 4, "values of 32 bits");
    assert!(is_available(), "the processor has no AVX-512");
    assert!((SIDE - 1) * width + SIDE <= from.len(), "a block beyond its slice");
    assert!((SIDE - 1) * height + SIDE <= to.len(), "a block beyond its slice");
    // SAFETY: the processor has the instructions; by the assertions all lines lie in their slices, whose
    // values are plain 32 bits each.
    unsafe { turn_unchecked(from.as_ptr().cast(), width, to.as_mut_ptr().cast(), height) }
}

#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
unsafe fn turn_unchecked(from: *const i32, width: usize, to: *mut i32, height: usize) {
    let mut lines = [_mm512_setzero_si512(); SIDE];
    for (place, line) in lines.iter_mut().enumerate() {
        // SAFETY: by the caller, the line lies in its slice.
        *line = unsafe { _mm512_loadu_si512(from.add(place * width).cast()) };
    }
    for (place, line) in turned(lines).into_iter().enumerate() {
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(to.add(place * height).cast(), line) };
    }
}

/// Lines to columns: first within groups of four lines, whose quarters hold 4 × 4 blocks then, and twice among
/// the quarters of a line.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn turned(lines: [__m512i; SIDE]) -> [__m512i; SIDE] {
    let mut fours = lines;
    for (from, to) in lines.chunks_exact(4).zip(fours.chunks_exact_mut(4)) {
        let low = _mm512_unpacklo_epi32(from[0], from[1]);
        let high = _mm512_unpackhi_epi32(from[0], from[1]);
        let other_low = _mm512_unpacklo_epi32(from[2], from[3]);
        let other_high = _mm512_unpackhi_epi32(from[2], from[3]);
        to[0] = _mm512_unpacklo_epi64(low, other_low);
        to[1] = _mm512_unpackhi_epi64(low, other_low);
        to[2] = _mm512_unpacklo_epi64(high, other_high);
        to[3] = _mm512_unpackhi_epi64(high, other_high);
    }
    // Quarter q of fours[4 g + c] holds column 4 q + c of lines 4 g to 4 g + 3.
    let mut columns = lines;
    for column in 0..4 {
        let [a, b, c, d] = [0, 4, 8, 12].map(|group| fours[group + column]);
        let (even, odd) = (evens(a, b), odds(a, b));
        let (other_even, other_odd) = (evens(c, d), odds(c, d));
        columns[column] = evens(even, other_even);
        columns[4 + column] = evens(odd, other_odd);
        columns[8 + column] = odds(even, other_even);
        columns[12 + column] = odds(odd, other_odd);
    }
    columns
}

/// Quarters 0 and 2 of both.
#[target_feature(enable = "avx512f")]
fn evens(a: __m512i, b: __m512i) -> __m512i {
    _mm512_shuffle_i32x4::<0b10_00_10_00>(a, b)
}

/// Quarters 1 and 3 of both.
#[target_feature(enable = "avx512f")]
fn odds(a: __m512i, b: __m512i) -> __m512i {
    _mm512_shuffle_i32x4::<0b11_01_11_01>(a, b)
}
