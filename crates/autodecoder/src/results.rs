//! `results.json`: every metric of a run.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_evaluation::{Metrics, NeighbourProbe, PriorGap, Probes, SampleQuality, Spread};
use autodecoder_models::ModelKind;
use autodecoder_models::tensor_file::write_atomically;
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
