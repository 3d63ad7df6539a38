//! Elementwise update rules, chosen by name, for decoders and latent rows alike.

mod adam;
mod sgd;

use std::fmt::Debug;
use std::sync::Arc;

use autodecoder_distributions::Registry;
use autodecoder_kernels::Update;
use serde_json::Value;
use tch::Tensor;

pub use adam::Adam;
pub use sgd::Sgd;

use crate::Error;

/// An elementwise first-order update rule.
///
/// The same rule moves a decoder's parameters and the rows of a batch. Its state is handed in, so
/// that it can live beside the values: a batch of rows brings its own state and its own step
/// counts.
pub trait Optimiser: Debug + Send + Sync {
    /// How many values the rule keeps for each value that it moves.
    fn slots(&self) -> i64;

    /// Updates `state` in place and returns what is to be subtracted from the values.
    ///
    /// `gradient` has the shape of the values, `state` one more dimension `slots` in front. `step`
    /// counts the updates of these values, this one included: `[B, 1]`, or one number for all, `[]`,
    /// which stays on the CPU. What is reckoned from it there costs a GPU nothing.
    fn update(&self, gradient: &Tensor, state: &mut Tensor, step: &Tensor, rate: f64) -> Tensor;

    /// The same rule over plain slices, for the CPU; without it, the CPU runs every step through
    /// libtorch.
    fn kernel(&self) -> Option<Box<dyn Update>> {
        None
    }

    /// The state of `values` that were never updated: zeros, `[slots, …]`.
    fn fresh_state(&self, values: &Tensor) -> Tensor {
        let mut shape = vec![self.slots()];
        shape.extend(values.size());
        Tensor::zeros(shape, (values.kind(), values.device()))
    }
}

/// The kernel of a rule that keeps something for each value: an empty state has no memory that the CPU's
/// engine could show to it.
pub(crate) fn usable_kernel(optimiser: &dyn Optimiser) -> Option<Box<dyn Update>> {
    optimiser.kernel().filter(|_| optimiser.slots() > 0)
}

/// A recipe that turns options of an experiment file into an optimiser.
pub trait OptimiserFamily: Debug + Send + Sync {
    /// The name in experiment files, such as `adam`.
    fn name(&self) -> &'static str;

    /// The optimiser with these options.
    ///
    /// # Errors
    /// For unknown keys and values out of range.
    fn build(&self, options: &Value) -> Result<Box<dyn Optimiser>, Error>;
}

/// The optimisers that this project ships, by name.
pub fn optimisers() -> Registry<dyn OptimiserFamily> {
    let families: [Arc<dyn OptimiserFamily>; 2] =
        [Arc::new(adam::AdamFamily), Arc::new(sgd::SgdFamily)];
    families
        .into_iter()
        .fold(Registry::new("optimiser"), |all, family| all.with(family.name(), family))
}
