//! Products of pairs by AVX512-BF16.

use std::arch::x86_64::{__m512, __m512bh, __m512i, _mm512_dpbf16_ps};
use std::iter::{once, repeat};

use super::factors::{Left, Right, terms};
use crate::matmul::Into;
use crate::registers::{Place, Values, all_tiles};

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
    for ((left, right), into) in terms(left, right).zip(once(into).chain(repeat(Into::Add))) {
        let corner = Place::corner(target, width, (left.factor(), right.factor()), scale, into);
        // SAFETY: the processor has the instructions, and every element of the three matrices lies in its
        // slice, as the corner's place was made for them; tiles cover them and no more. The borrow of `target` is exclusive.
        unsafe { multiply(corner, left.rows, right.columns) }
    }
}

/// # Safety
/// As [`all_tiles`].
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn multiply(corner: Place, rows: usize, columns: usize) {
    // SAFETY: as for the caller.
    unsafe { all_tiles::<Pairs>(corner, rows, columns) }
}

/// Two numbers in bfloat16.
struct Pairs;

impl Values for Pairs {
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn add_products(sums: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: as for the caller.
        unsafe { _mm512_dpbf16_ps(sums, as_bf16(left), as_bf16(right)) }
    }
}

/// The same bits.
#[allow(unsafe_code)]
#[inline(always)]
fn as_bf16(bits: __m512i) -> __m512bh {
    // SAFETY: both types are 512 bits without a meaning of their own.
    unsafe { std::mem::transmute(bits) }
}
