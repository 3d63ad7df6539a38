//! Matrix products of factors in bfloat16, summed in f32.
//!
//! bfloat16 is the upper half of an f32: its range, and 8 bits of precision. Two such numbers lie side by side in a
//! `u32`, the earlier one in the lower half, because processors that multiply them take pairs along the inner
//! dimension. AVX512-BF16 adds `a₀ b₀ + a₁ b₁` to an f32 in each lane; AMX-BF16 multiplies tiles of pairs. Where the
//! inner size is odd, the last pair ends in a 0.
//!
//! A factor may also be the sum of two such numbers ([`Parts`]): the nearest, and the nearest to what that leaves. Its
//! products are sums of three then. An infinite factor makes NaNs there.
//!
//! Elsewhere the same pairs are multiplied by plain loops, with the same result but for the order of sums,
//! and for numbers below the smallest normal one, which those instructions take for 0.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod factors;
mod pairs;
mod product;

pub(crate) use factors::{Left, Right};
pub(crate) use pairs::{Parts, pairs_of_columns, pairs_of_rows, turned_pairs_of_columns};
pub(crate) use product::{multiplies_fast, multiplies_tiles, product};
