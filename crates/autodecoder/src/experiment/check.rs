//! Checks of a whole experiment: every value's range, every name, and what must fit together.

use anyhow::{Context, Result, bail, ensure};
use autodecoder_evaluation::{ImportanceConfig, PriorKind};
use autodecoder_training::{PixelKind, check_importance_samples, check_range, check_weighed};

use super::from_table::from_table;
use super::merge::merge;
use super::{
    ComparisonConfig, DataConfig, Experiment, ModelConfig, TargetConfig, TargetMetric,
    VariantConfig,
};
use crate::Catalogue;

/// The most values of a latent table: 2 GB, and three times as much with Adam's moments. All of
/// Fashion-MNIST fits at the largest latents.
const MAX_TABLE: u64 = 500_000_000;
/// The most images of a half.
const MOST: usize = 10_000_000;

/// Checks `experiment`; the first problem is the error, with the key's path.
pub(super) fn check(experiment: &Experiment, catalogue: &Catalogue) -> Result<()> {
    check_name("name", &experiment.name)?;
    check_sizes(experiment)?;
    catalogue.datasets.get(&experiment.data.set).context("data.set")?;
    experiment.evaluation.check().context("evaluation")?;
    for (index, model) in experiment.models.iter().enumerate() {
        check_name(&format!("models[{index}].name"), &model.name)?;
        ensure!(
            experiment.models[..index].iter().all(|other| other.name != model.name),
            "models[{index}].name = {:?}: expected a name that no other model has",
            model.name
        );
        check_pixels(model, experiment.data.pixels)
            .and_then(|()| check_model(model, experiment.data.train, catalogue))
            .and_then(|()| check_proposals(model, &experiment.evaluation.importance, catalogue))
            .with_context(|| format!("model {:?}", model.name))?;
    }
    for (index, comparison) in experiment.comparisons.iter().enumerate() {
        check_comparison(comparison, experiment, catalogue)
            .with_context(|| format!("comparisons[{index}]"))?;
    }
    for (index, target) in experiment.targets.iter().enumerate() {
        check_target(target, experiment).with_context(|| format!("targets[{index}]"))?;
    }
    Ok(())
}

fn check_target(target: &TargetConfig, experiment: &Experiment) -> Result<()> {
    let model = experiment.model(&target.model)?;
    ensure!(target.at_most.is_finite(), "at_most = {}: expected a number", target.at_most);
    let importance = &experiment.evaluation.importance;
    let (name, needs) = match target.metric {
        TargetMetric::Mse | TargetMetric::ReconstructionLoss => return Ok(()),
        TargetMetric::NegativeElbo => ("negative_elbo", None),
        TargetMetric::NegativeLogLikelihood => {
            ("negative_log_likelihood", (importance.samples == 0).then_some("samples"))
        }
        TargetMetric::NegativeLogLikelihoodFitted => {
            let missing = if importance.samples == 0 { "samples" } else { "proposal_samples" };
            let name = "negative_log_likelihood_fitted";
            (name, (!importance.fits_proposals()).then_some(missing))
        }
    };
    ensure!(model.kind.is_variational(), "metric = \"{name}\": {} has none", model.kind);
    if let Some(key) = needs {
        bail!("metric = \"{name}\": expected evaluation.importance.{key} above 0");
    }
    Ok(())
}

fn check_sizes(experiment: &Experiment) -> Result<()> {
    let Experiment { data, figures, .. } = experiment;
    // 0 stands for all: how many they are is known when they are loaded, and checked then.
    let [train, test] = [data.train, data.test].map(|count| if count == 0 { MOST } else { count });
    check_range("data.train", train, 2..=MOST)?;
    // Two, so that there is one to interpolate to.
    check_range("data.test", test, 2..=MOST)?;
    check_range("data.test_share", data.test_share, 0.001..=0.999)?;
    for side in data.size.into_iter().flatten() {
        check_range("data.size", side, 1..=4096)?;
    }
    if let Some(hidden) = &data.hidden {
        hidden.check()?;
    }
    let importance = &experiment.evaluation.importance;
    if let Some(images) = importance.images {
        check_range("evaluation.importance.images", images as usize, 1..=test)?;
    }
    check_range("figures.images", figures.images, 1..=test.min(20))?;
    check_range("figures.samples", figures.samples, 1..=1000)?;
    check_range("figures.interpolation_steps", figures.interpolation_steps, 1..=20)?;
    check_figure_epochs(experiment)?;
    check_range("figures.tsne.points", figures.tsne.points, 10..=1_000_000)?;
    check_range("figures.tsne.epochs", figures.tsne.epochs, 1..=1_000_000)?;
    check_perplexity(figures.tsne.perplexity, figures.tsne.points.min(train))
}

