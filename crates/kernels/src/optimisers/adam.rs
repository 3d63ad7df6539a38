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

/// Gradients nearer to 0 count as 0 where they are squared, and moments nearer than its square are 0. Beside an `epsilon`
/// of 1e-8 neither would show.
///
/// Left alone, the moments of units that have died, and of pixels that are always black, sink below the smallest
/// normal number, where rounding keeps them for ever, and Intel's processors take a hundred times as long for
/// each: after some thousand steps a step took twice its time.
const FAINT: f32 = 1e-18;

#[inline(always)]
fn zero_below(least: f32, value: f32) -> f32 {
    if value.abs() < least { 0.0 } else { value }
}

#[multiversion(targets = "simd")]
fn adam(values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], step: Step) {
    let moments = first.iter_mut().zip(second);
    for ((value, &gradient), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
        let plain = zero_below(FAINT, gradient);
        *first = zero_below(FAINT * FAINT, mixed(*first, gradient, step.first));
        *second = zero_below(FAINT * FAINT, mixed(*second, plain * plain, step.second));
        *value -= step.rate * *first / (second.sqrt() * step.root_scale + step.epsilon);
    }
}
