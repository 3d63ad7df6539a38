//! Small models, trained by the workbench's own loop.

use anyhow::Result;
use autodecoder_evaluation::{InferenceConfig, PriorKind, infer};
use autodecoder_models::{EncoderSpec, LatentModel, ModelKind, ModelSpec, PartSpec, Parts};
use autodecoder_training::{
    DeviceImages, EngineKind, OptimiserConfig, Precision, ScheduleKind, Silent, StartConfig,
    StartKind, Streams, Trainer, TrainingConfig, optimisers,
};
use serde_json::json;
use tch::{Device, Tensor};

/// What the checks vary; [`Recipe::train`] has the rest.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// With or without an encoder, variational or not.
    pub kind: ModelKind,
    /// Values in one latent.
    pub latent_dim: i64,
    /// Widths of the decoder's hidden layers.
    pub hidden: Vec<i64>,
    /// Name of the likelihood.
    pub likelihood: &'static str,
    /// Weight of the KL term.
    pub beta: f64,
    /// Passes over the images.
    pub epochs: u32,
    /// Images in a step.
    pub batch_size: u32,
    /// Where all random numbers come from.
    pub streams: Streams,
}

/// A model after its training.
#[derive(Debug)]
pub struct Trained {
    /// Decoder, likelihood and posterior.
    pub model: LatentModel,
    /// Rows of the training images.
    pub rows: Tensor,
}

impl Recipe {
    /// The model before its training.
    pub fn model(&self, images: &DeviceImages) -> Result<LatentModel> {
        let posterior = if self.kind.is_variational() { "gaussian" } else { "point" };
        let spec = ModelSpec {
            name: "small".to_owned(),
            kind: self.kind,
            latent_dim: self.latent_dim,
            posterior: posterior.to_owned(),
            encoder: self.encoder()?,
            decoder: part(json!({"kind": "mlp", "hidden": self.hidden}))?,
            likelihood: part(json!({"kind": self.likelihood}))?,
            beta: self.beta,
            l2: 0.0,
        };
        let mut rng = self.streams.rng("decoder", &[]);
        Ok(LatentModel::new(spec, images.shape(), &Parts::standard(), Device::Cpu, &mut rng)?)
    }

    /// The same with an encoder, which gives the rows instead of a table.
    pub fn with_encoder(self) -> Recipe {
        let kind = match self.kind.is_variational() {
            true => ModelKind::VariationalAutoencoder,
            false => ModelKind::Autoencoder,
        };
        Recipe { kind, ..self }
    }

    /// One hidden layer.
    fn encoder(&self) -> Result<Option<EncoderSpec>> {
        let encoder = json!({"kind": "mlp", "hidden": [128]});
        Ok(if self.kind.has_encoder() { Some(serde_json::from_value(encoder)?) } else { None })
    }

    /// Trains decoder and rows, or decoder and encoder.
    pub fn train(&self, images: &DeviceImages) -> Result<Trained> {
        let config = TrainingConfig {
            engine: EngineKind::Auto,
            precision: Precision::F32,
            epochs: self.epochs,
            batch_size: self.batch_size,
            latent_steps: 2,
            importance_samples: 1,
            regulariser_warm_up: 0.0,
            rescale: false,
            start: StartConfig {
                from: StartKind::Pca,
                scale: 2.0,
                spread: 0.2,
                variance_share: 1.0,
            },
            decoder: adam([0.9, 0.999], 0.003, 0.3)?,
            latents: adam([0.5, 0.9], self.latent_rate(), 0.3)?,
        };
        let model = self.model(images)?;
        let mut trainer = Trainer::new(&model, images, &config, &optimisers(), self.streams)?;
        trainer.run(None, || false, &mut Silent)?;
        let rows = trainer.rows().copy();
        Ok(Trained { model, rows })
    }

    /// An auto-decoder's rows have no noise to average over and want smaller steps.
    fn latent_rate(&self) -> f64 {
        if self.kind.is_variational() { 0.3 } else { 0.1 }
    }
}

impl Trained {
    /// Rows of images that the model has not seen, with the decoder frozen.
    pub fn infer(&self, images: &DeviceImages, streams: &Streams) -> Result<Tensor> {
        let config = InferenceConfig {
            engine: EngineKind::Auto,
            precision: Precision::F32,
            steps: 60,
            batch_size: 250,
            importance_samples: 1,
            spread: 0.2,
            candidates: 1,
            prior: PriorKind::Model,
            latents: adam([0.5, 0.9], 0.2, 0.0)?,
        };
        Ok(infer(&self.model, images, &config, &optimisers(), streams, &mut Silent)?)
    }
}

fn adam(betas: [f64; 2], rate: f64, warm_up: f64) -> Result<OptimiserConfig> {
    Ok(OptimiserConfig {
        optimiser: part(json!({"kind": "adam", "betas": betas}))?,
        rate,
        schedule: ScheduleKind::Cosine,
        warm_up,
    })
}

fn part(table: serde_json::Value) -> Result<PartSpec> {
    Ok(serde_json::from_value(table)?)
}
