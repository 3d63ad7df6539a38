//! One sequence, one order of it, and a layer of each kind.

use tch::{Device, Kind, Tensor};

use crate::Context;
use crate::toolkit::attention::Projections;
use crate::toolkit::compare::relative_difference;

/// Inputs in the sequence, and their width.
pub(super) const STEPS: i64 = 10;
pub(super) const WIDTH: i64 = 8;

/// Every other coordinate a sine, the others a cosine, of four frequencies.
pub(super) fn positions() -> Tensor {
    let options = (Kind::Double, Device::Cpu);
    let angles = Tensor::arange(STEPS, options).unsqueeze(1) * frequencies();
    Tensor::stack(&[angles.sin(), angles.cos()], 2).reshape([STEPS, WIDTH])
}

/// Radians a step.
pub(super) fn frequencies() -> Tensor {
    Tensor::from_slice(&[1.0, 0.5, 0.25, 0.125])
}

/// hₜ = tanh(xₜU + hₜ₋₁W): the states after every step, `[steps, width]`.
pub(super) struct Recurrent {
    pub input: Tensor,
    pub recurrence: Tensor,
}

impl Recurrent {
    pub fn states(&self, sequence: &Tensor) -> Tensor {
        let mut state = Tensor::zeros([1, WIDTH], (Kind::Double, Device::Cpu));
        let mut states = Vec::new();
        for step in 0..sequence.size()[0] {
            let input = sequence.narrow(0, step, 1).matmul(&self.input);
            state = (input + state.matmul(&self.recurrence)).tanh();
            states.push(state.shallow_clone());
        }
        Tensor::cat(&states, 0)
    }
}

/// One sequence, one order of it, and one layer of each kind.
pub(super) struct Setting {
    pub sequence: Tensor,
    pub order: Tensor,
    pub attention: Projections,
    pub recurrent: Recurrent,
}

impl Setting {
    pub fn new(context: &Context) -> Setting {
        let normal =
            |what: &str, shape: &[i64]| context.normal(&format!("permutations {what}"), shape);
        let square = |what: &str| 0.5 * normal(what, &[WIDTH, WIDTH]);
        Setting {
            sequence: normal("sequence", &[STEPS, WIDTH]),
            order: normal("order", &[STEPS]).argsort(0, false),
            attention: Projections {
                query: square("query"),
                key: square("key"),
                value: square("value"),
            },
            recurrent: Recurrent { input: square("input"), recurrence: square("recurrence") },
        }
    }

    /// How far `layer(order(x))` is from `order(layer(x))`.
    pub fn violation(&self, layer: impl Fn(&Tensor) -> Tensor) -> f64 {
        let reordered = |sequence: &Tensor| sequence.index_select(0, &self.order);
        relative_difference(&layer(&reordered(&self.sequence)), &reordered(&layer(&self.sequence)))
    }
}
