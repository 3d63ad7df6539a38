//! A prior that is fitted after training, for the rows of new images.

use anyhow::{Context, Result};
use autodecoder_evaluation::{Mixture, PriorKind, fit_sampler, posterior_samples};
use autodecoder_models::LatentModel;
use autodecoder_training::Streams;
use tch::Tensor;

use crate::progress::Progress;

/// What to do where there is no fit.
const ADVICE: &str = "inference.prior = \"model\" (or --prior model) needs no fit";

/// The model as rows of new images are fitted under it: with the prior that `kind` names. A fitted one is
/// that of the training images' `rows`; the same rows and streams give the same.
///
/// # Errors
/// Where the latents of the rows do not let themselves be fitted.
pub(crate) fn under_prior(
    model: LatentModel,
    kind: PriorKind,
    rows: &Tensor,
    streams: &Streams,
) -> Result<LatentModel> {
    if kind == PriorKind::Model {
        return Ok(model);
    }
    let name = model.spec().name.clone();
    let progress = Progress::spinner(format!("{name}, fitted prior"));
    let latents =
        posterior_samples(model.posterior(), rows, &mut streams.rng("prior latents", &[]));
    let fitted = fit_sampler(&Mixture::PRIOR, &latents, &mut streams.rng("prior fit", &[]));
    let density = fitted.and_then(|fitted| fitted.density());
    progress.clear();
    let density =
        density.with_context(|| format!("the latents of the model {name:?}; {ADVICE}"))?;
    let density = density.with_context(|| format!("a mixture without a density; {ADVICE}"))?;
    Ok(model.under_prior(density))
}
