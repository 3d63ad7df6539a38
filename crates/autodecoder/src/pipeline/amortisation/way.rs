//! The ways to find rows: where they begin, and how many steps they take.

use std::fmt;

use anyhow::{Context, Result};
use autodecoder_evaluation::{LinearEncoder, best_of_prior};
use autodecoder_training::{DeviceImages, Pca, Streams, encoded_rows};
use tch::{Kind, Tensor};

use crate::progress::Progress;
use crate::session::{Session, TrainedModel};

/// Draws that a search among prior samples compares.
pub const DRAWS: i64 = 2000;
/// Principal components that the linear map takes, at most.
pub const COMPONENTS: i64 = 64;

/// Where rows begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At what the encoder gives.
    Encoder,
    /// At the prior's mean.
    PriorMean,
    /// At a linear map of the image's principal components.
    Components,
    /// At the best of many prior samples.
    PriorSamples,
}

impl Start {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Start::Encoder => "encoder",
            Start::PriorMean => "prior's mean",
            Start::Components => "principal components",
            Start::PriorSamples => "best of 2,000 prior samples",
        }
    }
}

/// A start, and steps of inference from there.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub start: Start,
    pub steps: u32,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} steps", self.start.name(), self.steps)
    }
}

/// The ways that a model has; `steps` is how many its inference takes.
pub fn ways(encoder: bool, steps: u32) -> Vec<Way> {
    let few = [0, 1, 4, 20].into_iter().filter(|&few| few < steps);
    let from_encoder = few.chain([steps]).filter(|_| encoder);
    let from_encoder = from_encoder.map(|steps| Way { start: Start::Encoder, steps });
    let others = [Start::PriorMean, Start::Components, Start::PriorSamples];
    from_encoder.chain(others.map(|start| Way { start, steps })).collect()
}

/// What rows begin from.
pub struct Starts<'a> {
    trained: &'a TrainedModel<'a>,
    streams: Streams,
    linear: LinearEncoder<'a>,
}

impl<'a> Starts<'a> {
    /// The linear map is fitted to the training images' latents: those of the table, or the encoder's.
    pub fn new(
        session: &Session,
        trained: &'a TrainedModel<'a>,
        train: &DeviceImages,
        pca: &'a Pca,
    ) -> Starts<'a> {
        let latents = trained.model.posterior().mean(&trained.train.rows);
        let linear = LinearEncoder::fit(pca, train, &latents);
        Starts { trained, streams: session.streams(), linear }
    }

    /// First rows of `images`.
    pub fn rows(
        &self,
        start: Start,
        images: &DeviceImages,
        progress: &mut Progress,
    ) -> Result<Tensor> {
        let model = &self.trained.model;
        let posterior = model.posterior();
        let location = match start {
            Start::Encoder => {
                let encoder = model.encoder().context("a model without an encoder")?;
                return Ok(encoded_rows(encoder, images));
            }
            Start::PriorMean => {
                let size = [images.len(), model.spec().latent_dim];
                Tensor::full(size, posterior.prior().mean(), (Kind::Float, images.device()))
            }
            Start::Components => self.linear.latents(images),
            Start::PriorSamples => best_of_prior(model, images, DRAWS, &self.streams, progress)?,
        };
        Ok(posterior.start(&location, self.trained.config.inference.spread))
    }
}
