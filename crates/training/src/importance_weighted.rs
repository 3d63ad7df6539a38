//! The importance-weighted objective in libtorch's operations.

use autodecoder_models::{LatentModel, Observation};
use tch::Tensor;

/// What several samples of each row give.
pub(crate) struct Weighted {
    /// Gradients of the batch's summed objective for each of the parameters that were asked for.
    pub gradients: Vec<Tensor>,
    /// A number whose gradient, for rows or for what they came from, is that of the summed objective: the one
    /// that is reparameterised twice.
    pub surrogate: Tensor,
    /// Sums over the batch of objective, reconstruction and KL, the last two means over samples, `[3]`.
    pub sums: Tensor,
}

/// The objective `−log 1/K Σ w` of `rows` `[B, row_width]` with `w = p(x | z) (p(z) / q(z))^c` at the `K` samples that
/// `noise` `[B, K · latent_dim]` gives, where `c` is `weight` times the model's beta: at 1 the importance-weighted bound
/// of Burda et al. (2015, arXiv:1509.00519).
///
/// In the decoder's gradient a sample counts by its share `w̃` of the weights. In the rows' it counts by
/// `(1 − c) w̃ + c w̃²`, and their density is held, which is the same in the mean: what the density would add is
/// reparameterised too (Tucker et al. 2018, arXiv:1810.04152, equation 8 for `c = 1`).
///
/// `None` where the posterior has no density.
pub(crate) fn weighted(
    model: &LatentModel,
    (rows, noise): (&Tensor, &Tensor),
    images: &Observation,
    weight: f64,
    parameters: &[Tensor],
) -> Option<Weighted> {
    let weight = weight * model.spec().beta;
    let (count, samples) = (rows.size()[0], sample_count(model, noise));
    let repeat = |tensor: &Tensor| tensor.repeat_interleave_self_int(samples, 0, None);
    let noise = noise.reshape([count * samples, model.spec().latent_dim]);
    let repeated = repeat(rows);
    let posterior = model.posterior();
    let z = posterior.rsample(&repeated, &noise);
    let leaf = z.detach().set_requires_grad(true);
    let ratio = posterior.log_ratio(&repeated.detach(), &leaf)?;
    let images = Observation {
        pixels: repeat(&images.pixels),
        observed: images.observed.as_ref().map(repeat),
    };
    let logits = model.decoder().forward(&leaf);
    let losses = model.likelihood().negative_log_prob(&logits, &images);
    let logarithms = (&ratio * weight - &losses).reshape([count, samples]);
    let objective = (samples as f64).ln() - logarithms.logsumexp([1i64].as_slice(), false);
    let objective = objective.sum(None);
    let inputs: Vec<&Tensor> = std::iter::once(&leaf).chain(parameters).collect();
    let mut gradients = Tensor::run_backward(&[&objective], &inputs, false, false);
    let shares = logarithms.detach().softmax(1, logarithms.kind()).reshape([-1, 1]);
    let slope = gradients.remove(0) * (shares * weight + (1.0 - weight));
    let mean = |each: &Tensor| each.detach().sum(None) / samples as f64;
    let sums = Tensor::stack(&[objective.detach(), mean(&losses), -mean(&ratio)], 0);
    Some(Weighted { gradients, surrogate: (z * slope).sum(None), sums })
}

/// How many samples of each row `noise` `[B, K · latent_dim]` is for.
pub(crate) fn sample_count(model: &LatentModel, noise: &Tensor) -> i64 {
    noise.size()[1] / model.spec().latent_dim
}
