//! Convolutions, sequences and attention.

mod convolution_matrix;
mod embedding;
mod receptive_fields;
mod residual_layers;

use crate::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "receptive-fields",
        title: "Receptive fields",
        measure: receptive_fields::receptive_fields,
    },
    Check {
        name: "convolution-matrix",
        title: "A convolution is a linear map with shared and zero weights",
        measure: convolution_matrix::convolution_matrix,
    },
    Check {
        name: "residual-layers",
        title: "Residual layers learn f(x) = y − x",
        measure: residual_layers::residual_layers,
    },
    Check { name: "embedding", title: "An embedding looks rows up", measure: embedding::embedding },
];
