//! The limited-memory BFGS method, for smooth and strictly convex functions.

use std::collections::VecDeque;

use tch::{Kind, Tensor};

/// Pairs of steps and gradient changes that the curvature is estimated from.
const MEMORY: usize = 10;
/// Done where no derivative is larger, of a function that is a mean over images.
const TOLERANCE: f64 = 1e-5;
const MOST_STEPS: usize = 1000;
/// Share of the decrease that the slope promises which a step must bring.
const SUFFICIENT: f64 = 1e-4;
/// A step this many times halved moves nothing any more.
const MOST_HALVINGS: usize = 50;

/// Where `objective` (value and gradient at a point) is smallest, from `start` on, by full batches:
/// the same input gives the same result (Nocedal and Wright, Numerical Optimization, algorithm 7.5).
/// Steps are halved until they bring enough (Armijo); a strictly convex function needs no more to keep
/// its curvature estimate positive. Ends early where rounding lets no step descend.
pub(super) fn minimise(start: Tensor, objective: impl Fn(&Tensor) -> (f64, Tensor)) -> Tensor {
    let mut history = History::default();
    let mut point = start;
    let (mut value, mut gradient) = objective(&point);
    for _ in 0..MOST_STEPS {
        if gradient.abs().max().double_value(&[]) <= TOLERANCE {
            break;
        }
        let direction = history.direction(&gradient);
        let slope = dot(&direction, &gradient);
        let moved = (0..MOST_HALVINGS).find_map(|halvings| {
            let length = 0.5f64.powi(halvings as i32);
            let next = &point + &direction * length;
            let (lower, gradient) = objective(&next);
            (lower <= value + SUFFICIENT * length * slope).then_some((next, lower, gradient))
        });
        let Some((next, lower, steeper)) = moved else { break };
        history.add(&next - &point, &steeper - &gradient);
        (point, value, gradient) = (next, lower, steeper);
    }
    point
}

/// The last steps `s` with the changes `y` of the gradient over them, and `1 / sᵀy`.
#[derive(Default)]
struct History {
    pairs: VecDeque<(Tensor, Tensor, f64)>,
}

impl History {
    fn add(&mut self, step: Tensor, change: Tensor) {
        let curvature = dot(&step, &change);
        // Only rounding makes it anything else.
        if curvature > 0.0 {
            self.pairs.push_back((step, change, curvature.recip()));
            if self.pairs.len() > MEMORY {
                self.pairs.pop_front();
            }
        }
    }

    /// Minus the estimated inverse Hessian times the gradient, by the two-loop recursion.
    fn direction(&self, gradient: &Tensor) -> Tensor {
        let mut direction = -gradient;
        let mut shares = Vec::with_capacity(self.pairs.len());
        for (step, change, inverse) in self.pairs.iter().rev() {
            let share = inverse * dot(step, &direction);
            direction -= change * share;
            shares.push(share);
        }
        if let Some((_, change, inverse)) = self.pairs.back() {
            direction *= 1.0 / (inverse * dot(change, change));
        }
        for ((step, change, inverse), share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let back = inverse * dot(change, &direction);
            direction += step * (share - back);
        }
        direction
    }
}

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    (a * b).sum(Kind::Double).double_value(&[])
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn an_ill_conditioned_parabola_is_descended_to_its_bottom() {
        // Σ cᵢ (xᵢ − i)² / 2 with curvatures from 1 to 10⁴.
        let options = (Kind::Double, Device::Cpu);
        let bottom = Tensor::arange(20, options);
        let curvature = Tensor::from(10.0).pow(&Tensor::linspace(0.0, 4.0, 20, options));
        let found = minimise(Tensor::zeros([20], options), |x| {
            let gradient = (x - &bottom) * &curvature;
            let value = 0.5 * dot(&(x - &bottom), &gradient);
            (value, gradient)
        });
        let off = (found - bottom).abs().max().double_value(&[]);
        assert!(off < 1e-5, "{off}");
    }

    #[test]
    fn it_starts_at_the_bottom_and_stays_there() {
        let start = Tensor::from_slice(&[3.0, 4.0]);
        let found = minimise(start.copy(), |x| (1.0, x.zeros_like()));
        assert_eq!(found, start);
    }
}
