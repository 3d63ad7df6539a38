//! Ten steps of the update rules against textbook loops in float64.

use autodecoder_kernels::{Adam, Sgd, Update};
use proptest::prelude::*;

use crate::make::{assert_close, numbers, wide};

const STEPS: usize = 10;
const RATE: f64 = 0.1;
/// What moments may lose in these steps: below 1e-36 they are 0.
const FAINT: f64 = 1.1e-36 * STEPS as f64;

/// One value's Adam, as in algorithm 1 of arXiv:1412.6980.
#[derive(Debug, Clone, Copy, Default)]
struct Textbook {
    first: f64,
    second: f64,
}

impl Textbook {
    fn step(&mut self, adam: &Adam, gradient: f64, step: i32) -> f64 {
        let [beta1, beta2] = adam.betas;
        self.first = beta1 * self.first + (1.0 - beta1) * gradient;
        self.second = beta2 * self.second + (1.0 - beta2) * gradient * gradient;
        let first = self.first / (1.0 - beta1.powi(step));
        let second = self.second / (1.0 - beta2.powi(step));
        RATE * first / (second.sqrt() + adam.epsilon)
    }
}

/// Compares ten steps by `gradients`, one list a step, from `start`.
fn check_adam(adam: &Adam, start: &[f32], gradients: &[Vec<f32>]) {
    let mut values = start.to_vec();
    let mut state = vec![vec![0.0; start.len()]; 2];
    let mut textbook = vec![Textbook::default(); start.len()];
    let mut expected = wide(start);
    let mut largest = 1.0f64;
    for (step, gradient) in (1..).zip(gradients) {
        let mut slots: Vec<&mut [f32]> = state.iter_mut().map(Vec::as_mut_slice).collect();
        adam.update(&mut values, gradient, &mut slots, f64::from(step), RATE);
        for ((expected, textbook), &gradient) in
            expected.iter_mut().zip(&mut textbook).zip(gradient)
        {
            *expected -= textbook.step(adam, f64::from(gradient), step);
            largest = largest.max(expected.abs());
        }
        // A moment may be a difference of larger gradients, which leave their rounding behind.
        let scale = gradients[..step as usize].iter().flatten().fold(0.0f64, |most, &gradient| {
            most.max(f64::from(gradient).abs() * (1.0 - adam.betas[0]))
        });
        let kept = scale * adam.betas[0];
        let firsts: Vec<f64> = textbook.iter().map(|textbook| textbook.first).collect();
        let seconds: Vec<f64> = textbook.iter().map(|textbook| textbook.second).collect();
        // Fainter moments count as 0.
        assert_close(&state[0], &firsts, 1e-6, FAINT.max(1e-6 * kept));
        assert_close(&state[1], &seconds, 2e-6, FAINT);
        assert_close(&values, &expected, 1e-6, 2e-6 * largest);
    }
}

const BETAS: [[f64; 2]; 6] =
    [[0.9, 0.999], [0.5, 0.9], [0.0, 0.0], [0.0, 0.999], [0.9, 0.0], [0.999_999, 0.999_999]];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn ten_steps_of_adam_are_the_textbooks(
        length in prop::sample::select(vec![0usize, 1, 7, 16, 33, 100]),
        betas in prop::sample::select(BETAS.to_vec()),
        epsilon in prop::sample::select(vec![1e-8, 1e-3, 1.0]),
        seed in 0..1000u64,
    ) {
        let gradients: Vec<Vec<f32>> =
            (0..STEPS).map(|step| numbers(length, seed + 1000 * step as u64)).collect();
        check_adam(&Adam { betas, epsilon }, &numbers(length, seed + 500_000), &gradients);
    }

    #[test]
    fn ten_steps_of_descent_are_the_textbooks(
        length in prop::sample::select(vec![0usize, 1, 7, 16, 33, 100]),
        momentum in prop::sample::select(vec![0.0, 0.5, 0.9]),
        seed in 0..1000u64,
    ) {
        let mut values = numbers(length, seed + 500_000);
        let (mut expected, mut velocity) = (wide(&values), vec![0.0; length]);
        let mut expected_velocity = vec![0.0f64; length];
        for step in 1..=STEPS {
            let gradient = numbers(length, seed + 1000 * step as u64);
            Sgd { momentum }.update(&mut values, &gradient, &mut [&mut velocity], 1.0, RATE);
            for ((value, velocity), gradient) in
                expected.iter_mut().zip(&mut expected_velocity).zip(wide(&gradient))
            {
                *velocity = momentum * *velocity + gradient;
                *value -= RATE * *velocity;
            }
            assert_close(&velocity, &expected_velocity, 1e-6, 2e-6);
            assert_close(&values, &expected, 1e-6, 2e-6);
        }
    }
}