/// Epochs that no model reaches would be drawn nowhere, and without a word.
fn check_figure_epochs(experiment: &Experiment) -> Result<()> {
    let epochs = &experiment.figures.epochs;
    let longest = experiment.models.iter().map(|model| model.training.epochs).max().unwrap_or(0);
    ensure!(
        epochs.len() <= 20
            && epochs.is_sorted_by(|a, b| a < b)
            && epochs.iter().all(|&epoch| epoch <= longest),
        "figures.epochs = {epochs:?}: expected at most 20 rising numbers from 0 to {longest}, the \
         epochs of the model that is trained longest"
    );
    Ok(())
}

/// A point's neighbourhood must be clearly smaller than the map.
fn check_perplexity(perplexity: f64, points: usize) -> Result<()> {
    let limit = (points as f64 - 1.0) / 3.0;
    ensure!(
        perplexity > 1.0 && perplexity < limit,
        "figures.tsne.perplexity = {perplexity}: expected a value above 1 and below {limit:.1}, a \
         third of the {points} points on a map less one"
    );
    Ok(())
}

/// Names become folders.
pub(super) fn check_name(key: &str, name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ensure!(
        !name.is_empty() && name.len() <= 64 && name.chars().all(allowed),
        "{key} = {name:?}: expected 1 to 64 letters, digits, '-' or '_'"
    );
    Ok(())
}

/// Checks a model that is trained on `images` images.
fn check_model(model: &ModelConfig, images: usize, catalogue: &Catalogue) -> Result<()> {
    check_range("latent_dim", model.latent_dim, 1..=4096)?;
    check_range("beta", model.beta, 0.0..=1000.0)?;
    check_range("l2", model.l2, 0.0..=1000.0)?;
    model.training.check().context("training")?;
    model.inference.check().context("inference")?;
    let posterior = catalogue.parts.posteriors.get(&model.posterior).context("posterior")?;
    model.training.check_posterior(posterior.as_ref())?;
    model.inference.check_posterior(posterior.as_ref())?;
    check_table(model.latent_dim, images, posterior.row_width(model.latent_dim))?;
    catalogue.parts.decoders.get(&model.decoder.kind).context("decoder.kind")?;
    if let Some(encoder) = &model.encoder {
        catalogue.parts.encoders.get(&encoder.part.kind).context("encoder.kind")?;
    }
    let likelihood = catalogue.parts.likelihoods.get(&model.likelihood.kind);
    likelihood.context("likelihood.kind")?.build(&model.likelihood.options(), tch::Device::Cpu)?;
    model.training.decoder.build(&catalogue.optimisers).context("training.decoder.optimiser")?;
    model.training.latents.build(&catalogue.optimisers).context("training.latents.optimiser")?;
    model.inference.latents.build(&catalogue.optimisers).context("inference.latents.optimiser")?;
    check_kind(model)
}

/// Checks that proposals can be fitted to a model's bound, if they are to be.
fn check_proposals(
    model: &ModelConfig,
    importance: &ImportanceConfig,
    catalogue: &Catalogue,
) -> Result<()> {
    if !importance.fits_proposals() || !model.kind.is_variational() {
        return Ok(());
    }
    let (key, samples) = ("evaluation.importance.proposal_samples", importance.proposal_samples);
    check_importance_samples(samples, model.inference.batch_size)
        .with_context(|| format!("{key} = {samples}, in steps of inference.batch_size"))?;
    let posterior = catalogue.parts.posteriors.get(&model.posterior).context("posterior")?;
    Ok(check_weighed(key, samples, posterior.as_ref())?)
}

