//! Backpropagation: gradients by hand against autograd.

mod agreement;
mod broadcast_convolution;
mod gan_gradients;
mod layer_norm;
mod mlp_gradients;
mod numerical_gradients;
mod scalar_loss;

use crate::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "scalar-loss",
        title: "Why backward wants a scalar",
        measure: scalar_loss::scalar_loss,
    },
    Check {
        name: "broadcast-convolution",
        title: "Gradients of a convolution with a broadcast loss",
        measure: broadcast_convolution::broadcast_convolution,
    },
    Check {
        name: "mlp-gradients",
        title: "The derivatives of a two-layer MLP",
        measure: mlp_gradients::mlp_gradients,
    },
    Check {
        name: "numerical-gradients",
        title: "Numerical gradients",
        measure: numerical_gradients::numerical_gradients,
    },
    Check {
        name: "gan-gradients",
        title: "Gradients in GANs, and where they vanish",
        measure: gan_gradients::gan_gradients,
    },
    Check {
        name: "layer-norm",
        title: "LayerNorm after or before self-attention",
        measure: layer_norm::layer_norm,
    },
];
