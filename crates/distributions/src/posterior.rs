//! What a latent table's row describes.

use std::fmt::Debug;

use autodecoder_kernels::Reparameterisation;
use tch::Tensor;

use crate::{Noise, Prior};

/// KL divergence of each row's posterior from the prior, in nats, `[B]`.
#[derive(Debug)]
pub enum Kl {
    /// From a closed form: exact, no noise needed.
    Closed(Tensor),
    /// `log q(z) − log p(z)` at one reparameterised sample: unbiased, but noisy. Can be negative.
    MonteCarlo(Tensor),
    /// A point has no density, so it has no finite KL divergence from a continuous prior.
    Undefined,
}

impl Kl {
    /// The value, `[B]`, or `None` where the divergence is undefined.
    pub fn value(&self) -> Option<&Tensor> {
        match self {
            Kl::Closed(value) | Kl::MonteCarlo(value) => Some(value),
            Kl::Undefined => None,
        }
    }
}

/// A family of distributions over latents `z`, one member per row.
///
/// A row holds the *unconstrained* parameters of `latent_dim` independent coordinates, parameter
/// by parameter: `[B, P · latent_dim]` with `P = parameter_names().len()`. Any real row is valid.
/// All methods are differentiable in `rows` and run where `rows` lies, in f32 or f64; noise and `z`
/// have the rows' kind and device.
pub trait Posterior: Debug + Send + Sync {
    /// The name in experiment files, such as `gaussian`.
    fn name(&self) -> &'static str;

    /// Names of the constrained parameters, in the order of [`Posterior::constrain`].
    fn parameter_names(&self) -> &'static [&'static str];

    /// The kind of noise that [`Posterior::rsample`] consumes.
    fn noise(&self) -> Noise;

    /// Rows `[B, P · latent_dim]` to constrained parameters, `P` tensors `[B, latent_dim]`.
    fn constrain(&self, rows: &Tensor) -> Vec<Tensor>;

    /// The inverse of [`Posterior::constrain`], up to rounding.
    fn unconstrain(&self, parameters: &[Tensor]) -> Tensor;

    /// A reparameterised sample `z`, `[B, latent_dim]`, from `noise` `[B, latent_dim]` of the kind
    /// that [`Posterior::noise`] names (ignored where that is [`Noise::None`]).
    fn rsample(&self, rows: &Tensor, noise: &Tensor) -> Tensor;

    /// Log density of `z` `[B, latent_dim]`, summed over coordinates, in nats, `[B]`; −∞ outside the
    /// support. `None` for a posterior without a density.
    fn log_prob(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor>;

    /// `log p(z) − log q(z)` of `z` `[B, latent_dim]`, in nats, `[B]`: what a sample's importance weight holds besides
    /// the likelihood. `None` for a posterior without a density.
    fn log_ratio(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor> {
        Some(self.prior().log_prob(z) - self.log_prob(rows, z)?)
    }

    /// KL divergence from the prior. `noise` is used only where there is no closed form.
    fn kl(&self, rows: &Tensor, noise: &Tensor) -> Kl;

    /// Posterior means, `[B, latent_dim]`.
    fn mean(&self, rows: &Tensor) -> Tensor;

    /// Posterior variances, `[B, latent_dim]`.
    fn variance(&self, rows: &Tensor) -> Tensor;

    /// The prior that belongs to this family.
    fn prior(&self) -> &dyn Prior;

    /// Rows to begin a fit with: located at `location` `[B, latent_dim]` (squashed into the
    /// prior's support where that is bounded), with standard deviations of about `spread` times the
    /// prior's. They share no memory with `location`: a fit changes them in place.
    fn start(&self, location: &Tensor, spread: f64) -> Tensor;

    /// Rows of the distributions of `z · factors`, coordinate by coordinate, with `factors` `[latent_dim]`
    /// positive; only for a family whose mean KL divergence from its prior is lowest, of all scales, where the
    /// second moments of rows and prior agree, as the normal's is: that is where `training.rescale` brings
    /// them. `None` for any other.
    fn scaled(&self, _rows: &Tensor, _factors: &Tensor) -> Option<Tensor> {
        None
    }

    /// Whether [`Posterior::log_prob`] is continuous in `z` all over the space: what the gradients of an
    /// importance-weighted bound take for granted (Tucker et al. 2018, arXiv:1810.04152, section 3). Not for a point,
    /// nor for a density that ends at an edge; a family says so itself.
    fn has_continuous_density(&self) -> bool {
        false
    }

    /// The same sample and divergence over plain slices, for the CPU; without it the CPU asks
    /// libtorch for them, which costs a small batch more time than the decoder.
    fn kernel(&self) -> Option<Box<dyn Reparameterisation>> {
        None
    }

    /// Width of a row for `latent_dim` coordinates.
    fn row_width(&self, latent_dim: i64) -> i64 {
        self.parameter_names().len() as i64 * latent_dim
    }
}
