//! GANs: the gradients by the chain rule, layer by layer; what training one player needs of the
//! other; and why the basic loss saturates where the Wasserstein distance does not.

mod chain_rule;
mod lines;
mod networks;
mod saturation;
mod training;

use anyhow::Result;

use self::networks::Gan;
use crate::{Context, Outcome};

/// All claims about GANs.
pub fn gan_gradients(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let gan = Gan::new(context);
    outcome.show(format!("L = {:.4}; D has 3 layers, G has 2", gan.value().double_value(&[])));
    outcome.findings.extend(chain_rule::findings(&gan, &mut outcome.working));
    outcome.findings.extend(training::findings(&gan, &mut outcome.working));
    lines::measure(&mut outcome)?;
    saturation::measure(&mut outcome)?;
    Ok(outcome)
}
