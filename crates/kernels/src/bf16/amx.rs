//! Products in the processor's tile registers (Intel AMX).
//!
//! A tile is 16 lines of 64 bytes. One instruction multiplies a left tile (16 rows of 16 pairs) with a right one (16
//! pairs of 16 columns) and adds the product to a third, of 16 × 16 f32: 16 times as many products at a time
//! as an instruction of AVX512-BF16. Factors lie in memory as tiles want them: pairs of the left one side by
//! side, those of the right one in lines of columns.
//!
//! The compiler neither uses these registers nor, in its stable versions, knows the instructions, so they are
//! written out as assembly.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::LazyLock;

use multiversion::multiversion;

use super::{Left, Right};
use crate::matmul::Into;
use crate::transpose::columns_to_rows;

/// Lines of a tile, and values of 32 bits in one of them.
const TILE: usize = 16;
/// Tiles of the product side by side, at most: each waits for its own sum alone.
const ABREAST: usize = 4;

/// Whether the processor has the instructions, and the system lends their registers.
pub(super) fn is_available() -> bool {
    static AVAILABLE: LazyLock<bool> =
        LazyLock::new(|| has_instructions() && may_use_tile_registers());
    *AVAILABLE
}

fn has_instructions() -> bool {
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    // SAFETY: every x86-64 processor has the instruction. Later compilers need no `unsafe` here.
    #[allow(unsafe_code, unused_unsafe)]
    let features = unsafe { __cpuid_count(7, 0) }.edx;
    features & (BF16 | TILES) == BF16 | TILES
}

/// Linux keeps the 8 KB of these registers for a process that has asked for it.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn may_use_tile_registers() -> bool {
    const ARCH_PRCTL: usize = 158;
    const ASK_FOR_REGISTERS: usize = 0x1023;
    const TILE_DATA: usize = 18;
    let answer: usize;
    // SAFETY: the call changes nothing but what may be used, and no memory of ours.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ASK_FOR_REGISTERS,
            in("rsi") TILE_DATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

#[cfg(not(target_os = "linux"))]
fn may_use_tile_registers() -> bool {
    false
}

/// What the tiles hold: 0 to 3 of the product, 4 of the left factor, 5 of the right one, and 6 and 7 like these
/// of the pairs behind the last 16.
#[repr(C, align(64))]
struct Sizes {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    lines: [u8; 16],
}

impl Sizes {
    /// For tiles of the product with `rows` and `columns`, and `rest` pairs behind the last 16.
    fn new(rows: usize, columns: usize, rest: usize) -> Sizes {
        let product = (rows, columns);
        let factors = [(rows, TILE), (TILE, columns), (rows, rest), (rest, columns)];
        let mut sizes =
            Sizes { palette: 1, start: 0, reserved: [0; 14], bytes: [0; 16], lines: [0; 16] };
        let tiles = [product; ABREAST].into_iter().chain(factors);
        // A tile without a value must not have a size.
        for (place, (lines, values)) in tiles.enumerate().filter(|(_, size)| size.0 * size.1 > 0) {
            sizes.lines[place] = lines as u8;
            sizes.bytes[place] = (4 * values) as u16;
        }
        sizes
    }
}