/// Gradients of one size for all ten steps.
/// Numbers below the smallest normal one cost a hundred times the time. Textbook moments of a unit that has died, and of one
/// with hardly a gradient, sink among them and stay there.
#[test]
fn moments_are_normal_numbers_or_0() {
    let adam = Adam { betas: [0.9, 0.9], epsilon: 1e-8 };
    let (mut values, mut state) = ([1.0; 3], [[0.0; 3]; 2]);
    for step in 1..2000 {
        let alive = if step < 10 { 1.0 } else { 0.0 };
        let [first, second] = &mut state;
        let gradient = [alive, 1e-20, 1e-17];
        adam.update(&mut values, &gradient, &mut [first, second], f64::from(step), RATE);
        let moments = state.iter().flatten();
        assert!(moments.clone().all(|moment| !moment.is_subnormal()), "step {step}: {state:?}");
    }
    assert_eq!([state[0][0], state[1][0], state[1][1]], [0.0; 3]);
    assert!(state[1][2] > 0.0);
}

#[test]
fn gradients_of_every_size_move_values_as_they_should() {
    let sizes: [f32; 9] = [0.0, 1e-30, -1e-30, 1e-12, -1e-8, 1e-4, 1e4, 1e15, -1e15];
    for betas in BETAS {
        for size in sizes {
            check_adam(&Adam { betas, epsilon: 1e-8 }, &[0.5; 3], &vec![vec![size; 3]; STEPS]);
        }
    }
}

/// Without memory of earlier gradients the next one counts alone, however small it is beside them.
#[test]
fn a_moment_without_memory_is_the_last_gradient() {
    let gradients: Vec<Vec<f32>> =
        [1e15, 1.0, 1e-3, -1e10, 3.0, 0.0, -1e-6, 1e15, 2.0, 1e-4].map(|x| vec![x; 17]).to_vec();
    for betas in [[0.0, 0.0], [0.0, 0.999]] {
        check_adam(&Adam { betas, epsilon: 1e-8 }, &[0.5; 17], &gradients);
    }
}

#[test]
fn zero_gradients_leave_fresh_values_alone() {
    let (mut first, mut second, mut velocity) = ([0.0; 5], [0.0; 5], [0.0; 5]);
    let mut values = [1.0, -2.0, 0.0, f32::MAX, 1e-40];
    let before = values;
    for step in 1..=3 {
        let state: &mut [&mut [f32]] = &mut [&mut first, &mut second];
        let adam = Adam { betas: [0.9, 0.999], epsilon: 1e-8 };
        adam.update(&mut values, &[0.0; 5], state, f64::from(step), RATE);
        Sgd { momentum: 0.9 }.update(&mut values, &[0.0; 5], &mut [&mut velocity], 1.0, RATE);
    }
    assert_eq!((values, first, second, velocity), (before, [0.0; 5], [0.0; 5], [0.0; 5]));
}

#[test]
fn a_nan_gradient_reaches_its_value_and_no_other() {
    for place in 0..19 {
        let mut gradient = vec![1.0; 19];
        gradient[place] = f32::NAN;
        let rules: [&dyn Update; 2] =
            [&Adam { betas: [0.9, 0.999], epsilon: 1e-8 }, &Sgd { momentum: 0.9 }];
        for (rule, slots) in rules.into_iter().zip([2, 1]) {
            let mut values = vec![1.0; 19];
            let mut state = vec![vec![0.0; 19]; slots];
            let mut state: Vec<&mut [f32]> = state.iter_mut().map(Vec::as_mut_slice).collect();
            rule.update(&mut values, &gradient, &mut state, 1.0, RATE);
            for (at, value) in values.iter().enumerate() {
                assert_eq!(value.is_nan(), at == place, "{rule:?}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "Adam keeps 2 slots, not 1")]
fn adam_needs_both_moments() {
    let adam = Adam { betas: [0.9, 0.999], epsilon: 1e-8 };
    adam.update(&mut [1.0], &[1.0], &mut [&mut [0.0]], 1.0, RATE);
}

#[test]
#[should_panic(expected = "SGD keeps 1 slot, not 0")]
fn descent_needs_its_velocity() {
    Sgd { momentum: 0.0 }.update(&mut [1.0], &[1.0], &mut [], 1.0, RATE);
}
