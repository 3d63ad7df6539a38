//! Products of f32 by AVX-512, without packing: factors of a training step are in a core's cache already.

use std::arch::x86_64::{__m512, __m512i, _mm512_castsi512_ps, _mm512_fmadd_ps};

use super::{Into, Matrix};
use crate::registers::{Factor, Place, Values, all_tiles};

/// Steps along the inner dimension at a time: with the 48 columns of a tile, 24 KiB, which the tiles of other rows find
/// in a core's first cache where the right factor's lines lie close together.
const STEPS: usize = 128;

/// Whether the processor has the instructions, and the system keeps their registers.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// Writes `scale · a · b` to the first columns of `product`, `width` values from row to row, or adds it there.
///
/// # Panics
/// Where the instructions are missing, the product is empty, columns of `b` do not lie side by side, or a matrix reaches
/// beyond its slice.
#[allow(unsafe_code)]
pub(super) fn product(
    product: &mut [f32],
    width: usize,
    (a, b): (Matrix, Matrix),
    scale: f32,
    into: Into,
) {
    assert!(is_available(), "the processor has no AVX-512");
    let corner = Place::corner(product, width, (factor(a), factor(b)), scale, into);
    // SAFETY: the processor has the instructions, and every element of the three matrices lies in its slice, as the
    // corner's place was made for them; tiles cover them and no more. The borrow of `product` is exclusive.
    unsafe { multiply(corner, a.rows, b.columns) }
}

/// # Safety
/// As [`all_tiles`].
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
unsafe fn multiply(corner: Place, rows: usize, columns: usize) {
    for first in (0..corner.steps).step_by(STEPS) {
        // SAFETY: as for the caller; the steps are the factors'.
        unsafe {
            let block = Place {
                left: corner.left.add(first * corner.left_strides[1]),
                right: corner.right.add(first * corner.right_stride),
                steps: STEPS.min(corner.steps - first),
                adds: corner.adds || first > 0,
                ..corner
            };
            all_tiles::<Single>(block, rows, columns);
        }
    }
}

/// A matrix as bits.
#[allow(unsafe_code)]
fn factor(matrix: Matrix<'_>) -> Factor<'_> {
    let values = matrix.values;
    // SAFETY: f32 and u32 have the same size and alignment, and all bits are values of both.
    let values = unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len()) };
    Factor {
        values,
        size: [matrix.rows, matrix.columns],
        strides: [matrix.row_stride, matrix.column_stride],
    }
}

/// One number in f32.
struct Single;

impl Values for Single {
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn add_products(sums: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: as for the caller.
        unsafe { _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sums) }
    }
}
