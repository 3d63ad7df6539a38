//! Forward and backward through all stages, for the rows of a chunk.

use super::packed::Copies;
use super::products::{convolution, convolution_back, convolution_weight, linear, linear_back};
use super::{Affine, Chunk, Network, Packed, Stage};
use crate::activation::{gated, gated_gradient};
use crate::bf16::pairs_of_rows;
use crate::transpose::columns_to_rows;

/// Whose gradients a backward pass computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The input's: the network stays as it is.
    Input,
    /// The input's and the parameters', as far as the pass over chunks does that: the rest is
    /// [`Network::update`]'s.
    Parameters,
    /// The same, and not the input's: an image is not moved.
    ParametersAlone,
}

impl Network {
    /// Takes a chunk's input through the network. `parameters` has one entry for each stage that
    /// learns, in their order, and `packed` the copies of the same weights.
    ///
    /// # Panics
    /// Where the copies or the chunk are those of a network with other sizes, or of another precision.
    pub fn forward(&self, parameters: &[Affine], packed: &Packed, chunk: &mut Chunk) {
        let mut parameters = parameters.iter();
        for (index, stage) in self.stages.iter().enumerate() {
            let (before, after) = chunk.values.split_at_mut(index + 1);
            let (x, y) = (&*before[index], &mut *after[0]);
            let (copies, factors) = (packed.stage(index), &mut *chunk.factors);
            match *stage {
                Stage::Linear { inputs, outputs } => {
                    let Some(affine) = parameters.next() else { return };
                    y.chunks_exact_mut(outputs).for_each(|row| row.copy_from_slice(affine.bias));
                    linear(copies, [inputs, outputs], x, y, factors);
                }
                Stage::ConvTranspose2d(sizes) => {
                    let Some(affine) = parameters.next() else { return };
                    let patches = &mut chunk.scratch[..sizes.patches_len()];
                    let images = x.chunks_exact(sizes.input_len());
                    for (x, y) in images.zip(y.chunks_exact_mut(sizes.output_len())) {
                        convolution(copies, sizes, x, patches, factors);
                        sizes.scatter(patches, affine.bias, y);
                    }
                }
                Stage::Activation(activation) => activation.forward(x, y),
                Stage::Gated { outputs } => {
                    let samples = x.chunks_exact(2 * outputs).zip(y.chunks_exact_mut(outputs));
                    samples.for_each(|(x, y)| gated(x, y));
                }
                Stage::Transpose { columns, .. } => turn(x, y, columns, self.sizes[index]),
            }
        }
    }

    /// Takes the gradient of a chunk's output, which must be written there, back to its input (where that
    /// is wanted), after [`Network::forward`] with the same parameters.
    ///
    /// # Panics
    /// As there.
    pub fn backward(
        &self,
        parameters: &[Affine],
        packed: &Packed,
        chunk: &mut Chunk,
        wanted: Wanted,
    ) {
        let mut parameters = parameters.iter().rev();
        for (index, stage) in self.stages.iter().enumerate().rev() {
            let (before, after) = chunk.gradients.split_at_mut(index + 1);
            let (dx, dy) = (&mut *before[index], &*after[0]);
            let (x, y) = (&*chunk.values[index], &*chunk.values[index + 1]);
            let (copies, factors) = (packed.stage(index), &mut *chunk.factors);
            match *stage {
                Stage::Linear { inputs, outputs } => {
                    let Some(affine) = parameters.next() else { return };
                    if let &Copies::LinearInPairs(parts, _) = copies
                        && wanted != Wanted::Input
                    {
                        pairs_of_rows(x, inputs, parts, chunk.input_pairs[index]);
                        pairs_of_rows(dy, outputs, parts, chunk.gradient_pairs[index]);
                    }
                    if index == 0 && wanted == Wanted::ParametersAlone {
                        return;
                    }
                    linear_back((copies, affine.weight), [inputs, outputs], dy, dx, factors);
                }
                Stage::ConvTranspose2d(sizes) => {
                    let patches = &mut chunk.scratch[..sizes.patches_len()];
                    let partial = &mut *chunk.partials[index];
                    if wanted != Wanted::Input {
                        partial.fill(0.0);
                    }
                    let _ = parameters.next();
                    let images = x.chunks_exact(sizes.input_len());
                    let gradients = dy.chunks_exact(sizes.output_len());
                    let outputs = dx.chunks_exact_mut(sizes.input_len());
                    for ((x, dy), dx) in images.zip(gradients).zip(outputs) {
                        sizes.gather(dy, patches);
                        convolution_back(copies, sizes, patches, dx, factors);
                        if wanted != Wanted::Input {
                            // Of one image: weight and bias.
                            let (weight, bias) = partial.split_at_mut(sizes.weight_len());
                            convolution_weight(copies, sizes, (x, patches), weight, factors);
                            add_pixels(dy, bias);
                        }
                    }
                }
                Stage::Activation(activation) => activation.backward(x, y, dy, dx),
                Stage::Gated { outputs } => {
                    let values = x.chunks_exact(2 * outputs).zip(dy.chunks_exact(outputs));
                    for ((x, dy), dx) in values.zip(dx.chunks_exact_mut(2 * outputs)) {
                        gated_gradient(x, dy, dx);
                    }
                }
                Stage::Transpose { rows, .. } => turn(dy, dx, rows, self.sizes[index]),
            }
        }
    }
}

/// Adds the values of all pixels to `sum`.
fn add_pixels(dy: &[f32], sum: &mut [f32]) {
    for pixel in dy.chunks_exact(sum.len()) {
        sum.iter_mut().zip(pixel).for_each(|(sum, dy)| *sum += dy);
    }
}

/// Transposes the matrix of every sample.
fn turn(from: &[f32], to: &mut [f32], columns: usize, size: usize) {
    for (from, to) in from.chunks_exact(size).zip(to.chunks_exact_mut(size)) {
        columns_to_rows(from, columns, 0, to);
    }
}
