//! One gradient step on a batch of rows: the kernel that training and inference share.

use autodecoder_models::{LatentModel, Observation, Terms};
use tch::Tensor;

use crate::importance_weighted::{Weighted, sample_count, weighted};
use crate::{Optimiser, RowBatch};

/// The inputs of a step besides the rows.
#[derive(Debug)]
pub struct RowStep<'a> {
    /// Images of the rows.
    pub images: &'a Observation,
    /// Noise of the posterior's kind, `[B, latent_dim]`; `[B, K · latent_dim]` for K samples of each row,
    /// which make the objective the importance-weighted bound
    /// ([`TrainingConfig::importance_samples`](crate::TrainingConfig)).
    pub noise: &'a Tensor,
    /// Weight of the regulariser.
    pub regulariser_weight: f64,
    /// Learning rate of the rows.
    pub rate: f64,
}

/// Sums over a batch, and the gradients of what else was asked for.
#[derive(Debug)]
pub struct StepOutcome {
    /// Sums over the batch of objective, reconstruction and KL (0 for an AD), in nats, `[3]`; the last two are
    /// means over samples.
    pub sums: Tensor,
    /// Gradients of the batch's *summed* objective for each of `parameters`.
    pub gradients: Vec<Tensor>,
}

/// Moves the rows of `batch` down the gradient of their images' objective.
///
/// A row's gradient is its own image's: nothing is averaged over the batch. Gradients for
/// `parameters` (the decoder's, or none) come from the same backward pass; where there are none,
/// libtorch computes no weight gradients, a third of the work.
pub fn row_step(
    model: &LatentModel,
    batch: &mut RowBatch,
    step: &RowStep,
    optimiser: &dyn Optimiser,
    parameters: &[Tensor],
) -> StepOutcome {
    let rows = batch.rows.detach().set_requires_grad(true);
    let (row_gradient, outcome) = gradients(model, &rows, step, parameters);
    tch::no_grad(|| {
        let _ = batch.steps.g_add_scalar_(1.0);
        let update = optimiser.update(&row_gradient, &mut batch.state, &batch.steps, step.rate);
        batch.rows = rows.detach() - update;
    });
    outcome
}

/// The gradient of `rows`, and what else the step gives.
fn gradients(
    model: &LatentModel,
    rows: &Tensor,
    step: &RowStep,
    parameters: &[Tensor],
) -> (Tensor, StepOutcome) {
    let (noise, weight) = (step.noise, step.regulariser_weight);
    if sample_count(model, noise) > 1
        && let Some(found) = weighted(model, (rows, noise), step.images, weight, parameters)
    {
        let Weighted { gradients, surrogate, sums } = found;
        let row_gradient = Tensor::run_backward(&[&surrogate], &[rows], false, false).remove(0);
        return (row_gradient, StepOutcome { sums, gradients });
    }
    let terms = model.terms(rows, noise, step.images);
    let objective = terms.objective(weight).sum(None);
    let inputs: Vec<&Tensor> = std::iter::once(rows).chain(parameters).collect();
    let mut gradients = Tensor::run_backward(&[&objective], &inputs, false, false);
    let row_gradient = gradients.remove(0);
    let sums = tch::no_grad(|| summed(&terms, objective));
    (row_gradient, StepOutcome { sums, gradients })
}

/// Sums over the batch of objective, reconstruction and KL (0 where there is none), `[3]`.
pub(crate) fn summed(terms: &Terms, objective: Tensor) -> Tensor {
    let kl = match &terms.kl {
        Some(kl) => kl.sum(None),
        None => objective.zeros_like(),
    };
    Tensor::stack(&[objective, terms.reconstruction.sum(None), kl], 0).detach()
}
