//! Adam.

use multiversion::multiversion;

use super::Update;

/// Adam (Kingma and Ba 2014, arXiv:1412.6980, algorithm 1), in one pass over values, gradient and both
/// moments.
#[derive(Debug, Clone, Copy)]
pub struct Adam {
    /// Decay rates of the first and second moment.
    pub betas: [f64; 2],
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

/// The constants of a step.
#[derive(Debug, Clone, Copy)]
struct Step {
    first: f32,
    second: f32,
    rate: f32,
    root_scale: f32,
    epsilon: f32,
}

impl Adam {
    fn step(&self, step: f64, rate: f64) -> Step {
        let [beta1, beta2] = self.betas;
        // How much weight a moment that began at zero has given to gradients.
        let seen = |beta: f64| if beta > 0.0 { -(step * beta.ln()).exp_m1() } else { 1.0 };
        Step {
            first: (1.0 - beta1) as f32,
            second: (1.0 - beta2) as f32,
            rate: (rate / seen(beta1)) as f32,
            root_scale: (1.0 / seen(beta2).sqrt()) as f32,
            epsilon: self.epsilon as f32,
        }
    }
}

impl Update for Adam {
    fn update(
        &self,
        values: &mut [f32],
        gradient: &[f32],
        state: &mut [&mut [f32]],
        step: f64,
        rate: f64,
    ) {
        let [first, second] = state else { panic!("Adam keeps 2 slots, not {}", state.len()) };
        adam(values, gradient, first, second, self.step(step, rate));
    }
}

/// `old + (new − old) · share`, from the nearer end: a moment that takes on most of the new gradient
/// must not keep the rounding of an older, larger one.
#[inline(always)]
fn mixed(old: f32, new: f32, share: f32) -> f32 {
    let change = new - old;
    if share < 0.5 { old + change * share } else { new - change * (1.0 - share) }
}

#[multiversion(targets = "simd")]
fn adam(values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], step: Step) {
    let moments = first.iter_mut().zip(second);
    for ((value, &gradient), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
        *first = mixed(*first, gradient, step.first);
        *second = mixed(*second, gradient * gradient, step.second);
        *value -= step.rate * *first / (second.sqrt() * step.root_scale + step.epsilon);
    }
}
