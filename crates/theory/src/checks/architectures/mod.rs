//! Convolutions, sequences and attention.

mod attention_maps;
mod convolution_matrix;
mod embedding;
mod linear_attention;
mod permutations;
mod receptive_fields;
mod residual_layers;
mod truncated_bptt;

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
    Check {
        name: "truncated-bptt",
        title: "Truncated backpropagation through time",
        measure: truncated_bptt::truncated_bptt,
    },
    Check {
        name: "permutations",
        title: "Self-attention without positions is equivariant to permutations, an RNN is not",
        measure: permutations::permutations,
    },
    Check {
        name: "attention-maps",
        title: "Attention maps: rows that sum to 1",
        measure: attention_maps::attention_maps,
    },
    Check {
        name: "linear-attention",
        title: "Linear attention: what Bob’s formula costs, and what it loses",
        measure: linear_attention::linear_attention,
    },
];
