//! What every step of a run works with.

use anyhow::Result;
use autodecoder_models::{LatentModel, load_model};
use autodecoder_training::{Latents, Streams, read_latents};
use tch::Device;

use crate::experiment::{Experiment, ModelConfig};
use crate::images::Images;
use crate::run_folder::{Environment, RunFolder};
use crate::Catalogue;

/// An experiment, its folder and its images.
#[derive(Debug)]
pub struct Session {
    /// The experiment.
    pub experiment: Experiment,
    /// Where its artefacts lie.
    pub folder: RunFolder,
    /// What experiment files can name.
    pub catalogue: Catalogue,
    /// Where tensors live.
    pub device: Device,
    /// What the run is computed with.
    pub environment: Environment,
    /// The images.
    pub images: Images,
}

/// A trained model as it lies on disk.
#[derive(Debug)]
pub struct TrainedModel<'a> {
    /// How it was made.
    pub config: &'a ModelConfig,
    /// Decoder, likelihood and posterior.
    pub model: LatentModel,
    /// Rows of the training images.
    pub train: Latents,
}

impl Session {
    /// The experiment's random streams.
    pub fn streams(&self) -> Streams {
        Streams::new(self.experiment.seed)
    }

    /// Loads a trained model. Every step that measures or draws reads the files, so that a run
    /// that was interrupted in between computes with the same bits.
    ///
    /// # Errors
    /// Where the model was not trained yet, or its files are damaged.
    pub fn load<'a>(&self, config: &'a ModelConfig) -> Result<TrainedModel<'a>> {
        let model = load_model(&self.folder.model(&config.name), &self.catalogue.parts, self.device)?;
        let path = self.folder.train_latents(&config.name);
        let train = read_latents(&path, model.posterior(), config.latent_dim, self.device)?;
        Ok(TrainedModel { config, model, train })
    }

    /// Loads the inferred rows of the test images.
    ///
    /// # Errors
    /// Where there are none yet, or the file is damaged.
    pub fn load_test(&self, trained: &TrainedModel) -> Result<Latents> {
        let path = self.folder.test_latents(&trained.config.name);
        let latent_dim = trained.config.latent_dim;
        Ok(read_latents(&path, trained.model.posterior(), latent_dim, self.device)?)
    }
}
