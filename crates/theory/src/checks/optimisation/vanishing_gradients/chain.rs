//! Networks of one unit a layer.

use tch::{Device, Kind, Tensor};

use crate::toolkit::derivatives::gradients;

/// Layers of one unit without bias, a weight each, all of one value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    pub(super) layers: i64,
    pub(super) weight: f64,
    pub(super) activation: fn(&Tensor) -> Tensor,
}

impl Chain {
    pub(super) fn weights(self) -> Tensor {
        Tensor::full([self.layers], self.weight, (Kind::Double, Device::Cpu))
    }

    /// The activations for the input `x`.
    pub(super) fn activations(self, x: &Tensor, weights: &Tensor) -> Vec<Tensor> {
        let mut h = x.shallow_clone();
        let layer = |weight: Tensor| {
            h = (self.activation)(&(weight * &h));
            h.shallow_clone()
        };
        weights.unbind(0).into_iter().map(layer).collect()
    }

    /// The gradients of the output by the first layer's weight and by the input, at the input 1.
    pub(super) fn slopes(self) -> [f64; 2] {
        let output = |leaves: &[Tensor]| {
            let mut activations = self.activations(&leaves[1], &leaves[0]);
            activations.remove(self.layers as usize - 1)
        };
        let found = gradients(&[&self.weights(), &Tensor::from(1.0f64)], output);
        [found[0].double_value(&[0]), found[1].double_value(&[])]
    }
}
