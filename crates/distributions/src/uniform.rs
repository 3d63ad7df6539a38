//! Uniform posterior that stays inside its uniform prior by construction.

use std::f64::consts::LN_2;

use tch::Tensor;

use crate::numeric::{half_ulp, halves, inverse_tanh, open_unit, sum_coordinates, support_penalty};
use crate::{Kl, Noise, Posterior, Prior};

/// `U(centre − half_width, centre + half_width)` in each coordinate; the prior is `U(−1, 1)`.
///
/// - Row: `half_width = σ(raw_w)` and `centre = (1 − half_width) · tanh(raw_c)`, so that
///   `|centre| + half_width < 1`: the divergence is finite for every row.
/// - Density: `1 / (2 · half_width)` inside, 0 outside.
/// - Sample: `z = centre + half_width · (2u − 1)` with `u ~ U(0, 1)`: the inverse CDF (inversion:
///   Devroye, *Non-Uniform Random Variate Generation*, 1986, section II.2).
/// - KL: `−Σ ln half_width`. The densities' ratio is the same all over the posterior's support, which
///   lies in the prior's: `½ / half_width` over `½`.
/// - Moments: the mean is `centre`, the variance `half_width² / 3`, the integral of
///   `x² / (2 · half_width)` from `−half_width` to `half_width`.
///
/// The constrained `centre` comes first, and so does `raw_c` in the row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uniform;

/// Centre and half-width.
fn parameters(rows: &Tensor) -> (Tensor, Tensor) {
    let (raw_centre, raw_width) = halves(rows);
    // σ(−x) is 1 − σ(x) with all its digits where the width is nearly 1.
    let centre = (-&raw_width).sigmoid() * raw_centre.tanh();
    (centre, raw_width.sigmoid())
}

/// From (0, 1) to (−1, 1).
fn inverse_cdf(noise: &Tensor) -> Tensor {
    open_unit(noise) * 2.0 - 1.0
}

impl Posterior for Uniform {
    fn name(&self) -> &'static str {
        "uniform"
    }

    fn parameter_names(&self) -> &'static [&'static str] {
        &["centre", "half_width"]
    }

    fn noise(&self) -> Noise {
        Noise::Uniform
    }

    fn constrain(&self, rows: &Tensor) -> Vec<Tensor> {
        let (centre, half_width) = parameters(rows);
        vec![centre, half_width]
    }

    fn unconstrain(&self, parameters: &[Tensor]) -> Tensor {
        let (centre, half_width) = (&parameters[0], &parameters[1]);
        let room = (1.0_f64 - half_width).clamp_min(half_ulp(half_width));
        let raw_width = half_width.clamp_min(f64::from(f32::MIN_POSITIVE)).log() - room.log();
        Tensor::cat(&[inverse_tanh(&(centre / room)), raw_width], -1)
    }

    fn rsample(&self, rows: &Tensor, noise: &Tensor) -> Tensor {
        let (centre, half_width) = parameters(rows);
        // Rounding alone could reach ±1, where the prior ends.
        let edge = 1.0 - half_ulp(noise);
        (centre + half_width * inverse_cdf(noise)).clamp(-edge, edge)
    }

    /// The edges count as inside, and so does what rounding may put just beyond them: 4 units in
    /// the last place of 1.
    fn log_prob(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor> {
        let (centre, half_width) = parameters(rows);
        let inside = (z - centre).abs().le_tensor(&(half_width + 4.0 * half_ulp(rows)));
        let log_width = halves(rows).1.log_sigmoid() + LN_2;
        Some(sum_coordinates(&(support_penalty(&inside, rows) - log_width)))
    }

    fn kl(&self, rows: &Tensor, _noise: &Tensor) -> Kl {
        Kl::Closed(-sum_coordinates(&halves(rows).1.log_sigmoid()))
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        parameters(rows).0
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        halves(rows).1.sigmoid().square() / 3.0
    }

    fn prior(&self) -> &dyn Prior {
        &StandardUniform
    }

    /// `half_width = spread` and `centre = (1 − spread) · tanh(location)`.
    fn start(&self, location: &Tensor, spread: f64) -> Tensor {
        let centre = location.tanh() * (1.0 - spread);
        self.unconstrain(&[centre, location.full_like(spread)])
    }
}

/// `U(−1, 1)` in each coordinate; its variance is ⅓.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardUniform;

impl Prior for StandardUniform {
    fn name(&self) -> &'static str {
        "U(-1, 1)"
    }

    fn noise(&self) -> Noise {
        Noise::Uniform
    }

    fn sample(&self, noise: &Tensor) -> Tensor {
        inverse_cdf(noise)
    }

    fn log_prob(&self, z: &Tensor) -> Tensor {
        sum_coordinates(&(support_penalty(&z.abs().le(1.0), z) - LN_2))
    }

    fn mean(&self) -> f64 {
        0.0
    }

    fn variance(&self) -> f64 {
        1.0 / 3.0
    }
}
