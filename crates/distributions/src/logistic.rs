//! Logistic posterior and standard logistic prior.

use std::f64::consts::PI;

use tch::Tensor;

use crate::numeric::{half_ulp, halves, squash, sum_coordinates, unsquash};
use crate::{Kl, Noise, Posterior, Prior};

/// The log-scale stays within ±10.
const LOG_SCALE_LIMIT: f64 = 10.0;

/// Variance of a logistic variable of scale 1.
const STANDARD_VARIANCE: f64 = PI * PI / 3.0;

/// `Logistic(location, exp(log_scale))` in each coordinate; the prior is `Logistic(0, 1)`.
///
/// - Row: `location` as it is, and `log_scale = 10 · tanh(raw / 10)`.
/// - Density: `σ(y) · σ(−y) / s` with `y = (z − m) / s`, `m` the location, `s` the scale and `σ`
///   the logistic function: the derivative of the CDF `σ(y)`, since `σ′ = σ · (1 − σ)`.
/// - Sample: `z = m + s · ln(u / (1 − u))` with `u ~ U(0, 1)`: the inverse CDF (inversion: Devroye,
///   *Non-Uniform Random Variate Generation*, 1986, section II.2).
/// - KL: we know of no closed form, so [`Kl::MonteCarlo`]: `ln q(z) − ln p(z)` at the sample, whose
///   mean is the definition of the divergence.
/// - Moments: the mean is `m`, by symmetry. The variance is `s² π² / 3`: with standard exponentials
///   `E`, `P(ln E₂ − ln E₁ ≤ y) = P(E₂ ≤ exp(y) · E₁) = σ(y)`, so a standard logistic variable is the
///   difference of two independent Gumbel ones ([`Gumbel`](crate::Gumbel)), of variance `π² / 6` each.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logistic;

fn parameters(rows: &Tensor) -> (Tensor, Tensor) {
    let (location, raw_log_scale) = halves(rows);
    (location, squash(&raw_log_scale, LOG_SCALE_LIMIT))
}

/// Standard logistic variables from uniform ones.
fn inverse_cdf(noise: &Tensor) -> Tensor {
    noise.logit(half_ulp(noise))
}

/// Log density of a standard logistic variable, coordinate by coordinate.
fn standard_log_density(y: &Tensor) -> Tensor {
    y.log_sigmoid() + (-y).log_sigmoid()
}

impl Posterior for Logistic {
    fn name(&self) -> &'static str {
        "logistic"
    }

    fn parameter_names(&self) -> &'static [&'static str] {
        &["location", "log_scale"]
    }

    fn noise(&self) -> Noise {
        Noise::Uniform
    }

    fn constrain(&self, rows: &Tensor) -> Vec<Tensor> {
        let (location, log_scale) = parameters(rows);
        vec![location, log_scale]
    }

    fn unconstrain(&self, parameters: &[Tensor]) -> Tensor {
        let raw_log_scale = unsquash(&parameters[1], LOG_SCALE_LIMIT);
        Tensor::cat(&[&parameters[0], &raw_log_scale], -1)
    }

    fn rsample(&self, rows: &Tensor, noise: &Tensor) -> Tensor {
        let (location, log_scale) = parameters(rows);
        location + log_scale.exp() * inverse_cdf(noise)
    }

    fn log_prob(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor> {
        let (location, log_scale) = parameters(rows);
        let y = (z - location) * (-&log_scale).exp();
        Some(sum_coordinates(&(standard_log_density(&y) - log_scale)))
    }

    /// `log q(z) − log p(z)` at `z = rsample(rows, noise)`.
    ///
    /// At its own sample, `log q(z)` is the standard log density of `ε` less `ln s`, whatever the
    /// location: written so, nothing is lost by computing `(z − m) / s` back from a rounded `z`, and
    /// the gradient is the total derivative of the estimate.
    fn kl(&self, rows: &Tensor, noise: &Tensor) -> Kl {
        let (location, log_scale) = parameters(rows);
        let epsilon = inverse_cdf(noise);
        let z = location + log_scale.exp() * &epsilon;
        let log_q = standard_log_density(&epsilon) - log_scale;
        Kl::MonteCarlo(sum_coordinates(&(log_q - standard_log_density(&z))))
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        halves(rows).0
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        (parameters(rows).1 * 2.0).exp() * STANDARD_VARIANCE
    }

    fn has_continuous_density(&self) -> bool {
        true
    }

    fn prior(&self) -> &dyn Prior {
        &StandardLogistic
    }

    fn start(&self, location: &Tensor, spread: f64) -> Tensor {
        let log_scale = location.full_like(spread.ln());
        self.unconstrain(&[location.shallow_clone(), log_scale])
    }
}

/// `Logistic(0, 1)` in each coordinate; its variance is `π² / 3`.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardLogistic;

impl Prior for StandardLogistic {
    fn name(&self) -> &'static str {
        "Logistic(0, 1)"
    }

    fn noise(&self) -> Noise {
        Noise::Uniform
    }

    fn sample(&self, noise: &Tensor) -> Tensor {
        inverse_cdf(noise)
    }

    fn log_prob(&self, z: &Tensor) -> Tensor {
        sum_coordinates(&standard_log_density(z))
    }

    fn mean(&self) -> f64 {
        0.0
    }

    fn variance(&self) -> f64 {
        STANDARD_VARIANCE
    }
}
