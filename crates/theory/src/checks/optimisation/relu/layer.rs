//! A layer of ReLU units, and which of them are dead.

use tch::{Kind, Tensor};

use crate::Context;
use crate::toolkit::derivatives::gradients;

/// A layer of 256 units on 1000 standard normal inputs in 10 dimensions.
pub(super) struct Layer {
    pub(super) inputs: Tensor,
    pub(super) weight: Tensor,
    outgoing: Tensor,
}

impl Layer {
    pub(super) fn new(context: &Context) -> Layer {
        let normal =
            |purpose: &str, shape: &[i64]| context.normal(&format!("relu {purpose}"), shape);
        Layer {
            inputs: normal("inputs", &[1000, 10]),
            weight: normal("weight", &[256, 10]) / 10f64.sqrt(),
            outgoing: normal("outgoing", &[256]),
        }
    }

    /// Whether each unit is zero on all of `inputs`.
    pub(super) fn dead(&self, inputs: &Tensor, bias: f64) -> Tensor {
        (inputs.matmul(&self.weight.tr()) + bias).le(0.0).all_dim(0, false)
    }

    /// Whether the gradient of each unit's incoming weights is exactly zero.
    pub(super) fn unmoved(&self, bias: f64, activation: fn(&Tensor) -> Tensor) -> Tensor {
        let output = |w: &[Tensor]| {
            let hidden = activation(&(self.inputs.matmul(&w[0].tr()) + bias));
            hidden.matmul(&self.outgoing).sum(Kind::Double)
        };
        gradients(&[&self.weight], output).remove(0).eq(0.0).all_dim(1, false)
    }

    /// The number of dead units to expect, Σ Φ(−b/‖w‖)¹⁰⁰⁰ over the units, and its variance were
    /// they independent.
    pub(super) fn expected(&self, bias: f64) -> (f64, f64) {
        let norms = self.weight.square().sum_dim_intlist(1, false, Kind::Double).sqrt();
        let silent: Tensor = 0.5 * (bias / (norms * 2f64.sqrt())).erfc();
        let always = (silent.log() * 1000.0).exp();
        let variance = (&always - always.square()).sum(Kind::Double).double_value(&[]);
        (always.sum(Kind::Double).double_value(&[]), variance)
    }
}
