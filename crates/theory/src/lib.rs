//! The theory of the course, as checks that run.
//!
//! Half of the course's documents are questions and the answers that students gave. Each claim in
//! them is measured here: a [`Check`] is one short file with one public function, readable as a
//! worked example of tch, which returns [`Finding`]s: what was claimed, what was measured, and the
//! verdict that follows from the measurement alone. docs/theory.md holds the full answers; a test
//! compares its tables with what the checks measure.
//!
//! - [`checks::all`]: every check, in the document's order.
//! - [`Context`]: what a check may draw on: seeded random numbers, and images.
//! - [`toolkit`]: derivatives, differences, integrals and fits that several checks share.

mod check;
pub mod checks;
mod context;
pub mod document;
mod finding;
mod outcome;
pub mod prose;
pub mod report;
pub mod results;
pub mod toolkit;

pub use check::Check;
pub use context::Context;
pub use finding::{Finding, Precision, Verdict};
pub use outcome::{Outcome, Plot};
