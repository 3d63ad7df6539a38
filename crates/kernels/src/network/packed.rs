//! Weights in the order in which the passes read them.

use super::{Affine, Network, Stage};
use crate::ConvTranspose2d;
use crate::transpose::columns_to_rows;

/// Outputs of a linear stage that lie together in a copy, and that one task moves: so few that their
/// weights stay in the cache meanwhile.
pub(super) const PANEL: usize = 32;

/// Copies of a network's weights. A product is several times faster where it reads its right side row
/// after row, and the forward and the backward pass want different rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    stages: Vec<Copies>,
}

/// The copies of one stage; empty where there is nothing to copy.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Copies {
    /// Linear: panels of up to 32 outputs, each `[inputs, outputs]`. Convolution: `[inputs, kernel, kernel, outputs]`.
    pub forward: Vec<f32>,
    /// Convolution: `[kernel, kernel, outputs, inputs]`. A linear stage reads the weight itself.
    pub backward: Vec<f32>,
}

impl Packed {
    /// The copies of `parameters`, which have one entry for each stage that learns, in their order.
    ///
    /// # Panics
    /// Where weights and biases have not the lengths that the stages say.
    pub fn new(network: &Network, parameters: &[Affine]) -> Packed {
        let copies = |stage: &Stage| match stage {
            Stage::Linear { inputs, outputs } => {
                Copies { forward: vec![0.0; inputs * outputs], backward: Vec::new() }
            }
            Stage::ConvTranspose2d(sizes) => {
                let zeros = vec![0.0; sizes.weight_len()];
                Copies { forward: zeros.clone(), backward: zeros }
            }
            Stage::Activation(_) | Stage::Gated { .. } | Stage::Transpose { .. } => {
                Copies::default()
            }
        };
        let mut packed = Packed { stages: network.stages.iter().map(copies).collect() };
        packed.refresh(network, parameters);
        packed
    }

    /// Copies the weights anew, after they have moved.
    ///
    /// # Panics
    /// As [`Packed::new`].
    pub fn refresh(&mut self, network: &Network, parameters: &[Affine]) {
        let lengths = |affine: &Affine| [affine.weight.len(), affine.bias.len()];
        network.check_parameters(parameters.iter().map(lengths));
        for ((index, stage), affine) in network.learning().zip(parameters) {
            let copies = &mut self.stages[index];
            match *stage {
                Stage::Linear { inputs, .. } => {
                    let panels = copies.forward.chunks_mut(PANEL * inputs);
                    let weights = affine.weight.chunks(PANEL * inputs);
                    panels.zip(weights).for_each(|(panel, weight)| turn(weight, inputs, panel));
                }
                Stage::ConvTranspose2d(sizes) => turn_kernels(sizes, affine.weight, copies),
                Stage::Activation(_) | Stage::Gated { .. } | Stage::Transpose { .. } => {}
            }
        }
    }

    /// The copies of all stages, to be changed.
    pub(super) fn stages_mut(&mut self) -> &mut [Copies] {
        &mut self.stages
    }

    pub(super) fn stage(&self, index: usize) -> &Copies {
        &self.stages[index]
    }
}

/// Transposes the weights of some outputs.
pub(super) fn turn(weight: &[f32], inputs: usize, panel: &mut [f32]) {
    columns_to_rows(weight, inputs, 0, panel);
}

/// `[inputs, outputs, kernel²]` to both of a convolution's copies.
pub(super) fn turn_kernels(sizes: ConvTranspose2d, weight: &[f32], copies: &mut Copies) {
    let (cells, outputs) = (sizes.kernel * sizes.kernel, sizes.outputs);
    for (index, &value) in weight.iter().enumerate() {
        let (input, output, cell) =
            (index / (outputs * cells), index / cells % outputs, index % cells);
        let place = cell * outputs + output;
        copies.forward[input * cells * outputs + place] = value;
        copies.backward[place * sizes.inputs + input] = value;
    }
}
