//! The instructions on tiles, as assembly: the compiler, in its stable versions, does not know them.
//!
//! What is in a tile goes from one piece of assembly to the next. That is sound as long as nothing between them uses
//! tiles: the compiler knows no register of theirs that it could use, it keeps the order of these pieces (none of
//! them is `pure`), the system saves tiles when it takes a thread's turn away, and whoever applies [`Sizes`] calls no foreign
//! code before [`release`].
//!
//! A block of the product has `R` by `C` tiles, in the first registers, row after row. Behind them are the left factor's
//! tiles, one for each row, and two for the right factor's, which take turns.

use std::arch::asm;

/// Lines of a tile, and values of 32 bits in one of them.
pub(super) const TILE: usize = 16;
/// Tiles of a block of the product, at most.
pub(super) const MOST: usize = 4;
/// Rows of tiles in a block, at most.
pub(super) const MOST_ROWS: usize = 2;
/// The first register of each factor.
const LEFT: usize = MOST;
const RIGHT: usize = LEFT + MOST_ROWS;

/// What the registers hold.
#[repr(C, align(64))]
pub(super) struct Sizes {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    lines: [u8; 16],
}

impl Sizes {
    /// For tiles of the product with `rows` and `columns`, and of factors with so many `pairs`: all three from 1 to
    /// [`TILE`].
    pub fn new(rows: usize, columns: usize, pairs: usize) -> Sizes {
        let mut sizes =
            Sizes { palette: 1, start: 0, reserved: [0; 14], bytes: [0; 16], lines: [0; 16] };
        let product = [(rows, columns); MOST];
        let factors = [(rows, pairs), (rows, pairs), (pairs, columns), (pairs, columns)];
        for (register, (lines, values)) in product.into_iter().chain(factors).enumerate() {
            sizes.lines[register] = lines as u8;
            sizes.bytes[register] = (4 * values) as u16;
        }
        sizes
    }

    /// Gives the registers these sizes, and clears them.
    ///
    /// # Safety
    /// [`is_available`](super::system::is_available) must hold.
    #[allow(unsafe_code)]
    pub unsafe fn apply(&self) {
        // SAFETY: the 64 bytes are ours, and what they say is valid: see `new`.
        unsafe { asm!("ldtilecfg [{}]", in(reg) self, options(nostack, readonly)) }
    }
}

/// Gives the registers back: the system need not keep them for this thread any more.
///
/// # Safety
/// [`is_available`](super::system::is_available) must hold.
#[allow(unsafe_code)]
pub(super) unsafe fn release() {
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe { asm!("tilerelease", options(nostack, nomem)) }
}

/// Calls a function of a register, a tile's row and its column for all of `R` by `C` tiles.
macro_rules! for_block {
    ($R:ident, $C:ident, $body:ident) => {
        $body!(0, 0, 0);
        if $R * $C > 1 {
            $body!(1, 1 / $C, 1 % $C);
        }
        if $R * $C > 2 {
            $body!(2, 2 / $C, 2 % $C);
        }
        if $R * $C > 3 {
            $body!(3, 3 / $C, 3 % $C);
        }
    };
}

/// Clears a block.
///
/// # Safety
/// Its registers must have a size.
#[allow(unsafe_code)]
pub(super) unsafe fn clear<const R: usize, const C: usize>() {
    macro_rules! clear {
        ($register:literal, $row:expr, $column:expr) => {
            asm!(concat!("tilezero tmm", $register), options(nostack, nomem))
        };
    }
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        for_block!(R, C, clear);
    }
}

/// Reads a block from lines that begin every `stride` values.
///
/// # Safety
/// Its registers must have a size, and as much must lie in memory.
#[allow(unsafe_code)]
pub(super) unsafe fn load<const R: usize, const C: usize>(from: *const f32, stride: usize) {
    macro_rules! load {
        ($register:literal, $row:expr, $column:expr) => {
            asm!(
                concat!("tileloadd tmm", $register, ", [{from} + {bytes}]"),
                from = in(reg) from.add($row * TILE * stride + $column * TILE),
                bytes = in(reg) 4 * stride,
                options(nostack, readonly),
            )
        };
    }
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        for_block!(R, C, load);
    }
}

/// Writes a block to lines that begin every `stride` values.
///
/// # Safety
/// Its registers must have a size, and as much memory must be the caller's alone.
#[allow(unsafe_code)]
pub(super) unsafe fn store<const R: usize, const C: usize>(to: *mut f32, stride: usize) {
    macro_rules! store {
        ($register:literal, $row:expr, $column:expr) => {
            asm!(
                concat!("tilestored [{to} + {bytes}], tmm", $register),
                to = in(reg) to.add($row * TILE * stride + $column * TILE),
                bytes = in(reg) 4 * stride,
                options(nostack),
            )
        };
    }
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        for_block!(R, C, store);
    }
}

/// Reads the left factor's tiles, one for each row of a block, from lines that begin every `stride` values.
///
/// # Safety
/// The registers must have sizes, and as much must lie in memory.
#[allow(unsafe_code)]
pub(super) unsafe fn load_left<const R: usize>(left: *const u32, stride: usize) {
    macro_rules! load {
        ($row:literal) => {
            asm!(
                "tileloadd tmm{register}, [{from} + {bytes}]",
                register = const LEFT + $row,
                from = in(reg) left.add($row * TILE * stride),
                bytes = in(reg) 4 * stride,
                options(nostack, readonly),
            )
        };
    }
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        load!(0);
        if R > 1 {
            load!(1);
        }
    }
}

/// Adds the products of the left factor's tiles and the right one's, one for each column of a block, to that block. Lines of
/// the right factor begin every `stride` values.
///
/// # Safety
/// The registers must have sizes, [`load_left`] have read the left factor's tiles, and as much of the right factor lie in
/// memory.
#[allow(unsafe_code)]
pub(super) unsafe fn multiply<const R: usize, const C: usize>(right: *const u32, stride: usize) {
    macro_rules! add_product {
        ($row:literal, $column:literal) => {
            asm!(
                "tdpbf16ps tmm{sum}, tmm{left}, tmm{right}",
                sum = const $row * C + $column,
                left = const LEFT + $row,
                right = const RIGHT + $column % 2,
                options(nostack, nomem),
            )
        };
    }
    macro_rules! column {
        ($column:literal) => {
            if C > $column {
                asm!(
                    "tileloadd tmm{register}, [{from} + {bytes}]",
                    register = const RIGHT + $column % 2,
                    from = in(reg) right.add($column * TILE),
                    bytes = in(reg) 4 * stride,
                    options(nostack, readonly),
                );
                add_product!(0, $column);
                if R > 1 {
                    add_product!(1, $column);
                }
            }
        };
    }
    // SAFETY: as for the caller; between two pieces nobody uses tiles (above).
    unsafe {
        column!(0);
        column!(1);
        column!(2);
        column!(3);
    }
}
