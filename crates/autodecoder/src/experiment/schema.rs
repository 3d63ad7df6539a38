//! The resolved experiment: every default written out.

use std::path::PathBuf;

use autodecoder_data::{FileOptions, PictureOptions, Scaling};
use autodecoder_evaluation::{EvaluationConfig, InferenceConfig};
use autodecoder_models::{EncoderSpec, ModelKind, ModelSpec, PartSpec};
use autodecoder_training::{PixelKind, TrainingConfig};
use serde::{Deserialize, Serialize};
use toml::Table;

use super::HiddenConfig;

/// A whole experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// The experiment's name; the folder under `runs/` is called so.
    pub name: String,
    /// One line for the report.
    pub title: String,
    /// The seed that every random stream derives from.
    pub seed: u64,
    /// The images.
    pub data: DataConfig,
    /// An earlier run whose models, and whose rows of the same images, training starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_from: Option<PathBuf>,
    /// How rows are scored.
    pub evaluation: EvaluationConfig,
    /// What is drawn.
    pub figures: FiguresConfig,
    /// The models, in the order of the report.
    pub models: Vec<ModelConfig>,
    /// Small measured comparisons that back the choices made.
    #[serde(default)]
    pub comparisons: Vec<ComparisonConfig>,
    /// Numbers to reach; the report says which were.
    #[serde(default)]
    pub targets: Vec<TargetConfig>,
}

/// A number to reach on the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// Name of the model.
    pub model: String,
    /// What is measured.
    pub metric: TargetMetric,
    /// The largest value that reaches the target.
    pub at_most: f64,
    /// Where the number comes from.
    pub source: String,
}

/// A metric that a target can be set for; lower is better for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetMetric {
    /// Mean squared error per pixel.
    Mse,
    /// The course's reconstruction loss.
    ReconstructionLoss,
    /// Negative ELBO, nats per image.
    NegativeElbo,
    /// `−log p̂_K` at the largest K of `evaluation.importance`, nats per image.
    NegativeLogLikelihood,
    /// The same with proposals that were fitted to the bound of `evaluation.importance.proposal_samples`.
    NegativeLogLikelihoodFitted,
}

/// Which images are used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Name of the data set.
    pub set: String,
    /// Where its files lie; of `files` it may be a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Training images, a class-balanced subset; 0 for all.
    pub train: usize,
    /// Test images, a class-balanced subset; 0 for all.
    pub test: usize,
    /// What models are given of them.
    pub pixels: PixelKind,
    /// Share of a user's own rows that are held out for testing.
    pub test_share: f64,
    /// Whether bad pictures are left out, and listed, rather than an error.
    pub skip_bad: bool,
    /// Height and width that pictures are resized to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<[usize; 2]>,
    /// A file that says which values are observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<PathBuf>,
    /// What is taken away from the images on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<HiddenConfig>,
}

impl DataConfig {
    /// How a user's own files are read; a table by `scaling`, if it is known already.
    pub fn options(&self, scaling: Option<Scaling>) -> FileOptions {
        FileOptions {
            pictures: PictureOptions { size: self.size, skip_bad: self.skip_bad },
            test_share: self.test_share,
            mask: self.mask.clone(),
            scaling,
        }
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiguresConfig {
    /// Test images, and prior samples, per model in the figure that sets them side by side.
    pub images: usize,
    /// Prior samples on each model's sheet.
    pub samples: usize,
    /// Epochs after which prior samples are drawn during training; 0 is before the first.
    pub epochs: Vec<u32>,
    /// Points between the two ends of an interpolation.
    pub interpolation_steps: u32,
    /// Indices, in the test set, of the two images that are interpolated; by default the first
    /// trouser and the first ankle boot of the subset (labels 1 and 9), or the first two images of
    /// different classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpolate: Option<[u32; 2]>,
    /// The t-SNE maps.
    pub tsne: TsneConfig,
}

/// How latents are mapped to two dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsneConfig {
    /// At most so many training latents.
    pub points: usize,
    /// Effective number of neighbours.
    pub perplexity: f64,
    /// Gradient steps.
    pub epochs: usize,
}

/// A model and how it is fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// The model's name.
    pub name: String,
    /// AD, VAD, AE or VAE.
    pub kind: ModelKind,
    /// Values in one latent.
    pub latent_dim: i64,
    /// Name of the posterior.
    pub posterior: String,
    /// The encoder, of an AE or VAE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderSpec>,
    /// The decoder's family and options.
    pub decoder: PartSpec,
    /// The likelihood's family and options.
    pub likelihood: PartSpec,
    /// Weight of the KL term.
    pub beta: f64,
    /// Weight of `‖z‖²`.
    pub l2: f64,
    /// How the model is trained.
    pub training: TrainingConfig,
    /// How rows are fitted to unseen images.
    pub inference: InferenceConfig,
}

impl ModelConfig {
    /// The part of the configuration that describes the model itself.
    pub fn spec(&self) -> ModelSpec {
        ModelSpec {
            name: self.name.clone(),
            kind: self.kind,
            latent_dim: self.latent_dim,
            posterior: self.posterior.clone(),
            encoder: self.encoder.clone(),
            decoder: self.decoder.clone(),
            likelihood: self.likelihood.clone(),
            beta: self.beta,
            l2: self.l2,
        }
    }
}

/// One question, answered by training small variants of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonConfig {
    /// The question, as the report prints it.
    pub question: String,
    /// Name of the model that is varied.
    pub model: String,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// Changes to the model that all variants share, such as fewer epochs.
    #[serde(default)]
    pub common: Table,
    /// The variants, in the order of the report.
    pub variants: Vec<VariantConfig>,
}

/// A variant of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantConfig {
    /// The name, as the report prints it.
    pub name: String,
    /// Changes to the model: any keys of a model's table.
    #[serde(default)]
    pub set: Table,
}
