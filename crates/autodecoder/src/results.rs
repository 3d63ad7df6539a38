//! `results.json`: every metric of a run.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_evaluation::{
    ImportanceBounds, Metrics, NeighbourProbe, PriorGap, Probes, SampleQuality, Spread,
};
use autodecoder_models::ModelKind;
use autodecoder_models::tensor_file::write_atomically;
use autodecoder_training::PixelKind;
use serde::{Deserialize, Serialize};

use crate::Environment;

/// The file's contents; docs/experiments.md describes each key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Version of this schema.
    pub format: u32,
    /// The experiment's name.
    pub experiment: String,
    /// The experiment's seed.
    pub seed: u64,
    /// What the run was computed with.
    pub environment: Environment,
    /// Number of images.
    pub data: DataSizes,
    /// What samples were judged by, once they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<JudgeResults>,
    /// What the pixels themselves tell of the class; runs of earlier versions did not ask.
    #[serde(default)]
    pub pixels: Option<PixelProbes>,
    /// What encoders lose, once it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amortisation: Option<AmortisationResults>,
    /// Metrics by model.
    pub models: BTreeMap<String, ModelResults>,
    /// The comparisons that were made.
    pub comparisons: Vec<ComparisonResults>,
}

/// What pixels tell of an image's class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PixelProbes {
    /// The vote of the training images that are nearest by their pixels.
    pub knn: NeighbourProbe,
}

/// Number of images of each half.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSizes {
    /// Name of the data set.
    pub set: String,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// What the models were given of them.
    #[serde(default)]
    pub pixels: PixelKind,
}

/// Ways to find the rows of the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmortisationResults {
    /// How far above its best way an image counts as `worse`, nats.
    pub worse_by: f64,
    /// The ways.
    pub ways: Vec<WayResults>,
}

/// One way to find rows, under one decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WayResults {
    /// Name of the model whose decoder it is.
    pub model: String,
    /// Where rows begin.
    pub start: String,
    /// Steps of inference from there.
    pub steps: u32,
    /// Their highest learning rate, where there are any.
    pub rate: Option<f64>,
    /// Negative ELBO, nats per image.
    pub negative_elbo: f64,
    /// Its standard error over images.
    pub standard_error: f64,
    /// Negative ELBO less that of each image's best way under the same decoder, nats per image.
    pub above_best: f64,
    /// Images that lie further above their best way than `worse_by`.
    pub worse: u64,
    /// Wall-clock seconds, the start's included.
    pub seconds_per_image: f64,
}

/// What was measured of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelResults {
    /// AD, VAD, AE or VAE.
    pub kind: ModelKind,
    /// Name of the posterior.
    pub posterior: String,
    /// Name of the prior.
    pub prior: String,
    /// Name of the prior that rows of test images are held near and scored under, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_prior: Option<String>,
    /// Name of the likelihood.
    pub likelihood: String,
    /// Values in one latent.
    pub latent_dim: i64,
    /// Learned values besides the rows.
    pub parameters: i64,
    /// On the training images, with the rows that training left or the encoder gives.
    pub train: Metrics,
    /// On the test images, with inferred rows or what the encoder gives.
    pub test: Metrics,
    /// How far latents lie from the prior.
    pub prior_gap: PriorGap,
    /// Bounds on the log likelihood of test images; `None` where none were asked for, and for an AD.
    #[serde(default)]
    pub importance: Option<ImportanceResults>,
    /// The same with proposals fitted to the bound, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importance_fitted: Option<ImportanceResults>,
    /// The quality of its samples, once they were judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<ModelSamples>,
    /// What the latents tell of the class; runs of earlier versions did not ask.
    #[serde(default)]
    pub probes: Option<Probes>,
    /// The t-SNE map, once there is one.
    pub tsne: Option<TsneResults>,
    /// Wall-clock seconds.
    pub seconds: Seconds,
}

