//! Likelihoods, chosen by name.

mod bernoulli;
mod continuous_bernoulli;
mod gaussian;

use serde::Deserialize;
use tch::{Kind, Tensor};

pub use bernoulli::Bernoulli;
pub use continuous_bernoulli::ContinuousBernoulli;
pub use gaussian::Gaussian;
pub(crate) use gaussian::GaussianFamily;

/// Options of a likelihood that has none: any key is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

/// Sums everything but the batch dimension: `[B, …]` to `[B]`.
fn per_image(x: &Tensor) -> Tensor {
    x.flatten(1, -1).sum_dim_intlist([1i64].as_slice(), false, None::<Kind>)
}