/// Where a block of the product is, and how its neighbours lie.
#[derive(Clone, Copy)]
struct Place {
    target: *mut f32,
    target_stride: usize,
    left: *const u32,
    left_stride: usize,
    right: *const u32,
    right_stride: usize,
    pairs: usize,
    scale: f32,
    adds: bool,
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
    let mut turned = Vec::new();
    let left = side_by_side(left, &mut turned);
    let (rows, columns, pairs) = (left.rows, right.columns, left.pairs);
    assert!(is_available(), "the processor has no AMX-BF16");
    assert!(rows > 0 && pairs > 0 && columns > 0, "an empty product");
    assert!((rows - 1) * width + columns <= target.len(), "the product beyond its slice");
    assert!((rows - 1) * left.row_stride + pairs <= left.values.len(), "the left factor's slice");
    assert!(pairs * columns <= right.values.len(), "the right factor beyond its slice");
    let corner = Place {
        target: target.as_mut_ptr(),
        target_stride: width,
        left: left.values.as_ptr(),
        left_stride: left.row_stride,
        right: right.values.as_ptr(),
        right_stride: columns,
        pairs,
        scale,
        adds: into == Into::Add,
    };
    for (rows, row_step) in parts(rows) {
        for (columns, column_step) in parts(columns) {
            let sizes = Sizes::new(row_step, column_step, pairs % TILE);
            // SAFETY: the processor has the instructions and the system lends the registers. By the assertions
            // every element of the three matrices lies in its slice; the tiles of these sizes cover them and no
            // more. The borrow of `target` is exclusive.
            unsafe {
                asm!("ldtilecfg [{}]", in(reg) &raw const sizes, options(nostack, readonly));
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
    // SAFETY: nobody uses the tiles any more; the system need not keep them.
    unsafe { asm!("tilerelease", options(nostack, nomem)) }
}

/// The same factor with the pairs of a row one after another.
fn side_by_side<'a>(left: Left<'a>, turned: &'a mut Vec<u32>) -> Left<'a> {
    if left.pair_stride == 1 {
        return left;
    }
    turned.resize(left.rows * left.pairs, 0);
    columns_to_rows(left.values, left.pair_stride, 0, turned);
    Left::of_rows(turned, left.pairs)
}

/// Where tiles are whole, and what is left for one smaller; each with the step from one to the next.
fn parts(count: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
    let whole = count / TILE * TILE;
    let parts = [(0..whole, TILE), (whole..count, count - whole)];
    parts.into_iter().filter(|(part, _)| !part.is_empty())
}

/// `N` tiles of the product side by side.
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
        multiply::<N>(place);
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

/// Instructions on a number of tiles of the product that the compiler knows: those with tile 0, and then those
/// that are wanted of the others. `$body` is given the tile's name and the bytes to its left.
macro_rules! for_tiles {
    ($count:expr, $body:ident) => {
        $body!("tmm0", "0");
        if $count > 1 {
            $body!("tmm1", "64");
        }
        if $count > 2 {
            $body!("tmm2", "128");
        }
        if $count > 3 {
            $body!("tmm3", "192");
        }
    };
}

/// Adds the product of all pairs to the first `N` tiles.
#[allow(unsafe_code)]
unsafe fn multiply<const N: usize>(place: Place) {
    let (mut left, mut right) = (place.left, place.right);
    let (left_bytes, right_bytes) = (4 * place.left_stride, 4 * place.right_stride);
    // SAFETY: as for the caller: pairs to `place.pairs` belong to the factors.
    unsafe {
        macro_rules! load_left {
            ($tile:literal) => {
                asm!(
                    concat!("tileloadd ", $tile, ", [{left} + {bytes}]"),
                    left = in(reg) left,
                    bytes = in(reg) left_bytes,
                    options(nostack, readonly),
                )
            };
        }
        macro_rules! add_product {
            ($product:literal, $left:literal, $right:literal, $offset:literal) => {
                asm!(
                    concat!("tileloadd ", $right, ", [{right} + {bytes} + ", $offset, "]"),
                    concat!("tdpbf16ps ", $product, ", ", $left, ", ", $right),
                    right = in(reg) right,
                    bytes = in(reg) right_bytes,
                    options(nostack, readonly),
                )
            };
        }
        macro_rules! whole {
            ($product:literal, $offset:literal) => {
                add_product!($product, "tmm4", "tmm5", $offset)
            };
        }
        macro_rules! rest {
            ($product:literal, $offset:literal) => {
                add_product!($product, "tmm6", "tmm7", $offset)
            };
        }
        for _ in 0..place.pairs / TILE {
            load_left!("tmm4");
            for_tiles!(N, whole);
            left = left.add(TILE);
            right = right.add(TILE * place.right_stride);
        }
        if !place.pairs.is_multiple_of(TILE) {
            load_left!("tmm6");
            for_tiles!(N, rest);
        }
    }
}

#[allow(unsafe_code)]
unsafe fn clear_product<const N: usize>() {
    macro_rules! clear {
        ($tile:literal, $offset:literal) => {
            asm!(concat!("tilezero ", $tile), options(nostack, nomem))
        };
    }
    // SAFETY: as for the caller.
    unsafe {
        for_tiles!(N, clear);
    }
}

#[allow(unsafe_code)]
unsafe fn load_product<const N: usize>(from: *const f32, stride: usize) {
    macro_rules! load {
        ($tile:literal, $offset:literal) => {
            asm!(
                concat!("tileloadd ", $tile, ", [{from} + {bytes} + ", $offset, "]"),
                from = in(reg) from,
                bytes = in(reg) 4 * stride,
                options(nostack, readonly),
            )
        };
    }
    // SAFETY: as for the caller.
    unsafe {
        for_tiles!(N, load);
    }
}

#[allow(unsafe_code)]
unsafe fn store_product<const N: usize>(to: *mut f32, stride: usize) {
    macro_rules! store {
        ($tile:literal, $offset:literal) => {
            asm!(
                concat!("tilestored [{to} + {bytes} + ", $offset, "], ", $tile),
                to = in(reg) to,
                bytes = in(reg) 4 * stride,
                options(nostack),
            )
        };
    }
    // SAFETY: as for the caller.
    unsafe {
        for_tiles!(N, store);
    }
}
