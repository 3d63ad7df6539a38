//! What products are computed in.

use crate::bf16::{Parts, multiplies_fast, multiplies_tiles};
use crate::matmul::rows_are_independent;

/// Precision of the factors of matrix products. Their sums, and all else, are f32: weights, what an optimiser
/// keeps for them, activations, losses, rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// f32.
    #[default]
    F32,
    /// bfloat16: 8 bits of precision. More products at a time, where the processor has instructions for them
    /// ([`Precision::is_fast`]).
    Bf16,
    /// Each factor as the sum of two numbers in bfloat16, which leave at most 2⁻¹⁷ of it, and three of the four products of
    /// such sums: that of the second numbers, 2⁻¹⁶ of the whole at most, is left out (XLA's `BF16_BF16_F32_X3`;
    /// `torch.set_float32_matmul_precision("high")` allows PyTorch the same). On a processor without AMX f32 is faster, and
    /// taken ([`Precision::is_f32`]).
    Bf16x3,
}

impl Precision {
    /// Whether products are those of f32 on this processor.
    pub fn is_f32(self) -> bool {
        self.parts().is_none()
    }

    /// Whether this processor multiplies such numbers by instructions of its own; bfloat16 goes through slow
    /// loops else.
    pub fn is_fast(self) -> bool {
        self != Precision::Bf16 || multiplies_fast()
    }

    /// Whether what a network makes of a row is the same on this processor, bit by bit, however many rows lie in
    /// its chunk.
    pub fn rows_are_independent(self) -> bool {
        self.parts().is_some() || rows_are_independent()
    }

    /// What numbers in bfloat16 a factor becomes; `None` where it stays f32.
    pub(super) fn parts(self) -> Option<Parts> {
        match self {
            Precision::F32 => None,
            Precision::Bf16 => Some(Parts::One),
            Precision::Bf16x3 => multiplies_tiles().then_some(Parts::Two),
        }
    }
}
