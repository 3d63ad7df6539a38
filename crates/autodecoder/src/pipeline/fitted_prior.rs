//! A prior that is fitted after training, for the rows of new images.

use anyhow::{Context, Result};
use autodecoder_distributions::Registry;
use autodecoder_evaluation::{PriorKind, SamplerFamily, fit_sampler, posterior_samples};
use autodecoder_models::LatentModel;
use autodecoder_training::Streams;
use tch::Tensor;

use crate::progress::Progress;

/// The model as rows of new images are fitted under it: with the prior that `kind` names. A fitted one is
/// that of the training images' `rows`; the same rows and streams give the same.
///
/// # Errors
/// Where the latents of the rows do not let themselves be fitted.
pub(crate) fn under_prior(
    model: LatentModel,
    kind: PriorKind,
    rows: &Tensor,
    samplers: &Registry<dyn SamplerFamily>,
    streams: &Streams,
) -> Result<LatentModel> {
    let sampler = match kind {
        PriorKind::Model => return Ok(model),
        PriorKind::Mixture => "mixture",
    };
    let name = model.spec().name.clone();
    let progress = Progress::spinner(format!("{name}, {sampler}"));
    // The same streams as those of the samplers: it is the same mixture.
    let mut rng = streams.rng("sampler latents", &[]);
    let latents = posterior_samples(model.posterior(), rows, &mut rng);
    let mut rng = streams.rng("sampler fit", &[]);
    let family = samplers.get(sampler)?;
    let fitted = fit_sampler(family.as_ref(), &latents, &mut rng);
    let density = fitted.and_then(|fitted| fitted.density());
    progress.clear();
    let advice = "inference.prior = \"model\" (or --prior model) needs no fit";
    let density =
        density.with_context(|| format!("the latents of the model {name:?}; {advice}"))?;
    let density =
        density.with_context(|| format!("the sampler {sampler:?} has no density; {advice}"))?;
    Ok(model.under_prior(density))
}
