//! Products in the processor's tile registers (Intel AMX).
//!
//! A tile is 16 lines of 64 bytes. One instruction multiplies a left tile (16 rows of 16 pairs) with a right one (16
//! pairs of 16 columns) and adds the product to a third, of 16 × 16 f32: 256 times as many products as
//! an instruction of AVX512-BF16 has in 16 times its time. Factors lie in memory as tiles want them: pairs of the left one side by
//! side, those of the right one in lines of columns.

mod system;
mod tiles;

use std::mem::MaybeUninit;
use std::ops::Range;

use multiversion::multiversion;

use super::{Left, Right};
use crate::matmul::Into;
use crate::registers::Place;
use crate::transpose::columns_to_rows;
use tiles::{ABREAST, Sizes, TILE, clear_product, load_product, multiply, release, store_product};

pub(super) use system::is_available;

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
    assert!(is_available(), "the processor has no AMX-BF16");
    assert!(left.rows > 0 && left.pairs > 0, "an empty product");
    let mut turned = Vec::new();
    let left = side_by_side(left, &mut turned);
    let corner = Place::corner(target, width, (left.factor(), right.factor()), scale, into);
    for (rows, row_step) in parts(left.rows) {
        for (columns, column_step) in parts(right.columns) {
            let sizes = Sizes::new(row_step, column_step, left.pairs % TILE);
            // SAFETY: the processor has the instructions and the system lends the registers. Every element
            // of the three matrices lies in its slice, as the corner's place was made for them; tiles of
            // these sizes cover them and no more. The borrow of `target` is exclusive.
            unsafe {
                sizes.apply();
                for column in columns.clone().step_by(ABREAST * column_step) {
                    let abreast = ((columns.end - column) / column_step).min(ABREAST);
                    for row in rows.clone().step_by(row_step) {
                        let place = Place {
                            target: corner.target.add(row * width + column),
                            left: corner.left.add(row * left.row_stride),
                            right: corner.right.add(column),
                            ..corner
                        };
                        match abreast {
                            1 => block::<1>(place, [row_step, column_step]),
                            2 => block::<2>(place, [row_step, column_step]),
                            3 => block::<3>(place, [row_step, column_step]),
                            _ => block::<ABREAST>(place, [row_step, column_step]),
                        }
                    }
                }
            }
        }
    }
    // SAFETY: as above; nothing is in the tiles any more.
    unsafe { release() }
}

/// The same factor with the pairs of a row one after another.
fn side_by_side<'a>(left: Left<'a>, turned: &'a mut Vec<u32>) -> Left<'a> {
    if left.pair_stride == 1 {
        return left;
    }
    // The last line may end behind its rows, but no line must follow.
    let values = &left.values[..(left.pairs - 1) * left.pair_stride + left.rows];
    turned.resize(left.rows * left.pairs, 0);
    columns_to_rows(values, left.pair_stride, 0, turned);
    Left::of_rows(turned, left.pairs)
}

/// Where tiles are whole, and what is left for one smaller; each with the step from one to the next.
fn parts(count: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
    let whole = count / TILE * TILE;
    let parts = [(0..whole, TILE), (whole..count, count - whole)];
    parts.into_iter().filter(|(part, _)| !part.is_empty())
}

/// `N` tiles of the product side by side.
///
/// # Safety
/// As [`multiply`], and as for [`store_product`] with `place`'s target.
#[allow(unsafe_code)]
unsafe fn block<const N: usize>(place: Place, [rows, columns]: [usize; 2]) {
    // SAFETY: as for the caller. Whatever is read of the sums has been stored there.
    unsafe {
        let direct = place.scale == 1.0;
        if direct && place.adds {
            load_product::<N>(place.target, place.target_stride);
        } else {
            clear_product::<N>();
        }
        let factors = ((place.left, place.left_strides[0]), (place.right, place.right_stride));
        multiply::<N>(factors.0, factors.1, place.steps);
        if direct {
            return store_product::<N>(place.target, place.target_stride);
        }
        let mut sums = MaybeUninit::<[[f32; ABREAST * TILE]; TILE]>::uninit();
        let first = sums.as_mut_ptr().cast::<f32>();
        store_product::<N>(first, ABREAST * TILE);
        for row in 0..rows {
            let sums = std::slice::from_raw_parts(first.add(row * ABREAST * TILE), N * columns);
            let line = place.target.add(row * place.target_stride);
            let line = std::slice::from_raw_parts_mut(line, N * columns);
            write_scaled(line, sums, place.scale, place.adds);
        }
    }
}

#[multiversion(targets = "simd")]
fn write_scaled(line: &mut [f32], sums: &[f32], scale: f32, adds: bool) {
    for (target, sum) in line.iter_mut().zip(sums) {
        *target = scale * sum + if adds { *target } else { 0.0 };
    }
}
