//! Univariate Gaussians, and three ways to their KL divergence.

use tch::Tensor;

use crate::toolkit::estimate::Estimate;

/// A univariate Gaussian by its mean and variance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Normal {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

pub(super) const STANDARD: Normal = Normal { mean: 0.0, variance: 1.0 };

impl Normal {
    pub(super) fn log_density(self, x: f64) -> f64 {
        let squared = (x - self.mean).powi(2) / self.variance;
        -0.5 * ((std::f64::consts::TAU * self.variance).ln() + squared)
    }
}

/// KL(q ‖ p) = ln(σp/σq) + (σq² + (μq − μp)²) / 2σp² − ½, in nats.
pub(super) fn closed(q: Normal, p: Normal) -> f64 {
    let squared = q.variance + (q.mean - p.mean).powi(2);
    0.5 * (p.variance / q.variance).ln() + squared / (2.0 * p.variance) - 0.5
}

/// ∫ q(x) (ln q(x) − ln p(x)) dx by the trapezoidal rule over twelve standard deviations of q, which
/// converges exponentially for a function that vanishes at both ends.
pub(super) fn integral(q: Normal, p: Normal) -> f64 {
    let (points, width) = (4000, 12.0 * q.variance.sqrt());
    let step = 2.0 * width / f64::from(points);
    let height = |index: i32| {
        let x = q.mean - width + step * f64::from(index);
        q.log_density(x).exp() * (q.log_density(x) - p.log_density(x))
    };
    (0..=points).map(height).sum::<f64>() * step
}

/// The mean of ln q(x) − ln p(x) over samples x of q, made from standard normals.
pub(super) fn monte_carlo(q: Normal, p: Normal, noise: &Tensor) -> Estimate {
    let x: Tensor = noise * q.variance.sqrt() + q.mean;
    // As `log_density`, for a whole tensor; the 2π of both cancel.
    let log =
        |g: Normal| -> Tensor { -0.5 * ((&x - g.mean).square() / g.variance + g.variance.ln()) };
    Estimate::of(&(log(q) - log(p)))
}
