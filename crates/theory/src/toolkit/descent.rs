//! Networks that are trained in a check: how their parameters begin, and how Adam moves them.

use autodecoder_training::{Adam, Optimiser};
use rand::Rng;
use tch::{Device, Kind, Tensor};

/// A weight or a bias of a layer with `fan_in` inputs a unit, as PyTorch begins it: uniform within
/// ±1/√fan_in, f32.
pub fn parameter(shape: &[i64], fan_in: i64, rng: &mut impl Rng) -> Tensor {
    let bound = 1.0 / (fan_in as f32).sqrt();
    let count: i64 = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| rng.random_range(-bound..bound)).collect();
    Tensor::from_slice(&values).reshape(shape)
}

/// Parameters, and what Adam keeps for each of them.
#[derive(Debug)]
pub struct Descent {
    parameters: Vec<Tensor>,
    state: Vec<Tensor>,
    steps: Tensor,
    rule: Adam,
}

impl Descent {
    /// Parameters that have not moved yet. Autograd follows them from now on.
    pub fn new(parameters: Vec<Tensor>) -> Descent {
        let rule = Adam::default();
        let state = parameters.iter().map(|values| rule.fresh_state(values)).collect();
        for values in &parameters {
            let _ = values.set_requires_grad(true);
        }
        Descent { parameters, state, steps: Tensor::zeros([1], (Kind::Float, Device::Cpu)), rule }
    }

    /// Moves every parameter down the gradient of `loss`, a scalar that all of them are part of.
    pub fn step(&mut self, loss: &Tensor, rate: f64) {
        let gradients = Tensor::run_backward(&[loss], &self.parameters, false, false);
        tch::no_grad(|| {
            let _ = self.steps.g_add_scalar_(1.0);
            let values = self.parameters.iter_mut().zip(&mut self.state).zip(&gradients);
            for ((parameter, state), gradient) in values {
                let _ = parameter.g_sub_(&self.rule.update(gradient, state, &self.steps, rate));
            }
        });
    }

    /// Ends the training: autograd follows the parameters no longer.
    pub fn finish(self) {
        for values in &self.parameters {
            let _ = values.set_requires_grad(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convex_loss_falls_to_its_minimum() {
        let x = Tensor::from_slice(&[3.0f32, -2.0]);
        let mut descent = Descent::new(vec![x.shallow_clone()]);
        for step in 0..400 {
            let loss = (&x - 1.0).square().sum(Kind::Float);
            descent.step(&loss, 0.1 * (1.0 - f64::from(step) / 400.0));
        }
        descent.finish();
        assert!((&x - 1.0).abs().max().double_value(&[]) < 1e-3);
        assert!(!x.requires_grad());
    }
}
