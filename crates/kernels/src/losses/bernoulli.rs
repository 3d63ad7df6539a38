//! Binary cross-entropy.

use multiversion::multiversion;

use super::{Loss, sum};
use crate::math::sigmoid_and_softplus;

/// `Σ ln(1 + eˡ) − x · l` over logits `l` and pixels `x` in [0, 1]; its gradient is `sigmoid(l) − x`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bernoulli;

impl Loss for Bernoulli {
    fn apply(&self, logits: &mut [f32], pixels: &[f32]) -> f64 {
        bernoulli(logits, pixels)
    }
}

#[multiversion(targets = "simd")]
fn bernoulli(logits: &mut [f32], pixels: &[f32]) -> f64 {
    sum(logits, pixels, |logit, pixel| {
        let (sigmoid, softplus) = sigmoid_and_softplus(*logit);
        let loss = softplus - pixel * *logit;
        *logit = sigmoid - pixel;
        loss
    })
}
