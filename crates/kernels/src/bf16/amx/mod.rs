//! Products in the processor's tile registers (Intel AMX).
//!
//! A tile is 16 lines of 64 bytes. One instruction multiplies a left tile (16 rows of 16 pairs) with a right one (16
//! pairs of 16 columns) and adds the product to a third, of 16 × 16 f32: 256 times as many products as
//! an instruction of AVX512-BF16 has in 16 times its time. Factors lie in memory as tiles want them: pairs of the left one side by
//! side, those of the right one in lines of columns. Two tiles of each make a block of four of the product, so that every
//! tile is read for two products; where there are no more than 16 rows, a block is up to four tiles side by side. Lines of
//! a tile that cross lines of the cache take twice as long to read: factors begin with one
//! ([`Aligned`](crate::aligned::Aligned)), and lines of pairs are whole numbers of them.

mod system;
mod tiles;

use std::mem::MaybeUninit;
use std::ops::Range;

use multiversion::multiversion;

use super::factors::{Left, MOST_TERMS, Right, terms};
use crate::matmul::Into;
use crate::registers::Place;
use tiles::{MOST, MOST_ROWS, Sizes, TILE, clear, load, load_left, multiply, release, store};

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
    let corner = Place::corner(target, width, (left.factor(), right.factor()), scale, into);
    let mut begins = [[std::ptr::null(); 2]; MOST_TERMS];
    let mut count = 0;
    for (begins, (left, right)) in begins.iter_mut().zip(terms(left, right)) {
        *begins = [left.factor().checked().as_ptr(), right.factor().checked().as_ptr()];
        count += 1;
    }
    for pairs in stretches(left.pairs) {
        // What is left of the pairs is added to the product of those before.
        let corner = Place { adds: corner.adds || pairs.start > 0, ..corner };
        for rows in stretches(left.rows) {
            for columns in stretches(right.columns) {
                let blocks = Blocks { corner, terms: &begins[..count], pairs: pairs.clone() };
                // SAFETY: the processor has the instructions and the system lends the registers. Every element of the
                // three matrices lies in its slice, as was checked for their corners; tiles of these sizes cover
                // them and no more. The borrow of `target` is exclusive.
                unsafe {
                    Sizes::new(tile(&rows), tile(&columns), tile(&pairs)).apply();
                    blocks.all(rows.clone(), columns);
                }
            }
        }
    }
    // SAFETY: as above; nothing is in the registers any more.
    unsafe { release() }
}

/// Where tiles are whole, and what is left for one smaller.
fn stretches(count: usize) -> impl Iterator<Item = Range<usize>> {
    let whole = count / TILE * TILE;
    [0..whole, whole..count].into_iter().filter(|stretch| !stretch.is_empty())
}

/// What a tile takes of a stretch.
fn tile(stretch: &Range<usize>) -> usize {
    stretch.len().min(TILE)
}

/// Blocks of a product, summed over some of the pairs.
struct Blocks<'a> {
    corner: Place,
    /// Where the factors of each term begin.
    terms: &'a [[*const u32; 2]],
    pairs: Range<usize>,
}

impl Blocks<'_> {
    /// All blocks of these rows and columns, stretches both.
    ///
    /// # Safety
    /// The registers must have sizes for tiles of these stretches and of the pairs. All that the corner and the terms lead to must lie in memory, and the
    /// product's must be the caller's alone.
    #[allow(unsafe_code)]
    unsafe fn all(&self, rows: Range<usize>, columns: Range<usize>) {
        let (height, width) = (tile(&rows), tile(&columns));
        // One tile waits for its own sum alone: as many side by side as there are registers.
        let most = if rows.len() > height { MOST / MOST_ROWS } else { MOST };
        for column in columns.clone().step_by(most * width) {
            let abreast = ((columns.end - column) / width).min(most);
            for row in rows.clone().step_by(MOST_ROWS * height) {
                let below = ((rows.end - row) / height).min(MOST_ROWS);
                let block = ([row, column], [below * height, abreast * width]);
                // SAFETY: as for the caller.
                unsafe {
                    match (below, abreast) {
                        (1, 1) => self.block::<1, 1>(block),
                        (1, 2) => self.block::<1, 2>(block),
                        (1, 3) => self.block::<1, 3>(block),
                        (1, _) => self.block::<1, MOST>(block),
                        (_, 1) => self.block::<MOST_ROWS, 1>(block),
                        _ => self.block::<MOST_ROWS, 2>(block),
                    }
                }
            }
        }
    }

    /// A block of `R` by `C` tiles, of so many rows and columns.
    ///
    /// # Safety
    /// As [`Blocks::all`].
    #[allow(unsafe_code)]
    unsafe fn block<const R: usize, const C: usize>(
        &self,
        ([row, column], [rows, columns]): ([usize; 2], [usize; 2]),
    ) {
        let Place { target, target_stride: stride, scale, adds, .. } = self.corner;
        // SAFETY: as for the caller. Whatever is read of the sums has been stored there.
        unsafe {
            let target = target.add(row * stride + column);
            let direct = scale == 1.0;
            if direct && adds {
                load::<R, C>(target, stride);
            } else {
                clear::<R, C>();
            }
            self.sum::<R, C>(row, column);
            if direct {
                return store::<R, C>(target, stride);
            }
            let mut sums = MaybeUninit::<[f32; MOST * TILE * TILE]>::uninit();
            let first = sums.as_mut_ptr().cast::<f32>();
            store::<R, C>(first, C * TILE);
            for row in 0..rows {
                let sums = std::slice::from_raw_parts(first.add(row * C * TILE), columns);
                let line = std::slice::from_raw_parts_mut(target.add(row * stride), columns);
                write_scaled(line, sums, scale, adds);
            }
        }
    }

    /// Adds the block's products to its registers.
    ///
    /// # Safety
    /// As [`Blocks::all`].
    #[allow(unsafe_code)]
    unsafe fn sum<const R: usize, const C: usize>(&self, row: usize, column: usize) {
        let Place { left_strides: [left_stride, _], right_stride, .. } = self.corner;
        for pair in self.pairs.clone().step_by(tile(&self.pairs)) {
            let mut loaded = None;
            for &[left, right] in self.terms {
                // SAFETY: as for the caller.
                unsafe {
                    // Two terms share a left part.
                    if loaded.replace(left) != Some(left) {
                        load_left::<R>(left.add(row * left_stride + pair), left_stride);
                    }
                    multiply::<R, C>(right.add(pair * right_stride + column), right_stride);
                }
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn write_scaled(line: &mut [f32], sums: &[f32], scale: f32, adds: bool) {
    for (target, sum) in line.iter_mut().zip(sums) {
        *target = scale * sum + if adds { *target } else { 0.0 };
    }
}
