//! Backpropagation: gradients by hand against autograd.

use crate::Check;

pub(super) const CHECKS: &[Check] = &[];
