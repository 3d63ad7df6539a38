//! A point: what an auto-decoder without a posterior stores.

use autodecoder_kernels::Reparameterisation;
use tch::Tensor;

use crate::{Kl, Noise, Posterior, Prior, StandardNormal};

/// The latent itself. It has no density and no KL divergence.
///
/// - Row: `z` as it is.
/// - Sample: `z`, whatever the noise.
/// - KL: [`Kl::Undefined`]: a point lies in a set of prior probability zero.
///
/// Nothing pulls points to the prior `N(0, I)`: it is there to sample new latents from, and to see
/// how far they lie from the fitted ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Point;

impl Posterior for Point {
    fn name(&self) -> &'static str {
        "point"
    }

    fn parameter_names(&self) -> &'static [&'static str] {
        &["z"]
    }

    fn noise(&self) -> Noise {
        Noise::None
    }

    fn constrain(&self, rows: &Tensor) -> Vec<Tensor> {
        vec![rows.shallow_clone()]
    }

    fn unconstrain(&self, parameters: &[Tensor]) -> Tensor {
        parameters[0].copy()
    }

    fn rsample(&self, rows: &Tensor, _noise: &Tensor) -> Tensor {
        rows.shallow_clone()
    }

    fn log_prob(&self, _rows: &Tensor, _z: &Tensor) -> Option<Tensor> {
        None
    }

    fn kl(&self, _rows: &Tensor, _noise: &Tensor) -> Kl {
        Kl::Undefined
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        rows.shallow_clone()
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        rows.zeros_like()
    }

    fn prior(&self) -> &dyn Prior {
        &StandardNormal
    }

    /// The location itself: a point has no spread.
    fn start(&self, location: &Tensor, _spread: f64) -> Tensor {
        location.copy()
    }

    fn kernel(&self) -> Option<Box<dyn Reparameterisation>> {
        Some(Box::new(autodecoder_kernels::Point))
    }
}
