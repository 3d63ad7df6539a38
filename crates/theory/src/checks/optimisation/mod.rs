//! Losses, activations and optimisation.

mod batch_size;
mod bilevel;
mod classifier_losses;
mod deep_network;
mod deep_sigmoid_model;
mod dropout;
mod gradient_averaging;
mod gradient_remedies;
mod momentum;
mod relu;
mod sgd_statements;
mod universal_approximation;
mod vanishing_gradients;

use crate::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "universal-approximation",
        title: "Universal approximation: width, and what depth saves",
        measure: universal_approximation::universal_approximation,
    },
    Check {
        name: "classifier-losses",
        title: "L2 against cross-entropy for a classifier",
        measure: classifier_losses::classifier_losses,
    },
    Check {
        name: "momentum",
        title: "Momentum on a convex quadratic, and in a ravine",
        measure: momentum::momentum,
    },
    Check {
        name: "gradient-averaging",
        title: "Exponential against linear averaging of gradients",
        measure: gradient_averaging::gradient_averaging,
    },
    Check {
        name: "batch-size",
        title: "Batch size: variance of the gradient, and iterations",
        measure: batch_size::batch_size,
    },
    Check {
        name: "sgd-statements",
        title: "SGD against gradient descent: statements true and false",
        measure: sgd_statements::sgd_statements,
    },
    Check { name: "relu", title: "ReLU: its gradient, and dead units", measure: relu::relu },
    Check {
        name: "vanishing-gradients",
        title: "Vanishing and exploding gradients: the examples recomputed",
        measure: vanishing_gradients::vanishing_gradients,
    },
    Check {
        name: "deep-sigmoid-model",
        title: "The 25-layer sigmoid model, and tanh in its place",
        measure: deep_sigmoid_model::deep_sigmoid_model,
    },
    Check {
        name: "gradient-remedies",
        title: "Remedies for vanishing and exploding gradients, layer by layer",
        measure: gradient_remedies::gradient_remedies,
    },
    Check {
        name: "dropout",
        title: "Dropout: two in a row, the scaling, the place",
        measure: dropout::dropout,
    },
    Check {
        name: "bilevel",
        title: "Bi-level optimisation by the implicit function theorem",
        measure: bilevel::bilevel,
    },
];
