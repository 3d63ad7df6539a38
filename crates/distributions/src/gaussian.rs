//! Gaussian posterior and standard normal prior.

use std::f64::consts::TAU;

use autodecoder_kernels::{GaussianPosterior, Reparameterisation};
use tch::Tensor;

use crate::numeric::{halves, squash, sum_coordinates, unsquash};
use crate::{Kl, Noise, Posterior, Prior};

/// The log-variance stays within ±20: standard deviations from e⁻¹⁰ to e¹⁰.
const LOG_VARIANCE_LIMIT: f64 = 20.0;

/// `N(mean, diag(exp(log_variance)))`; the prior is `N(0, I)`.
///
/// - Row: `mean` as it is, and `log_variance = 20 · tanh(raw / 20)`.
/// - Sample: `z = mean + exp(log_variance / 2) · ε` with `ε ~ N(0, 1)`.
/// - KL: `½ Σ (mean² + exp(log_variance) − 1 − log_variance)`: Kingma & Welling,
///   *Auto-Encoding Variational Bayes*, 2013, appendix B, arXiv:1312.6114.
///
/// In f32, means beyond about 1e19 overflow, because the divergence squares them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gaussian;

fn parameters(rows: &Tensor) -> (Tensor, Tensor) {
    let (mean, raw_log_variance) = halves(rows);
    (mean, squash(&raw_log_variance, LOG_VARIANCE_LIMIT))
}

impl Posterior for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn parameter_names(&self) -> &'static [&'static str] {
        &["mean", "log_variance"]
    }

    fn noise(&self) -> Noise {
        Noise::Normal
    }

    fn constrain(&self, rows: &Tensor) -> Vec<Tensor> {
        let (mean, log_variance) = parameters(rows);
        vec![mean, log_variance]
    }

    fn unconstrain(&self, parameters: &[Tensor]) -> Tensor {
        let raw_log_variance = unsquash(&parameters[1], LOG_VARIANCE_LIMIT);
        Tensor::cat(&[&parameters[0], &raw_log_variance], -1)
    }

    fn rsample(&self, rows: &Tensor, noise: &Tensor) -> Tensor {
        let (mean, log_variance) = parameters(rows);
        mean + (log_variance * 0.5).exp() * noise
    }

    fn log_prob(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor> {
        let (mean, log_variance) = parameters(rows);
        let standardised = (z - mean) * (&log_variance * -0.5).exp();
        Some(sum_coordinates(&(standardised.square() + log_variance + TAU.ln())) * -0.5)
    }

    fn kl(&self, rows: &Tensor, _noise: &Tensor) -> Kl {
        let (mean, log_variance) = parameters(rows);
        // expm1 keeps the digits where the variance is near the prior's.
        let twice = mean.square() + log_variance.expm1() - log_variance;
        Kl::Closed(sum_coordinates(&twice) * 0.5)
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        halves(rows).0
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        parameters(rows).1.exp()
    }

    fn has_continuous_density(&self) -> bool {
        true
    }

    fn prior(&self) -> &dyn Prior {
        &StandardNormal
    }

    fn start(&self, location: &Tensor, spread: f64) -> Tensor {
        let log_variance = location.full_like(2.0 * spread.ln());
        self.unconstrain(&[location.shallow_clone(), log_variance])
    }

    fn scaled(&self, rows: &Tensor, factors: &Tensor) -> Option<Tensor> {
        let (mean, log_variance) = parameters(rows);
        Some(self.unconstrain(&[mean * factors, log_variance + factors.log() * 2.0]))
    }

    fn kernel(&self) -> Option<Box<dyn Reparameterisation>> {
        Some(Box::new(GaussianPosterior { log_variance_limit: LOG_VARIANCE_LIMIT as f32 }))
    }
}

/// `N(0, I)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardNormal;

impl Prior for StandardNormal {
    fn name(&self) -> &'static str {
        "N(0, I)"
    }

    fn noise(&self) -> Noise {
        Noise::Normal
    }

    fn sample(&self, noise: &Tensor) -> Tensor {
        noise.copy()
    }

    fn log_prob(&self, z: &Tensor) -> Tensor {
        sum_coordinates(&(z.square() + TAU.ln())) * -0.5
    }

    fn mean(&self) -> f64 {
        0.0
    }

    fn variance(&self) -> f64 {
        1.0
    }
}
