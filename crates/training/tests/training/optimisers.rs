//! Update rules against textbook loops in f64.

use approx::assert_relative_eq;
use autodecoder_training::{Adam, Optimiser, Sgd, optimisers};
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};

use crate::make::{numbers, wave};

/// Adam as algorithm 1 of arXiv:1412.6980 has it, for one value.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextbookAdam {
    first: f64,
    second: f64,
    step: i32,
}

impl TextbookAdam {
    /// What is to be subtracted from the value.
    pub fn update(&mut self, adam: &Adam, gradient: f64, rate: f64) -> f64 {
        let [beta1, beta2] = adam.betas;
        self.step += 1;
        self.first = beta1 * self.first + (1.0 - beta1) * gradient;
        self.second = beta2 * self.second + (1.0 - beta2) * gradient * gradient;
        let first = self.first / (1.0 - beta1.powi(self.step));
        let second = self.second / (1.0 - beta2.powi(self.step));
        rate * first / (second.sqrt() + adam.epsilon)
    }
}

/// Runs `optimiser` beside `expected(value, step, gradient, rate)` for ten steps.
fn assert_updates(
    optimiser: &dyn Optimiser,
    mut expected: impl FnMut(usize, f64, f64) -> f64,
    tolerance: f64,
) {
    let values = Tensor::zeros([2, 3], (Kind::Float, Device::Cpu));
    let mut state = optimiser.fresh_state(&values);
    for step in 1..=10 {
        let gradient = wave(&[2, 3], f64::from(step), Kind::Float) * 10f64.powi(step - 5);
        let rate = 0.1 / f64::from(step);
        let steps = Tensor::full([1], f64::from(step), (Kind::Float, Device::Cpu));
        let found = optimiser.update(&gradient, &mut state, &steps, rate);
        for (i, (found, gradient)) in
            numbers(&found).into_iter().zip(numbers(&gradient)).enumerate()
        {
            let expected = expected(i, gradient, rate);
            assert_relative_eq!(found, expected, max_relative = tolerance, epsilon = 1e-12);
        }
    }
}

#[test]
fn adam_is_the_textbooks() {
    for adam in [
        Adam::default(),
        Adam { betas: [0.5, 0.9], epsilon: 1e-3 },
        Adam { betas: [0.0, 0.999_999], epsilon: 1e-16 },
        Adam { betas: [0.9, 0.0], epsilon: 1e-8 },
    ] {
        let mut textbook = [TextbookAdam::default(); 6];
        let expected = |i: usize, gradient, rate| textbook[i].update(&adam, gradient, rate);
        assert_updates(&adam, expected, 2e-6);
    }
}

#[test]
fn sgd_is_the_textbooks() {
    for momentum in [0.0, 0.9] {
        let mut velocities = [0.0; 6];
        let expected = |i: usize, gradient, rate| {
            velocities[i] = momentum * velocities[i] + gradient;
            rate * velocities[i]
        };
        assert_updates(&Sgd { momentum }, expected, 1e-5);
    }
}

#[test]
fn step_counts_of_rows_are_their_own() {
    let adam = Adam::default();
    let rows = Tensor::zeros([2, 3], (Kind::Float, Device::Cpu));
    let gradient = wave(&[2, 3], 0.0, Kind::Float);
    let steps = Tensor::from_slice(&[1.0f32, 7.0]).reshape([2, 1]);
    let both = adam.update(&gradient, &mut adam.fresh_state(&rows), &steps, 0.1);
    for row in 0..2 {
        let (values, gradient) = (rows.narrow(0, row, 1), gradient.narrow(0, row, 1));
        let steps = steps.narrow(0, row, 1);
        let alone = adam.update(&gradient, &mut adam.fresh_state(&values), &steps, 0.1);
        assert_eq!(numbers(&both.get(row)), numbers(&alone));
    }
}

#[test]
fn names_and_options_are_checked() {
    let unknown = optimisers().get("adagrad").unwrap_err().to_string();
    assert!(unknown.contains("optimiser \"adagrad\": known are adam, sgd"), "{unknown}");
    let refusal = |name: &str, options: Value| {
        let family = optimisers().get(name).unwrap();
        family.build(&options).unwrap_err().to_string()
    };
    let unknown = refusal("adam", json!({"beta": 0.9}));
    assert!(unknown.contains("optimiser \"adam\": unknown field `beta`"), "{unknown}");
    assert!(unknown.contains("`betas` or `epsilon`"), "{unknown}");
    let unknown = refusal("sgd", json!({"nesterov": true}));
    assert!(unknown.contains("unknown field `nesterov`, expected `momentum`"), "{unknown}");
    let short = refusal("adam", json!({"betas": [0.9]}));
    assert!(short.contains("array of length 2"), "{short}");
}
