//! Squared error of sigmoids, or of the logits themselves.

use std::f64::consts::TAU;

use multiversion::multiversion;

use super::{Loss, sum};
use crate::math::sigmoid;

/// `Σ (μ − x)² / 2σ² + ½ ln 2πσ²` with `μ = sigmoid(l)`; its gradient is
/// `(μ − x) · μ · (1 − μ) / σ²`.
#[derive(Debug, Clone, Copy)]
pub struct Gaussian {
    /// σ² of a pixel.
    pub variance: f64,
}

/// `Σ (l − x)² / 2σ² + ½ ln 2πσ²`: the logits are the means, as for values that are not bounded; its
/// gradient is `(l − x) / σ²`.
#[derive(Debug, Clone, Copy)]
pub struct IdentityGaussian {
    /// σ² of a value.
    pub variance: f64,
}

impl Loss for Gaussian {
    fn apply(&self, logits: &mut [f32], pixels: &[f32]) -> f64 {
        let squares = squared_error(logits, pixels, (1.0 / self.variance) as f32);
        nats(squares, logits.len(), self.variance)
    }
}

impl Loss for IdentityGaussian {
    fn apply(&self, logits: &mut [f32], pixels: &[f32]) -> f64 {
        let squares = identity_error(logits, pixels, (1.0 / self.variance) as f32);
        nats(squares, logits.len(), self.variance)
    }
}

/// `squares / 2σ² + ½ ln 2πσ²` for `count` values.
fn nats(squares: f64, count: usize, variance: f64) -> f64 {
    squares / (2.0 * variance) + 0.5 * count as f64 * (TAU * variance).ln()
}

/// The sum of squares; the gradient is scaled by `precision`.
#[multiversion(targets = "simd")]
fn squared_error(logits: &mut [f32], pixels: &[f32], precision: f32) -> f64 {
    sum(logits, pixels, |logit, pixel| {
        let mean = sigmoid(*logit);
        let error = mean - pixel;
        *logit = error * mean * (1.0 - mean) * precision;
        error * error
    })
}

/// The same without a sigmoid.
#[multiversion(targets = "simd")]
fn identity_error(logits: &mut [f32], values: &[f32], precision: f32) -> f64 {
    sum(logits, values, |logit, value| {
        let error = *logit - value;
        *logit = error * precision;
        error * error
    })
}
