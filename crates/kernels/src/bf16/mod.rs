//! Matrix products of factors in bfloat16, summed in f32.
//!
//! bfloat16 is the upper half of an f32: its range, and 8 bits of precision. Two such numbers lie side by side in a
//! `u32`, the earlier one in the lower half, because processors that multiply them take pairs along the inner
//! dimension. AVX512-BF16 adds `a₀ b₀ + a₁ b₁` to an f32 in each lane; AMX-BF16 multiplies tiles of pairs. Where the
//! inner size is odd, the last pair ends in a 0.
//!
//! Elsewhere the same pairs are multiplied by plain loops, with the same result but for the order of sums,
//! and for numbers below the smallest normal one, which those instructions take for 0.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod pairs;
mod product;

pub(crate) use pairs::{pairs_of_columns, pairs_of_rows};
pub(crate) use product::{Left, Right, multiplies_fast, product};
