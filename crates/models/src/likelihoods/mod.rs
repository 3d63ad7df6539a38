//! Likelihoods, chosen by name.

mod bernoulli;
mod continuous_bernoulli;
mod gaussian;

use serde::Deserialize;

pub use bernoulli::Bernoulli;
pub use continuous_bernoulli::ContinuousBernoulli;
pub use gaussian::Gaussian;
pub(crate) use gaussian::GaussianFamily;

/// Options of a likelihood that has none: any key is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}
