//! What a check found out about one claim.

use std::fmt;

use serde::Serialize;

/// One claim, what follows from it, what was measured, and what that says of the claim.
///
/// Texts are plain: Unicode for formulas (`σ²`, `10⁻³`), no markup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Unique among all findings: `check/finding`. A check writes the second half.
    pub id: String,
    /// The claim in one sentence.
    pub claim: String,
    /// Where it stands: the document and its question, such as `004, question 3`; `standard result`
    /// where no document makes it.
    pub source: String,
    /// What must be measured if the claim holds.
    pub expected: String,
    /// What was measured.
    pub measured: String,
    /// What that says of the claim. It is computed from the measurement, never written down.
    pub verdict: Verdict,
    /// How far the numbers in `measured` move from machine to machine.
    #[serde(skip)]
    pub precision: Precision,
}

impl Finding {
    /// A finding whose text another run must reproduce digit for digit.
    pub fn exact(
        id: &str,
        claim: impl Into<String>,
        source: &str,
        expected: impl Into<String>,
        measured: impl Into<String>,
        verdict: Verdict,
    ) -> Finding {
        Finding {
            id: id.into(),
            claim: claim.into(),
            source: source.into(),
            expected: expected.into(),
            measured: measured.into(),
            verdict,
            precision: Precision::Exact,
        }
    }

    /// The same finding, its numbers only to be reproduced within a relative difference.
    pub fn within(self, difference: f64) -> Finding {
        Finding { precision: Precision::Relative(difference), ..self }
    }
}

/// What a measurement says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// It is right.
    #[serde(rename = "holds")]
    Holds,
    /// It is wrong in the form in which the document has it.
    #[serde(rename = "wrong as given")]
    WrongAsGiven,
    /// It is right under a condition that the document does not state.
    #[serde(rename = "holds with a condition")]
    HoldsWithCondition,
}

impl Verdict {
    /// `Holds` if the measurement agrees with the claim, else `WrongAsGiven`.
    pub fn holds_if(agrees: bool) -> Verdict {
        if agrees { Verdict::Holds } else { Verdict::WrongAsGiven }
    }

    /// `HoldsWithCondition` if the claim was seen to hold under the condition and to fail without
    /// it; `Holds` or `WrongAsGiven` if it held, or failed, in both.
    pub fn by_condition(with: bool, without: bool) -> Verdict {
        match (with, without) {
            (true, false) => Verdict::HoldsWithCondition,
            (true, true) => Verdict::Holds,
            (false, _) => Verdict::WrongAsGiven,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Holds => "holds",
            Verdict::WrongAsGiven => "wrong as given",
            Verdict::HoldsWithCondition => "holds with a condition",
        })
    }
}

/// How closely another run must reproduce the numbers in a measurement's text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Precision {
    /// Digit for digit: counts, shapes, closed forms, bounds.
    Exact,
    /// Within a relative difference: sums in another order, amplified by training.
    Relative(f64),
    /// Not at all: times. The words around the numbers must be the same.
    Timing,
}
