//! LayerNorm after or before self-attention: the recursion's formulas against autograd, the worked
//! numbers, and the gradient's size against depth.

mod blocks;
mod depth;
mod numbers;
mod recursion;

use anyhow::Result;

use crate::{Context, Outcome};

/// What stands between the loss and a block far below, for both placements.
pub fn layer_norm(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(recursion::findings(context));
    outcome.findings.extend(numbers::findings(&mut outcome.working));
    depth::measure(context, &mut outcome)?;
    Ok(outcome)
}
