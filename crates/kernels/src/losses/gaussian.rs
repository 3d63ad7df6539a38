//! Squared error of sigmoids.

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

impl Loss for Gaussian {
    fn apply(&self, logits: &mut [f32], pixels: &[f32]) -> f64 {
        let squares = squared_error(logits, pixels, (1.0 / self.variance) as f32);
        squares / (2.0 * self.variance) + 0.5 * logits.len() as f64 * (TAU * self.variance).ln()
    }
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
