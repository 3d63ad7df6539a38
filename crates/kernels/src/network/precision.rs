//! What products are computed in.

use crate::bf16::multiplies_fast;
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
}

impl Precision {
    /// Whether this processor multiplies such numbers by instructions of its own; bfloat16 goes through slow
    /// loops else.
    pub fn is_fast(self) -> bool {
        self == Precision::F32 || multiplies_fast()
    }

    /// Whether what a network makes of a row is the same on this processor, bit by bit, however many rows lie in
    /// its chunk.
    pub fn rows_are_independent(self) -> bool {
        self == Precision::Bf16 || rows_are_independent()
    }
}
