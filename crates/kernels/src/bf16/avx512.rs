//! Products in tiles that stay in registers.

use std::arch::x86_64::{
    __m512, __m512bh, __m512i, __mmask16, _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_mask_storeu_ps,
    _mm512_maskz_loadu_epi32, _mm512_maskz_loadu_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512,
};

use super::place::Place;
use super::{Left, Right};
use crate::matmul::Into;

/// Values of a vector.
const LANES: usize = 16;

/// Whether the processor has the instructions, and the system keeps their registers.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16")
}

/// Writes `scale · left · right` to the first columns of `target`, `width` values from row to row, or adds it
/// there.
///
/// # Panics
/// Where the instructions are missing, or a factor or the product reaches beyond its slice.
#[allow(unsafe_code)]
pub(super) fn product(
    target: &mut [f32],
    width: usize,
    (left, right): (Left, Right),
    scale: f32,
    into: Into,
) {
    assert!(is_available(), "the processor has no AVX512-BF16");
    let corner = Place::corner(target, width, (left, right), scale, into);
    // SAFETY: the processor has the instructions, and every element of the three matrices lies in its
    // slice, as the corner's place was made for them; tiles cover them and no more. The borrow of `target` is exclusive.
    unsafe { all_tiles(corner, left.rows, right.columns) }
}

/// All tiles, by columns first: the right factor's are read once for every 8 rows.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn all_tiles(corner: Place, rows: usize, columns: usize) {
    let mut column = 0;
    while column < columns {
        let left = columns - column;
        let vectors = left.div_ceil(LANES).min(3);
        let lanes = left.min(vectors * LANES);
        // The last vector's lanes, one bit each.
        let mask: __mmask16 = u16::MAX >> (vectors * LANES - lanes);
        // SAFETY: as for the caller; `column + lanes <= columns`.
        unsafe {
            let place = Place {
                target: corner.target.add(column),
                right: corner.right.add(column),
                ..corner
            };
            match vectors {
                1 => column_of_tiles::<1>(place, rows, mask),
                2 => column_of_tiles::<2>(place, rows, mask),
                _ => column_of_tiles::<3>(place, rows, mask),
            }
        }
        column += lanes;
    }
}

/// The tiles of all rows in `C` vectors of columns.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn column_of_tiles<const C: usize>(top: Place, rows: usize, mask: __mmask16) {
    let mut row = 0;
    while row < rows {
        // SAFETY: as for the caller; each tile ends at or before the last row.
        unsafe {
            let place = Place {
                target: top.target.add(row * top.target_stride),
                left: top.left.add(row * top.left_strides[0]),
                ..top
            };
            row += match rows - row {
                8.. => tile::<8, C>(place, mask),
                4.. => tile::<4, C>(place, mask),
                2.. => tile::<2, C>(place, mask),
                _ => tile::<1, C>(place, mask),
            };
        }
    }
}

/// One tile of `R` rows and `C` vectors, the last of them masked; `R`.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn tile<const R: usize, const C: usize>(place: Place, mask: __mmask16) -> usize {
    let mask_of = |vector: usize| if vector + 1 == C { mask } else { u16::MAX };
    let mut sums: [[__m512; C]; R] = [[_mm512_setzero_ps(); C]; R];
    for pair in 0..place.pairs {
        let mut right: [__m512i; C] = [_mm512_setzero_si512(); C];
        // SAFETY: lanes of the mask lie in the factor's line, and the others are not read.
        unsafe {
            let line = place.right.add(pair * place.right_stride);
            for (vector, right) in right.iter_mut().enumerate() {
                *right = _mm512_maskz_loadu_epi32(mask_of(vector), line.add(vector * LANES).cast());
            }
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            let [rows, pairs] = place.left_strides;
            // SAFETY: row and pair are the left factor's.
            let value = unsafe { *place.left.add(row * rows + pair * pairs) };
            let left = as_bf16(_mm512_set1_epi32(value.cast_signed()));
            for (sum, right) in sums.iter_mut().zip(right) {
                *sum = _mm512_dpbf16_ps(*sum, left, as_bf16(right));
            }
        }
    }
    let scale = _mm512_set1_ps(place.scale);
    for (row, sums) in sums.into_iter().enumerate() {
        for (vector, sum) in sums.into_iter().enumerate() {
            // SAFETY: lanes of the mask lie in the product's row, and the others are neither read nor
            // written.
            unsafe {
                let target = place.target.add(row * place.target_stride + vector * LANES);
                // Nothing is read of what is replaced.
                let kept = if place.adds { mask_of(vector) } else { 0 };
                let before = _mm512_maskz_loadu_ps(kept, target);
                let after = _mm512_fmadd_ps(sum, scale, before);
                _mm512_mask_storeu_ps(target, mask_of(vector), after);
            }
        }
    }
    R
}

/// The same bits.
#[allow(unsafe_code)]
#[inline(always)]
fn as_bf16(bits: __m512i) -> __m512bh {
    // SAFETY: both types are 512 bits without a meaning of their own.
    unsafe { std::mem::transmute(bits) }
}
