//! The finding that most checks of this group make: a formula against what it should equal.

use tch::Tensor;

use crate::toolkit::compare::relative_difference;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Finding, Precision, Verdict};

/// Rounding in f64 stays below this power of ten.
const ROUNDING: i32 = -11;

/// A formula that a document claims.
pub(super) struct Formula {
    /// The finding's identifier.
    pub id: &'static str,
    /// The formula as a sentence.
    pub claim: &'static str,
    /// Who claims it.
    pub source: &'static str,
    /// What it should equal, in words.
    pub expected: &'static str,
}

impl Formula {
    /// Holds if `claimed` equals `reference` up to rounding.
    pub fn against(&self, claimed: &Tensor, reference: &Tensor) -> Finding {
        self.with_difference(relative_difference(claimed, reference))
    }

    /// Holds if a relative difference is no more than rounding.
    pub fn with_difference(&self, difference: f64) -> Finding {
        Finding {
            id: self.id.into(),
            claim: self.claim.into(),
            source: self.source.into(),
            expected: self.expected.into(),
            measured: format!("relative difference {}", difference_text(difference)),
            verdict: Verdict::holds_if(agrees(difference)),
            precision: Precision::Exact,
        }
    }
}

/// Whether a relative difference is no more than rounding.
pub(super) fn agrees(difference: f64) -> bool {
    difference < 10f64.powi(ROUNDING)
}

/// A bound for rounding errors, the number itself for errors that are none.
pub(super) fn difference_text(difference: f64) -> String {
    if difference > 1e-3 { fixed(difference, 3) } else { at_most(difference, ROUNDING) }
}
