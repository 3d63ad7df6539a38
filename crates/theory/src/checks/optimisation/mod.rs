//! Losses, activations and optimisation.

use crate::Check;

pub(super) const CHECKS: &[Check] = &[];
