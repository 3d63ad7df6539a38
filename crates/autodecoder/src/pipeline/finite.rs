//! Inference and scores that are numbers: JSON knows no NaN, and a report should not.

use std::fmt;

use anyhow::Result;
use autodecoder_evaluation::{
    self as evaluation, ImportanceBounds, InferenceConfig, Metrics, PriorGap, Spread,
};
use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, Observer};
use tch::Tensor;

use crate::experiment::ModelConfig;
use crate::session::{Session, TrainedModel};

/// Rows or scores that are not finite; says of which model, and what to do.
#[derive(Debug)]
struct NotFinite(String);

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotFinite {}

/// How far the rows of training and test images lie from the prior, and makes sure that it is
/// numbers: norms overflow long before rows do.
pub(super) fn prior_gap(
    session: &Session,
    model: &LatentModel,
    train: &Tensor,
    test: &Tensor,
) -> Result<PriorGap> {
    let gap = evaluation::prior_gap(model.posterior(), train, test, &session.streams());
    let spreads = [
        gap.latent_norm,
        gap.prior_norm,
        gap.dimension_offset,
        gap.dimension_variance_ratio,
        gap.test_to_nearest_train,
        gap.prior_to_nearest_train,
    ];
    let finite =
        |spread: &Spread| [spread.lower, spread.median, spread.upper].iter().all(|v| v.is_finite());
    if spreads.iter().all(finite) {
        return Ok(gap);
    }
    let problem = format!(
        "model {:?}: its latents lie so far from the prior that the distance is not finite: training \
         or inference diverged; lower training.latents.rate or inference.latents.rate",
        model.spec().name
    );
    Err(NotFinite(problem).into())
}

/// Whether training, inference or scoring failed because numbers ran away.
pub(super) fn is_divergence(error: &anyhow::Error) -> bool {
    use autodecoder_training::Error::Diverged;
    error.is::<NotFinite>() || matches!(error.downcast_ref(), Some(Diverged { .. }))
}

/// Infers the rows of `images`, and makes sure that they are numbers.
pub(crate) fn infer(
    session: &Session,
    config: &ModelConfig,
    model: &LatentModel,
    images: &DeviceImages,
    observer: &mut dyn Observer,
) -> Result<Tensor> {
    let (optimisers, streams) = (&session.catalogue.optimisers, session.streams());
    let rows = evaluation::infer(model, images, &config.inference, optimisers, &streams, observer)?;
    finite_rows(config, rows)
}

/// Posteriors for the bounds on the log likelihood of the first images, as many as are asked for: their `rows`,
/// fitted to the bound of several samples in the steps of inference.
pub(super) fn proposals(
    session: &Session,
    trained: &TrainedModel,
    rows: &Tensor,
    images: &DeviceImages,
    observer: &mut dyn Observer,
) -> Result<Tensor> {
    let (optimisers, streams) = (&session.catalogue.optimisers, session.streams());
    let settings = &session.experiment.evaluation.importance;
    let TrainedModel { config, model, .. } = trained;
    let inference = InferenceConfig {
        importance_samples: settings.proposal_samples,
        ..config.inference.clone()
    };
    let rows = rows.narrow(0, 0, settings.count(images.len())).copy();
    let rows =
        evaluation::fit_rows(model, images, rows, &inference, optimisers, &streams, observer)?;
    finite_rows(config, rows)
}

/// `rows`, if they are numbers.
fn finite_rows(config: &ModelConfig, rows: Tensor) -> Result<Tensor> {
    if rows.isfinite().all().int64_value(&[]) == 1 {
        return Ok(rows);
    }
    let problem = format!(
        "model {:?}: the rows that inference fits are not finite any more; \
         lower inference.latents.rate = {}",
        config.name, config.inference.latents.rate
    );
    Err(NotFinite(problem).into())
}

/// Scores rows, and makes sure that the scores are numbers: JSON knows no others.
pub(crate) fn score(
    session: &Session,
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    stream: &str,
    observer: &mut dyn Observer,
) -> Result<Metrics> {
    let (settings, streams) = (&session.experiment.evaluation, session.streams());
    let metrics = evaluation::evaluate(model, rows, images, settings, &streams, stream, observer)?;
    let scores = [metrics.mse, metrics.reconstruction, metrics.negative_elbo.unwrap_or(0.0)];
    if scores.iter().all(|score| score.is_finite()) {
        return Ok(metrics);
    }
    let problem = format!(
        "model {:?}: its scores are not finite (MSE {}, reconstruction {} nats): training or \
         inference diverged; lower their rates",
        model.spec().name,
        metrics.mse,
        metrics.reconstruction
    );
    Err(NotFinite(problem).into())
}

/// Bounds the log likelihood of the images whose rows these are, and makes sure that the bounds are
/// numbers.
pub(super) fn importance_bounds(
    session: &Session,
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    observer: &mut dyn Observer,
) -> Result<Option<ImportanceBounds>> {
    let (settings, streams) = (&session.experiment.evaluation.importance, session.streams());
    let name = "importance samples";
    let bounds =
        evaluation::importance_bounds(model, rows, images, settings, &streams, name, observer)?;
    let finite = |found: &ImportanceBounds| {
        found.bounds.iter().all(|bound| bound.log_likelihood.is_finite())
    };
    if bounds.as_ref().is_none_or(finite) {
        return Ok(bounds);
    }
    let problem = format!(
        "model {:?}: the bounds on its log likelihood are not finite: training or inference \
         diverged; lower their rates",
        model.spec().name
    );
    Err(NotFinite(problem).into())
}
