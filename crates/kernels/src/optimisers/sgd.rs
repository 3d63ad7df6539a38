//! Stochastic gradient descent.

use multiversion::multiversion;

use super::Update;

/// `velocity ← momentum · velocity + gradient`, then a step of `rate · velocity` (Polyak 1964, in
/// PyTorch's form).
#[derive(Debug, Clone, Copy)]
pub struct Sgd {
    /// Share of the velocity that is kept.
    pub momentum: f64,
}

impl Update for Sgd {
    fn update(
        &self,
        values: &mut [f32],
        gradient: &[f32],
        state: &mut [&mut [f32]],
        _step: f64,
        rate: f64,
    ) {
        let [velocity] = state else { panic!("SGD keeps 1 slot, not {}", state.len()) };
        sgd(values, gradient, velocity, self.momentum as f32, rate as f32);
    }
}

#[multiversion(targets = "simd")]
fn sgd(values: &mut [f32], gradient: &[f32], velocity: &mut [f32], momentum: f32, rate: f32) {
    for ((value, &gradient), velocity) in values.iter_mut().zip(gradient).zip(velocity) {
        *velocity = momentum * *velocity + gradient;
        *value -= rate * *velocity;
    }
}
