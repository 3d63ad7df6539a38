//! A feed-forward network with a hand-written backward pass.
//!
//! A training step is two parallel passes. The first goes over chunks of the batch's rows: a chunk runs
//! forward and backward on its own, and its values stay in the cache ([`Network::forward`],
//! [`Network::backward`]). The second goes over blocks of the weights: a block's gradient, a product
//! over the whole batch, is consumed by the optimiser as soon as it is there ([`Network::update`]).
//! Blocks are of fixed size. The size of chunks is the caller's choice, and changes no bit where
//! [`Precision::rows_are_independent`](super::Precision::rows_are_independent) no stage is a convolution,
//! and chunks of bfloat16 are of an even number of rows.

mod packed;
mod pairs;
mod pass;
mod precision;
mod products;
mod stage;
mod update;
mod workspace;

pub use packed::Packed;
pub use pass::Wanted;
pub use precision::Precision;
pub use stage::Stage;
pub use update::{Learned, UpdateStep};
pub use workspace::{Chunk, Workspace};

/// Weight and bias of a stage, in PyTorch's layout.
#[derive(Debug, Clone, Copy)]
pub struct Affine<'a> {
    /// `[outputs, inputs]`, or `[inputs, outputs, kernel, kernel]`.
    pub weight: &'a [f32],
    /// `[outputs]`.
    pub bias: &'a [f32],
}

/// A list of stages that fit together.
#[derive(Debug, Clone)]
pub struct Network {
    inputs: usize,
    stages: Vec<Stage>,
    /// Values of one sample behind each stage.
    sizes: Vec<usize>,
}

impl Network {
    /// The network that takes `inputs` values through `stages`. `None` where there is no stage, two do
    /// not fit together, or one has nothing to compute with because a size is 0.
    pub fn new(inputs: usize, stages: Vec<Stage>) -> Option<Network> {
        let mut size = inputs;
        let mut sizes = Vec::with_capacity(stages.len());
        for stage in &stages {
            size = stage.output_len(size)?;
            sizes.push(size);
        }
        (!stages.is_empty()).then_some(Network { inputs, stages, sizes })
    }

    /// The stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The stages that learn, each with its place among all of them.
    fn learning(&self) -> impl Iterator<Item = (usize, &Stage)> {
        self.stages.iter().enumerate().filter(|(_, stage)| stage.parameters().is_some())
    }

    /// That weights and biases of the lengths `found` are those of the stages that learn.
    fn check_parameters(&self, found: impl Iterator<Item = [usize; 2]>) {
        let expected: Vec<_> = self.stages.iter().filter_map(Stage::parameters).collect();
        assert_eq!(found.collect::<Vec<_>>(), expected, "the lengths of weights and biases");
    }

    /// Values of one sample's input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Values of one sample's output.
    pub fn outputs(&self) -> usize {
        self.sizes.last().copied().unwrap_or(self.inputs)
    }
}
