//! What a network is made of.

use crate::{Activation, ConvTranspose2d};

/// One step of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `y = W x + b`; weight `[outputs, inputs]`.
    Linear {
        /// Values in.
        inputs: usize,
        /// Values out.
        outputs: usize,
    },
    /// A transposed convolution, channels last on both sides.
    ConvTranspose2d(ConvTranspose2d),
    /// An elementwise function.
    Activation(Activation),
    /// Gated linear units: the first half of the values, each times the sigmoid of its counterpart in
    /// the second half.
    Gated {
        /// Values out, half of those that come in.
        outputs: usize,
    },
    /// `[channels, pixels]` to `[pixels, channels]`, or, with the two numbers swapped, back.
    Transpose {
        /// Rows of what comes in.
        rows: usize,
        /// Columns of what comes in.
        columns: usize,
    },
}

impl Stage {
    /// Values out for `inputs` values in, where the stage takes so many.
    pub(super) fn output_len(&self, inputs: usize) -> Option<usize> {
        let (expected, outputs) = match *self {
            Stage::Linear { inputs, outputs } => (inputs, outputs),
            Stage::ConvTranspose2d(sizes) => (sizes.input_len(), sizes.output_len()),
            Stage::Activation(_) => (inputs, inputs),
            Stage::Gated { outputs } => (2 * outputs, outputs),
            Stage::Transpose { rows, columns } => (rows * columns, rows * columns),
        };
        // No stage has anything to compute with sizes of 0, and their slices cannot be cut into rows.
        let learned = self.parameters().unwrap_or([1, 1]);
        let empty = [inputs, outputs].contains(&0) || learned.contains(&0);
        (inputs == expected && !empty).then_some(outputs)
    }

    /// How many values weight and bias have, in this order, or `None` for a stage that learns nothing.
    pub fn parameters(&self) -> Option<[usize; 2]> {
        match *self {
            Stage::Linear { inputs, outputs } => Some([inputs * outputs, outputs]),
            Stage::ConvTranspose2d(sizes) => Some([sizes.weight_len(), sizes.outputs]),
            Stage::Activation(_) | Stage::Gated { .. } | Stage::Transpose { .. } => None,
        }
    }

    /// Values of the gradients that a chunk keeps for itself: a convolution's weight and bias, which
    /// are small beside its images.
    pub(super) fn partial_len(&self) -> usize {
        match self {
            Stage::ConvTranspose2d(sizes) => sizes.weight_len() + sizes.outputs,
            _ => 0,
        }
    }

    /// Values of scratch for one sample.
    pub(super) fn scratch_len(&self) -> usize {
        match self {
            Stage::ConvTranspose2d(sizes) => sizes.patches_len(),
            _ => 0,
        }
    }
}
