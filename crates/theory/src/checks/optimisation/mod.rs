//! Losses, activations and optimisation.

mod universal_approximation;

use crate::Check;

pub(super) const CHECKS: &[Check] = &[Check {
    name: "universal-approximation",
    title: "Universal approximation: width, and what depth saves",
    measure: universal_approximation::universal_approximation,
}];
