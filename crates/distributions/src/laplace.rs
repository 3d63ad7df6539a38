//! Laplace posterior and standard Laplace prior.

use std::f64::consts::LN_2;

use tch::Tensor;

use crate::numeric::{halves, open_unit, squash, sum_coordinates, unsquash};
use crate::{Kl, Noise, Posterior, Prior};

/// The log-scale stays within ±10.
const LOG_SCALE_LIMIT: f64 = 10.0;

/// `Laplace(location, exp(log_scale))` in each coordinate; the prior is `Laplace(0, 1)`.
///
/// - Row: `location` as it is, and `log_scale = 10 · tanh(raw / 10)`.
/// - Density: `exp(−|z − m| / b) / 2b` with `m` the location and `b` the scale.
/// - Sample: `z = m − b · sgn(u − ½) · ln(1 − 2|u − ½|)` with `u ~ U(0, 1)`: the inverse of the CDF,
///   which is `½ exp(t)` at `z = m + bt` for `t ≤ 0` and `1 − ½ exp(−t)` above (inversion: Devroye,
///   *Non-Uniform Random Variate Generation*, 1986, section II.2).
/// - KL: `Σ |m| + b · exp(−|m| / b) − 1 − ln b`. The entropy is `E|z − m| / b + ln 2b = 1 + ln 2b`, and
///   `−E ln p(z) = ln 2 + E|z|`. For `m ≥ 0`, `|z| = z + 2 max(−z, 0)`, and the integral of
///   `−z · exp((z − m) / b) / 2b` over `z < 0` is `½b · exp(−m / b)`: so `E|z| = m + b · exp(−m / b)`,
///   and by symmetry with `|m|` for `m < 0`.
/// - Moments: the mean is `m`, the variance `2b²` (`E t² = 2` for a standard exponential `t`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Laplace;

fn parameters(rows: &Tensor) -> (Tensor, Tensor) {
    let (location, raw_log_scale) = halves(rows);
    (location, squash(&raw_log_scale, LOG_SCALE_LIMIT))
}

/// Standard Laplace variables from uniform ones.
///
/// `1 − 2|u − ½|` is twice the smaller of `u` and `1 − u`, and the latter is exact in floating point
/// for every `u ≥ ½`: no digits are lost in either tail.
fn inverse_cdf(noise: &Tensor) -> Tensor {
    let u = open_unit(noise);
    let tail = u.minimum(&(1.0 - &u)) * 2.0;
    tail.log().copysign(&(u - 0.5))
}

impl Posterior for Laplace {
    fn name(&self) -> &'static str {
        "laplace"
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
        let distance = (z - location).abs() * (-&log_scale).exp();
        Some(-sum_coordinates(&(distance + log_scale + LN_2)))
    }

    fn kl(&self, rows: &Tensor, _noise: &Tensor) -> Kl {
        let (location, log_scale) = parameters(rows);
        let (distance, scale) = (location.abs(), log_scale.exp());
        // b·exp(−|m|/b) − 1 is b·expm1(−|m|/b) + expm1(ln b): no digits are lost near the prior.
        let pull = scale * (-&distance * (-&log_scale).exp()).expm1();
        Kl::Closed(sum_coordinates(&(distance + pull + log_scale.expm1() - log_scale)))
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        halves(rows).0
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        (parameters(rows).1 * 2.0).exp() * 2.0
    }

    fn has_continuous_density(&self) -> bool {
        true
    }

    fn prior(&self) -> &dyn Prior {
        &StandardLaplace
    }

    fn start(&self, location: &Tensor, spread: f64) -> Tensor {
        let log_scale = location.full_like(spread.ln());
        self.unconstrain(&[location.shallow_clone(), log_scale])
    }
}

/// `Laplace(0, 1)` in each coordinate; its variance is 2.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardLaplace;

impl Prior for StandardLaplace {
    fn name(&self) -> &'static str {
        "Laplace(0, 1)"
    }

    fn noise(&self) -> Noise {
        Noise::Uniform
    }

    fn sample(&self, noise: &Tensor) -> Tensor {
        inverse_cdf(noise)
    }

    fn log_prob(&self, z: &Tensor) -> Tensor {
        -sum_coordinates(&(z.abs() + LN_2))
    }

    fn mean(&self) -> f64 {
        0.0
    }

    fn variance(&self) -> f64 {
        2.0
    }
}
