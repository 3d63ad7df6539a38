//! Matrix products in tiles that stay in AVX-512's registers, whatever 32 bits of a factor stand for: a number, or a
//! pair of shorter ones.

mod place;

use std::arch::x86_64::{
    __m512, __m512i, __mmask16, _MM_HINT_T0, _mm_prefetch, _mm512_fmadd_ps, _mm512_mask_storeu_ps,
    _mm512_maskz_loadu_epi32, _mm512_maskz_loadu_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512,
};

pub(crate) use place::{Factor, Place};

/// Values of a vector.
const LANES: usize = 16;
/// Steps that the right factor is fetched ahead. Its lines lie so far apart that processors do not foresee the next.
const AHEAD: usize = 8;

/// What 32 bits of both factors are, and how their products are added up.
pub(crate) trait Values {
    /// Adds the products of `left` and `right` to `sums`, lane by lane.
    ///
    /// # Safety
    /// The processor must have the instructions.
    #[allow(unsafe_code)]
    unsafe fn add_products(sums: __m512, left: __m512i, right: __m512i) -> __m512;
}

/// All tiles of a product, by columns first: the right factor's are read once for every 8 rows. A value of the
/// product is the same whichever rows and columns lie beside it.
///
/// To be inlined into a function for which AVX-512 and the instructions of `V` are enabled.
///
/// # Safety
/// The processor must have these instructions. All elements that `corner` leads to must lie in memory, and those of
/// the product must be the caller's alone.
#[allow(unsafe_code)]
#[inline(always)]
pub(crate) unsafe fn all_tiles<V: Values>(corner: Place, rows: usize, columns: usize) {
    let mut column = 0;
    while column < columns {
        let left = columns - column;
        // Never a narrow tile alone at the end: its few sums would wait for one another.
        let vectors = match left.div_ceil(LANES) {
            4 => 2,
            vectors => vectors.min(3),
        };
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
                1 => column_of_tiles::<V, 1>(place, rows, mask),
                2 => column_of_tiles::<V, 2>(place, rows, mask),
                _ => column_of_tiles::<V, 3>(place, rows, mask),
            }
        }
        column += lanes;
    }
}

/// The tiles of all rows in `C` vectors of columns.
///
/// # Safety
/// As [`all_tiles`].
#[allow(unsafe_code)]
#[inline(always)]
unsafe fn column_of_tiles<V: Values, const C: usize>(top: Place, rows: usize, mask: __mmask16) {
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
                8.. => tile::<V, 8, C>(place, mask),
                4.. => tile::<V, 4, C>(place, mask),
                2.. => tile::<V, 2, C>(place, mask),
                _ => tile::<V, 1, C>(place, mask),
            };
        }
    }
}

/// One tile of `R` rows and `C` vectors, the last of them masked; `R`.
///
/// # Safety
/// As [`all_tiles`].
#[allow(unsafe_code)]
#[inline(always)]
unsafe fn tile<V: Values, const R: usize, const C: usize>(place: Place, mask: __mmask16) -> usize {
    let mask_of = |vector: usize| if vector + 1 == C { mask } else { u16::MAX };
    // SAFETY: the processor has the instructions. Lanes of the masks lie in the lines of the right factor and of the
    // product, and no others are read or written; row and step are the left factor's.
    unsafe {
        let mut sums: [[__m512; C]; R] = [[_mm512_setzero_ps(); C]; R];
        for step in 0..place.steps {
            let mut right: [__m512i; C] = [_mm512_setzero_si512(); C];
            let line = place.right.add(step * place.right_stride);
            for (vector, right) in right.iter_mut().enumerate() {
                *right = _mm512_maskz_loadu_epi32(mask_of(vector), line.add(vector * LANES).cast());
                // A hint: where it leads need not exist.
                let later = line.wrapping_add(AHEAD * place.right_stride + vector * LANES);
                _mm_prefetch::<_MM_HINT_T0>(later.cast());
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let [rows, steps] = place.left_strides;
                let value = *place.left.add(row * rows + step * steps);
                let left = _mm512_set1_epi32(value.cast_signed());
                for (sum, right) in sums.iter_mut().zip(right) {
                    *sum = V::add_products(*sum, left, right);
                }
            }
        }
        let scale = _mm512_set1_ps(place.scale);
        for (row, sums) in sums.into_iter().enumerate() {
            for (vector, sum) in sums.into_iter().enumerate() {
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
