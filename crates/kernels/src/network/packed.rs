//! Weights in the order and precision in which the passes read them.

use super::{Affine, Network, Precision, Stage};
use crate::ConvTranspose2d;
use crate::aligned::Aligned;
use crate::bf16::{Parts, pairs_of_rows, turned_pairs_of_columns};
use crate::transpose::columns_to_rows;

/// Outputs of a linear stage that lie together in a copy, and that one task moves: so few that their
/// weights stay in the cache meanwhile. Three vectors of AVX-512, as many as a tile of its registers is wide.
const PANEL: usize = 48;
/// The same in bfloat16: four tiles of AMX side by side. An even number, so that pairs of outputs stay together.
const PANEL_OF_PAIRS: usize = 64;

/// Copies of a network's weights. A product is several times faster where it reads its right side row
/// after row, and the forward and the backward pass want different rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    stages: Vec<Copies>,
}

/// The copies of one stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Copies {
    /// Nothing is learned, or nothing copied.
    None,
    /// Panels of some outputs, each `[inputs, outputs]`. The way back reads the weight itself.
    Linear(Aligned<f32>),
    /// The same panels, in pairs of inputs, a panel's second parts behind its first ones; and for the way back
    /// `[outputs, inputs]` in pairs of outputs, second parts line by line.
    LinearInPairs(Parts, Both<u32>),
    /// `[inputs, kernel, kernel, outputs]`, and for the way back `[kernel, kernel, outputs, inputs]`.
    Convolution(Both<f32>),
    /// The same in pairs of lines.
    ConvolutionInPairs(Parts, Both<u32>),
}

/// What the two passes read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Both<T: Copy + Default> {
    pub forward: Aligned<T>,
    pub backward: Aligned<T>,
}

impl<T: Copy + Default> Both<T> {
    fn new(forward: usize, backward: usize) -> Both<T> {
        Both { forward: Aligned::new(forward), backward: Aligned::new(backward) }
    }
}

impl Copies {
    /// Outputs of a linear stage in a panel.
    pub fn panel(&self) -> usize {
        match self {
            Copies::LinearInPairs(..) | Copies::ConvolutionInPairs(..) => PANEL_OF_PAIRS,
            Copies::None | Copies::Linear(_) | Copies::Convolution(_) => PANEL,
        }
    }

    fn new(stage: &Stage, precision: Precision) -> Copies {
        match (stage, precision.parts()) {
            (Stage::Linear { inputs, outputs }, None) => {
                Copies::Linear(Aligned::new(inputs * outputs))
            }
            (Stage::Linear { inputs, outputs }, Some(parts)) => {
                let forward = parts.line(inputs.div_ceil(2)) * outputs;
                let backward = outputs.div_ceil(2) * parts.line(*inputs);
                Copies::LinearInPairs(parts, Both::new(forward, backward))
            }
            (Stage::ConvTranspose2d(sizes), None) => {
                Copies::Convolution(Both::new(sizes.weight_len(), sizes.weight_len()))
            }
            (Stage::ConvTranspose2d(sizes), Some(parts)) => {
                let (inputs, patch) = (sizes.inputs, sizes.patch_len());
                let forward = inputs.div_ceil(2) * parts.line(patch);
                let backward = patch.div_ceil(2) * parts.line(inputs);
                Copies::ConvolutionInPairs(parts, Both::new(forward, backward))
            }
            (Stage::Activation(_) | Stage::Gated { .. } | Stage::Transpose { .. }, _) => {
                Copies::None
            }
        }
    }
}

impl Packed {
    /// The copies of `parameters`, which have one entry for each stage that learns, in their order, for
    /// products of this precision.
    ///
    /// # Panics
    /// Where weights and biases have not the lengths that the stages say.
    pub fn new(network: &Network, parameters: &[Affine], precision: Precision) -> Packed {
        let copies = network.stages.iter().map(|stage| Copies::new(stage, precision));
        let mut packed = Packed { stages: copies.collect() };
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
                    let weights = affine.weight.chunks(copies.panel() * inputs);
                    let panels = weights.zip(panels(copies, inputs));
                    panels.for_each(|(weight, panel)| panel.copy(weight, inputs));
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

/// The copies of the weights of a panel's outputs.
pub(super) enum Panel<'a> {
    F32(&'a mut [f32]),
    Pairs { parts: Parts, forward: &'a mut [u32], backward: &'a mut [u32] },
}

/// A linear stage's copies, panel by panel.
pub(super) fn panels(copies: &mut Copies, inputs: usize) -> Vec<Panel<'_>> {
    let width = copies.panel();
    match copies {
        Copies::Linear(panels) => panels.chunks_mut(width * inputs).map(Panel::F32).collect(),
        &mut Copies::LinearInPairs(parts, Both { ref mut forward, ref mut backward }) => {
            let forward = forward.chunks_mut(width * parts.line(inputs.div_ceil(2)));
            let pairs = forward.zip(backward.chunks_mut(width / 2 * parts.line(inputs)));
            pairs.map(|(forward, backward)| Panel::Pairs { parts, forward, backward }).collect()
        }
        Copies::None | Copies::Convolution(_) | Copies::ConvolutionInPairs(..) => Vec::new(),
    }
}

impl Panel<'_> {
    /// Copies the weights of the panel's outputs, `[outputs, inputs]`.
    pub fn copy(self, weight: &[f32], inputs: usize) {
        match self {
            Panel::F32(panel) => columns_to_rows(weight, inputs, 0, panel),
            Panel::Pairs { parts, forward, backward } => {
                turned_pairs_of_columns(weight, inputs, parts, forward);
                pairs_of_rows(weight, inputs, parts, backward);
            }
        }
    }
}

/// `[inputs, outputs, kernel²]` to both of a convolution's copies.
pub(super) fn turn_kernels(sizes: ConvTranspose2d, weight: &[f32], copies: &mut Copies) {
    match copies {
        Copies::Convolution(both) => turn(sizes, weight, both),
        &mut Copies::ConvolutionInPairs(parts, Both { ref mut forward, ref mut backward }) => {
            let mut both = Both::new(weight.len(), weight.len());
            turn(sizes, weight, &mut both);
            pairs_of_rows(&both.forward, sizes.patch_len(), parts, forward);
            pairs_of_rows(&both.backward, sizes.inputs, parts, backward);
        }
        Copies::None | Copies::Linear(_) | Copies::LinearInPairs(..) => {}
    }
}

fn turn(sizes: ConvTranspose2d, weight: &[f32], copies: &mut Both<f32>) {
    let (cells, outputs) = (sizes.kernel * sizes.kernel, sizes.outputs);
    for (index, &value) in weight.iter().enumerate() {
        let (input, output, cell) =
            (index / (outputs * cells), index / cells % outputs, index % cells);
        let place = cell * outputs + output;
        copies.forward[input * cells * outputs + place] = value;
        copies.backward[place * sizes.inputs + input] = value;
    }
}
