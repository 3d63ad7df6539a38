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
use std::sync::LazyLock;

use super::{Left, Right};
use crate::matmul::Into;
use crate::transpose::columns_to_rows;

/// Lines of a tile, and values of 32 bits in one of them.
const TILE: usize = 16;
/// Columns of two tiles side by side, which share the left one.
const COLUMNS: usize = 2 * TILE;

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

/// What tiles 0 to 7 hold: two of the product, a left one and two right ones of 16 pairs, and the same three of
/// the pairs that are left.
#[repr(C, align(64))]
struct Sizes {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    lines: [u8; 16],
}

impl Sizes {
    /// For products of `rows` and `columns`, and `rest` pairs behind the last whole tile of them.
    fn new(rows: usize, columns: usize, rest: usize) -> Sizes {
        let mut sizes =
            Sizes { palette: 1, start: 0, reserved: [0; 14], bytes: [0; 16], lines: [0; 16] };
        let [near, far] = [columns.min(TILE), columns.saturating_sub(TILE)];
        let tiles = [
            (rows, near),
            (rows, far),
            (rows, TILE),
            (TILE, near),
            (TILE, far),
            (rows, rest),
            (rest, near),
            (rest, far),
        ];
        for (place, (lines, values)) in tiles.into_iter().enumerate() {
            // A tile without a value must not have a size.
            if lines * values > 0 {
                sizes.lines[place] = lines as u8;
                sizes.bytes[place] = (4 * values) as u16;
            }
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
    for (first_row, last_row, row_step) in parts(rows, TILE) {
        for (first_column, last_column, column_step) in parts(columns, COLUMNS) {
            let sizes = Sizes::new(row_step, column_step, pairs % TILE);
            // SAFETY: the processor has the instructions and the system lends the registers. By the assertions
            // every element of the three matrices lies in its slice; the blocks cover them and no more, and
            // tiles have the blocks' sizes. The borrow of `target` is exclusive.
            unsafe {
                asm!("ldtilecfg [{}]", in(reg) &raw const sizes, options(nostack, readonly));
                for column in (first_column..last_column).step_by(column_step) {
                    for row in (first_row..last_row).step_by(row_step) {
                        let place = Place {
                            target: corner.target.add(row * width + column),
                            left: corner.left.add(row * left.row_stride),
                            right: corner.right.add(column),
                            ..corner
                        };
                        match column_step {
                            ..=TILE => block::<false>(place, row_step, column_step),
                            _ => block::<true>(place, row_step, column_step),
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

/// First, end and step of what can be cut into pieces of `size`, and of the smaller piece that is left.
fn parts(count: usize, size: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let whole = count / size * size;
    let parts = [(0, whole, size), (whole, count, count - whole)];
    parts.into_iter().filter(|(first, last, _)| first < last)
}

/// A block of up to 16 rows and up to 16 columns, or up to 32 where it is `WIDE`, of the sizes that the tiles
/// have.
#[allow(unsafe_code)]
unsafe fn block<const WIDE: bool>(place: Place, rows: usize, columns: usize) {
    // SAFETY: as for the caller.
    unsafe {
        if place.scale == 1.0 {
            if place.adds {
                load_product::<WIDE>(place.target, place.target_stride);
            } else {
                clear_product::<WIDE>();
            }
            multiply::<WIDE>(place);
            store_product::<WIDE>(place.target, place.target_stride);
            return;
        }
        clear_product::<WIDE>();
        multiply::<WIDE>(place);
        let mut sums = [[0.0f32; COLUMNS]; TILE];
        store_product::<WIDE>(sums.as_mut_ptr().cast(), COLUMNS);
        for (row, sums) in sums.iter().take(rows).enumerate() {
            let line = place.target.add(row * place.target_stride);
            let line = std::slice::from_raw_parts_mut(line, columns);
            if !place.adds {
                line.fill(0.0);
            }
            line.iter_mut().zip(sums).for_each(|(target, sum)| *target += place.scale * sum);
        }
    }
}

/// Adds the product of all pairs to the tiles 0 and, where it is `WIDE`, 1.
#[allow(unsafe_code)]
unsafe fn multiply<const WIDE: bool>(place: Place) {
    let (mut left, mut right) = (place.left, place.right);
    let (left_bytes, right_bytes) = (4 * place.left_stride, 4 * place.right_stride);
    // SAFETY: as for the caller: pairs to `place.pairs` belong to the factors.
    unsafe {
        for _ in 0..place.pairs / TILE {
            asm!(
                "tileloadd tmm2, [{left} + {left_bytes}]",
                "tileloadd tmm3, [{right} + {right_bytes}]",
                "tdpbf16ps tmm0, tmm2, tmm3",
                left = in(reg) left,
                left_bytes = in(reg) left_bytes,
                right = in(reg) right,
                right_bytes = in(reg) right_bytes,
                options(nostack, readonly),
            );
            if WIDE {
                asm!(
                    "tileloadd tmm4, [{right} + {right_bytes} + 64]",
                    "tdpbf16ps tmm1, tmm2, tmm4",
                    right = in(reg) right,
                    right_bytes = in(reg) right_bytes,
                    options(nostack, readonly),
                );
            }
            left = left.add(TILE);
            right = right.add(TILE * place.right_stride);
        }
        if place.pairs.is_multiple_of(TILE) {
            return;
        }
        asm!(
            "tileloadd tmm5, [{left} + {left_bytes}]",
            "tileloadd tmm6, [{right} + {right_bytes}]",
            "tdpbf16ps tmm0, tmm5, tmm6",
            left = in(reg) left,
            left_bytes = in(reg) left_bytes,
            right = in(reg) right,
            right_bytes = in(reg) right_bytes,
            options(nostack, readonly),
        );
        if WIDE {
            asm!(
                "tileloadd tmm7, [{right} + {right_bytes} + 64]",
                "tdpbf16ps tmm1, tmm5, tmm7",
                right = in(reg) right,
                right_bytes = in(reg) right_bytes,
                options(nostack, readonly),
            );
        }
    }
}

#[allow(unsafe_code)]
unsafe fn clear_product<const WIDE: bool>() {
    // SAFETY: as for the caller.
    unsafe {
        asm!("tilezero tmm0", options(nostack, nomem));
        if WIDE {
            asm!("tilezero tmm1", options(nostack, nomem));
        }
    }
}

#[allow(unsafe_code)]
unsafe fn load_product<const WIDE: bool>(from: *const f32, stride: usize) {
    // SAFETY: as for the caller.
    unsafe {
        asm!(
            "tileloadd tmm0, [{from} + {bytes}]",
            from = in(reg) from,
            bytes = in(reg) 4 * stride,
            options(nostack, readonly),
        );
        if WIDE {
            asm!(
                "tileloadd tmm1, [{from} + {bytes} + 64]",
                from = in(reg) from,
                bytes = in(reg) 4 * stride,
                options(nostack, readonly),
            );
        }
    }
}

#[allow(unsafe_code)]
unsafe fn store_product<const WIDE: bool>(to: *mut f32, stride: usize) {
    // SAFETY: as for the caller.
    unsafe {
        asm!(
            "tilestored [{to} + {bytes}], tmm0",
            to = in(reg) to,
            bytes = in(reg) 4 * stride,
            options(nostack),
        );
        if WIDE {
            asm!(
                "tilestored [{to} + {bytes} + 64], tmm1",
                to = in(reg) to,
                bytes = in(reg) 4 * stride,
                options(nostack),
            );
        }
    }
}
