//! The instructions on tiles, as assembly: the compiler, in its stable versions, does not know them.
//!
//! What is in a tile goes from one piece of assembly to the next. That is sound as long as nothing between them uses
//! tiles: the compiler knows no register of theirs that it could use, it keeps the order of these pieces (none of
//! them is `pure`), the system saves tiles when it takes a thread's turn away, and whoever applies [`Sizes`] calls no foreign
//! code before [`release`].

use std::arch::asm;

/// Lines of a tile, and values of 32 bits in one of them.
pub(super) const TILE: usize = 16;
/// Tiles of the product side by side, at most: each waits for its own sum alone.
pub(super) const ABREAST: usize = 4;

/// What the tiles hold: 0 to 3 of the product, 4 of the left factor, 5 of the right one, and 6 and 7 like these
/// of the pairs behind the last 16.
#[repr(C, align(64))]
pub(super) struct Sizes {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    lines: [u8; 16],
}

impl Sizes {
    /// For tiles of the product with `rows` and `columns`, and `rest` pairs behind the last 16.
    pub fn new(rows: usize, columns: usize, rest: usize) -> Sizes {
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

    /// Gives the tiles these sizes, and clears them.
    ///
    /// # Safety
    /// [`is_available`](super::system::is_available) must hold.
    #[allow(unsafe_code)]
    pub unsafe fn apply(&self) {
        // SAFETY: the 64 bytes are ours, and what they say is valid: see `new`.
        unsafe { asm!("ldtilecfg [{}]", in(reg) self, options(nostack, readonly)) }
    }
}

/// Gives the tiles back: the system need not keep them for this thread any more.
///
/// # Safety
/// [`is_available`](super::system::is_available) must hold.
#[allow(unsafe_code)]
pub(super) unsafe fn release() {
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe { asm!("tilerelease", options(nostack, nomem)) }
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
///
/// # Safety
/// The tiles must have the sizes of [`Sizes::new`] for this number of pairs, and as many rows of `left` and pairs of
/// rows of `right`, of `N` tiles' columns, must lie in memory, each `stride` values behind the one before.
#[allow(unsafe_code)]
pub(super) unsafe fn multiply<const N: usize>(
    (mut left, left_stride): (*const u32, usize),
    (mut right, right_stride): (*const u32, usize),
    pairs: usize,
) {
    let (left_bytes, right_bytes) = (4 * left_stride, 4 * right_stride);
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
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
        for _ in 0..pairs / TILE {
            load_left!("tmm4");
            for_tiles!(N, whole);
            left = left.wrapping_add(TILE);
            right = right.wrapping_add(TILE * right_stride);
        }
        if !pairs.is_multiple_of(TILE) {
            load_left!("tmm6");
            for_tiles!(N, rest);
        }
    }
}

/// Clears the first `N` tiles.
///
/// # Safety
/// They must have a size.
#[allow(unsafe_code)]
pub(super) unsafe fn clear_product<const N: usize>() {
    macro_rules! clear {
        ($tile:literal, $offset:literal) => {
            asm!(concat!("tilezero ", $tile), options(nostack, nomem))
        };
    }
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        for_tiles!(N, clear);
    }
}

/// Reads the first `N` tiles, side by side, from rows that begin every `stride` values.
///
/// # Safety
/// They must have a size, and as much must lie in memory.
#[allow(unsafe_code)]
pub(super) unsafe fn load_product<const N: usize>(from: *const f32, stride: usize) {
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
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        for_tiles!(N, load);
    }
}

/// Writes the first `N` tiles, side by side, to rows that begin every `stride` values.
///
/// # Safety
/// They must have a size, and as much memory must be the caller's alone.
#[allow(unsafe_code)]
pub(super) unsafe fn store_product<const N: usize>(to: *mut f32, stride: usize) {
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
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        for_tiles!(N, store);
    }
}
