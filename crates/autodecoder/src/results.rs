//! `results.json`: every metric of a run.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_evaluation::{ImportanceBounds, Metrics, PriorGap};
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
    /// Metrics by model.
    pub models: BTreeMap<String, ModelResults>,
    /// The comparisons that were made.
    pub comparisons: Vec<ComparisonResults>,
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

/// What was measured of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelResults {
    /// AD, VAD, AE or VAE.
    pub kind: ModelKind,
    /// Name of the posterior.
    pub posterior: String,
    /// Name of the prior.
    pub prior: String,
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

/// The quality of a t-SNE map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TsneResults {
    /// Latents on the map.
    pub points: usize,
    /// Effective number of neighbours.
    pub perplexity: f64,
    /// Exact KL divergence between the neighbourhoods, nats.
    pub kl: f64,
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
