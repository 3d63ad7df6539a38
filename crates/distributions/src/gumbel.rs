//! Gumbel posterior and standard Gumbel prior.

use std::f64::consts::PI;

use tch::Tensor;

use crate::numeric::{EULER_GAMMA, halves, open_unit, squash, sum_coordinates, unsquash};
use crate::{Kl, Noise, Posterior, Prior};

/// The location stays within ±30, because the divergence grows with `exp(−location)`. With the
/// bounds of the log-scale this keeps even the *square* of every f32 gradient finite, which Adam
/// needs.
const LOCATION_LIMIT: f64 = 30.0;

/// The log-scale stays between −10 and 2, because the divergence grows with `Γ(1 + scale)`: at
/// scale e², that is 10⁴; at e⁴, it would be 10⁷².
const LOG_SCALE_CENTRE: f64 = -4.0;
const LOG_SCALE_LIMIT: f64 = 6.0;

/// Variance of a Gumbel variable of scale 1.
const STANDARD_VARIANCE: f64 = PI * PI / 6.0;

/// `Gumbel(location, exp(log_scale))` in each coordinate, skewed to the right; the prior is
/// `Gumbel(0, 1)`.
///
/// - Row: `location = 30 · tanh(raw / 30)`, and `log_scale = −4 + 6 · tanh((raw + 4) / 6)`.
/// - Density: `exp(−y − exp(−y)) / β` with `y = (z − m) / β`, `m` the location (the mode) and
///   `β` the scale: the derivative of the CDF `exp(−exp(−y))`.
/// - Sample: `z = m − β · ln(−ln u)` with `u ~ U(0, 1)`: the inverse CDF (inversion: Devroye,
///   *Non-Uniform Random Variate Generation*, 1986, section II.2).
/// - Moments: `E = exp(−y) = −ln u` is a standard exponential variable, so its r-th moment is Euler's
///   integral `Γ(1 + r)` (DLMF 5.2.1). `y = −ln E` then has the mean `−Γ′(1) = γ`, Euler's constant
///   (DLMF 5.4.11), and the variance `ψ′(1) = π² / 6` (DLMF 5.4.12): `z` has `m + γβ` and `β² π² / 6`.
/// - KL: `Σ m + γ(β − 1) − ln β + exp(−m) · Γ(1 + β) − 1`. The entropy is
///   `E[y + exp(−y)] + ln β = γ + 1 + ln β`, and `−E ln p(z) = E[z] + E[exp(−z)]`, where
///   `exp(−z) = exp(−m) · E^β`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gumbel;

fn parameters(rows: &Tensor) -> (Tensor, Tensor) {
    let (raw_location, raw_log_scale) = halves(rows);
    let location = squash(&raw_location, LOCATION_LIMIT);
    let log_scale = squash(&(raw_log_scale - LOG_SCALE_CENTRE), LOG_SCALE_LIMIT);
    (location, log_scale + LOG_SCALE_CENTRE)
}

/// Standard Gumbel variables from uniform ones.
fn inverse_cdf(noise: &Tensor) -> Tensor {
    -(-open_unit(noise).log()).log()
}

impl Posterior for Gumbel {
    fn name(&self) -> &'static str {
        "gumbel"
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
        let raw_location = unsquash(&parameters[0], LOCATION_LIMIT);
        let raw_log_scale = unsquash(&(&parameters[1] - LOG_SCALE_CENTRE), LOG_SCALE_LIMIT);
        Tensor::cat(&[raw_location, raw_log_scale + LOG_SCALE_CENTRE], -1)
    }

    fn rsample(&self, rows: &Tensor, noise: &Tensor) -> Tensor {
        let (location, log_scale) = parameters(rows);
        location + log_scale.exp() * inverse_cdf(noise)
    }

    fn log_prob(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor> {
        let (location, log_scale) = parameters(rows);
        let y = (z - location) * (-&log_scale).exp();
        Some(-sum_coordinates(&(&y + (-&y).exp() + log_scale)))
    }

    fn kl(&self, rows: &Tensor, _noise: &Tensor) -> Kl {
        let (location, log_scale) = parameters(rows);
        let scale_less_one = log_scale.expm1();
        // One exponential of the sum of logarithms: Γ(1 + β) and exp(−m) never overflow alone.
        let pull = ((&scale_less_one + 2.0).lgamma() - &location).expm1();
        let rest = location + scale_less_one * EULER_GAMMA - log_scale;
        Kl::Closed(sum_coordinates(&(rest + pull)))
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        let (location, log_scale) = parameters(rows);
        location + log_scale.exp() * EULER_GAMMA
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        (parameters(rows).1 * 2.0).exp() * STANDARD_VARIANCE
    }

    fn has_continuous_density(&self) -> bool {
        true
    }

    fn prior(&self) -> &dyn Prior {
        &StandardGumbel
    }

    /// The *mean* is put at `location`.
    fn start(&self, location: &Tensor, spread: f64) -> Tensor {
        let log_scale = location.full_like(spread.ln());
        self.unconstrain(&[location - EULER_GAMMA * spread, log_scale])
    }
}

/// `Gumbel(0, 1)` in each coordinate; its mean is γ = 0.577… and its variance `π² / 6`.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardGumbel;

impl Prior for StandardGumbel {
    fn name(&self) -> &'static str {
        "Gumbel(0, 1)"
    }

    fn noise(&self) -> Noise {
        Noise::Uniform
    }

    fn sample(&self, noise: &Tensor) -> Tensor {
        inverse_cdf(noise)
    }

    fn log_prob(&self, z: &Tensor) -> Tensor {
        -sum_coordinates(&(z + (-z).exp()))
    }

    fn mean(&self) -> f64 {
        EULER_GAMMA
    }

    fn variance(&self) -> f64 {
        STANDARD_VARIANCE
    }
}
