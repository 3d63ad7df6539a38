//! Convolutions, sequences and attention.

use crate::Check;

pub(super) const CHECKS: &[Check] = &[];