/// Bounds on the log likelihood of test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportanceResults {
    /// The bounds, without those of each image.
    #[serde(flatten)]
    pub bounds: ImportanceBounds,
    /// How far the model is ahead of the first one of the experiment that has bounds; `None` for that
    /// one, and where their likelihoods differ.
    pub difference: Option<Difference>,
}

/// The largest K's bound less that of another model, mean over the same test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The other model.
    pub from: String,
    /// Nats per image; above 0 where this model's bound is the higher one.
    pub log_likelihood: f64,
    /// Standard error over images of the paired differences.
    pub standard_error: f64,
}

/// What samples are judged by, and what real images reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JudgeResults {
    /// Share of the data set's test images that the classifier names rightly.
    pub classifier_accuracy: f64,
    /// Features of an image.
    pub features: i64,
    /// Training images judged as samples are.
    pub floor: SampleQuality,
    /// Distance from a test image to the nearest training image, by features.
    pub test_to_nearest_train: Spread,
}

/// The quality of a model's samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSamples {
    /// Test images decoded from the means of their rows, judged as samples are.
    pub reconstructions: SampleQuality,
    /// Samples by the name of their sampler.
    pub samplers: BTreeMap<String, SamplerResults>,
}

/// The quality of one sampler's samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SamplerResults {
    /// Beside the test images.
    #[serde(flatten)]
    pub quality: SampleQuality,
    /// Distance from a sample to the nearest training image, by features.
    pub to_nearest_train: Spread,
}

impl ModelResults {
    /// Whether the t-SNE map was made, and all of it measured.
    pub(crate) fn has_map(&self) -> bool {
        self.tsne.is_some_and(|tsne| tsne.trustworthiness.is_some())
    }
}

/// The quality of a t-SNE map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TsneResults {
    /// Latents on the map.
    pub points: usize,
    /// Effective number of neighbours.
    pub perplexity: f64,
    /// Exact KL divergence between the neighbourhoods, nats.
    pub kl: f64,
    /// Trustworthiness of the map (Venna and Kaski 2001): 1 where all neighbours on it are neighbours
    /// in the latent space, about ½ for a map at random; runs of earlier versions did not ask.
    #[serde(default)]
    pub trustworthiness: Option<f64>,
    /// Neighbours of each point that it looks at.
    #[serde(default)]
    pub trustworthiness_neighbours: Option<usize>,
}

/// Wall-clock seconds of a model's steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Training, without checkpoints.
    pub train: f64,
    /// Writing checkpoints during training; runs of earlier versions did not say.
    #[serde(default)]
    pub checkpoints: f64,
    /// Inference on the test images.
    pub inference: f64,
    /// Bounding the log likelihood of the test images, where that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<f64>,
    /// Fitting proposals and bounding it with them, where that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihood_fitted: Option<f64>,
}

/// One question's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonResults {
    /// The question.
    pub question: String,
    /// Name of the model that was varied.
    pub model: String,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// One entry per variant.
    pub variants: Vec<VariantResults>,
}

/// One variant's metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantResults {
    /// The variant's name.
    pub name: String,
    /// Learned values besides the rows.
    pub parameters: i64,
    /// On the test images; `None` where training or inference diverged.
    pub test: Option<Metrics>,
    /// Wall-clock seconds.
    pub seconds: Seconds,
}

impl Results {
    /// Reads the file at `path`; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be read or has another schema.
    pub fn read(path: &Path) -> Result<Option<Results>> {
        if !path.exists() {
            return Ok(None);
        }
        let results = read_json(path).with_context(|| {
            "the results are damaged; remove the file, and `autodecoder reproduce` (or evaluate, \
             compare and tsne) computes them again"
        })?;
        Ok(Some(results))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_json(path, self)
    }
}

/// Reads a JSON file.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Writes a JSON file, indented, by way of a temporary name.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).context("results as JSON")?;
    text.push('\n');
    Ok(write_atomically(path, text.as_bytes())?)
}