/// A density on all of [0, 1] says nothing of pixels that are 0 or 1: it can be as high there as it
/// likes.
fn check_pixels(model: &ModelConfig, pixels: PixelKind) -> Result<()> {
    ensure!(
        pixels == PixelKind::Grey || model.likelihood.kind != "continuous-bernoulli",
        "likelihood = \"continuous-bernoulli\" with data.pixels = \"binarised\": it is a density of \
         grey pixels; choose \"bernoulli\""
    );
    Ok(())
}

/// A table that memory cannot hold would end the process without a word.
fn check_table(latent_dim: i64, images: usize, row_width: i64) -> Result<()> {
    let values = (images as u64).saturating_mul(row_width.unsigned_abs());
    ensure!(
        values <= MAX_TABLE,
        "latent_dim = {latent_dim}: {images} training images with rows of {row_width} values make a \
         latent table of {values} values, expected at most {MAX_TABLE}; lower latent_dim or the \
         number of images"
    );
    Ok(())
}

fn check_kind(model: &ModelConfig) -> Result<()> {
    let ModelConfig { kind, posterior, .. } = model;
    ensure!(
        kind.has_encoder() == model.encoder.is_some(),
        "encoder: {kind} {}",
        if kind.has_encoder() { "needs one" } else { "has none" }
    );
    ensure!(
        model.inference.prior == PriorKind::Model
            || *kind == autodecoder_models::ModelKind::VariationalAutoDecoder,
        "inference.prior = \"mixture\": {kind} fits no posteriors to test images that could be held near \
         it; give it to the variational auto-decoders' own inference"
    );
    if kind.is_variational() {
        ensure!(
            posterior != "point",
            "posterior = \"point\": {kind} needs a posterior with a density"
        );
        ensure!(model.l2 == 0.0, "l2 = {}: {kind} has the KL term for that; use beta", model.l2);
    } else {
        ensure!(
            posterior == "point",
            "posterior = {posterior:?}: the posterior of {kind} is \"point\""
        );
        ensure!(
            model.beta == 1.0,
            "beta = {}: {kind} has no KL term; use l2 or leave it out",
            model.beta
        );
    }
    Ok(())
}

fn check_comparison(
    comparison: &ComparisonConfig,
    experiment: &Experiment,
    catalogue: &Catalogue,
) -> Result<()> {
    let DataConfig { train, test, .. } = experiment.data;
    let most = |count| if count == 0 { MOST } else { count };
    check_range("train", comparison.train, 2..=most(train))?;
    check_range("test", comparison.test, 1..=most(test))?;
    ensure!(!comparison.variants.is_empty(), "variants: expected at least one");
    for (index, variant) in comparison.variants.iter().enumerate() {
        ensure!(
            comparison.variants[..index].iter().all(|other| other.name != variant.name),
            "variants[{index}].name = {:?}: expected a name that no other variant has",
            variant.name
        );
        let model = comparison.variant(variant, experiment)?;
        check_pixels(&model, experiment.data.pixels)
            .and_then(|()| check_model(&model, comparison.train, catalogue))
            .with_context(|| format!("variant {:?}", variant.name))?;
    }
    Ok(())
}

impl Experiment {
    /// The model that a `model` key names.
    ///
    /// # Errors
    /// Where there is none; the message lists the models.
    pub fn model(&self, name: &str) -> Result<&ModelConfig> {
        self.models.iter().find(|model| model.name == name).with_context(|| {
            let known: Vec<_> = self.models.iter().map(|m| m.name.as_str()).collect();
            format!("model = {name:?}: expected one of {}", known.join(", "))
        })
    }
}

impl ComparisonConfig {
    /// The model that `variant` describes.
    ///
    /// # Errors
    /// Where the comparison names no model of the experiment, or sets keys that a model does not
    /// have.
    pub fn variant(&self, variant: &VariantConfig, experiment: &Experiment) -> Result<ModelConfig> {
        let base = experiment.model(&self.model)?;
        let table = toml::Table::try_from(base).context("a model as a table")?;
        let table = merge(merge(table, &self.common), &variant.set);
        let ranges = |model: &ModelConfig| {
            model.training.check()?;
            Ok(model.inference.check()?)
        };
        from_table(table, &format!("variant {:?}: ", variant.name), &ranges)
    }
}
