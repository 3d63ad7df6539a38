//! Inference: fresh rows for given images, with the decoder frozen.

use std::time::Instant;

use autodecoder_distributions::Registry;
use autodecoder_models::LatentModel;
use autodecoder_training::{
    BatchRecord, DeviceImages, Error, Observer, Optimiser, OptimiserConfig, OptimiserFamily,
    RangeError, RowBatch, RowStep, Streams, check_range, latent_noise, row_step,
};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// How rows are fitted to unseen images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceConfig {
    /// Gradient steps per image.
    pub steps: u32,
    /// Images fitted side by side. A row does not see the others of its batch, so this only
    /// changes speed (and which noise an image gets).
    pub batch_size: u32,
    /// Standard deviation that posteriors begin with, in units of the prior's. Rows begin at the
    /// prior's mean.
    pub spread: f64,
    /// How the rows are moved; progress counts an image's steps.
    pub latents: OptimiserConfig,
}

impl InferenceConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// The first value out of its range, with its key relative to this section.
    pub fn check(&self) -> Result<(), RangeError> {
        check_range("steps", self.steps, 1..=1_000_000)?;
        check_range("batch_size", self.batch_size, 1..=65_536)?;
        check_range("spread", self.spread, 1e-4..=0.999)?;
        self.latents.check("latents")
    }
}

/// Fits rows `[N, row_width]` to all `images`. The model's objective with full regulariser weight is
/// what they descend on; the decoder does not change.
///
/// # Errors
/// For settings out of range, an optimiser that does not exist or does not take its options, and
/// [`Error::Interrupted`] where the observer asked for a stop.
pub fn infer(
    model: &LatentModel,
    images: &DeviceImages,
    config: &InferenceConfig,
    optimisers: &Registry<dyn OptimiserFamily>,
    streams: &Streams,
    observer: &mut dyn Observer,
) -> Result<Tensor, Error> {
    config.check()?;
    let optimiser = config.latents.build(optimisers)?;
    let inference = Inference { model, config, optimiser: optimiser.as_ref(), streams };
    let batches = images.len().unsigned_abs().div_ceil(u64::from(config.batch_size));
    let started = Instant::now();
    let mut rows = Vec::new();
    for ((start, pixels), number) in images.batches(i64::from(config.batch_size)).zip(0..) {
        let count = pixels.size()[0];
        let (fitted, objective) = inference.fit(&Batch { number, batches, pixels }, observer)?;
        rows.push(fitted);
        let images_per_second = (start + count) as f64 / started.elapsed().as_secs_f64();
        observer.batch(&BatchRecord { objective, images_per_second });
    }
    Ok(Tensor::cat(&rows, 0))
}

struct Batch {
    number: u64,
    batches: u64,
    pixels: Tensor,
}

/// What all batches share.
struct Inference<'a> {
    model: &'a LatentModel,
    config: &'a InferenceConfig,
    optimiser: &'a dyn Optimiser,
    streams: &'a Streams,
}

impl Inference<'_> {
    /// The rows of a batch, and their objective at the last step, nats per image.
    fn fit(&self, batch: &Batch, observer: &mut dyn Observer) -> Result<(Tensor, f64), Error> {
        let Inference { model, config, optimiser, .. } = *self;
        let (steps, posterior) = (config.steps, model.posterior());
        let (device, count) = (batch.pixels.device(), batch.pixels.size()[0]);
        let size = [count, model.spec().latent_dim];
        let origin = Tensor::full(size, posterior.prior().mean(), (Kind::Float, device));
        let mut rows = RowBatch::fresh(posterior.start(&origin, config.spread), optimiser);
        let mut objective = Tensor::from(f64::NAN);
        for step in 0..steps {
            if observer.should_stop() {
                return Err(Error::Interrupted { place: "during inference" });
            }
            let noise = self.noise(batch, step);
            let inputs = RowStep {
                images: &batch.pixels,
                noise: &noise,
                regulariser_weight: 1.0,
                rate: config.latents.rate_at(f64::from(step) / f64::from(steps)),
            };
            objective = row_step(model, &mut rows, &inputs, optimiser, &[]).sums.get(0);
            let done = batch.number * u64::from(steps) + u64::from(step) + 1;
            observer.step(done, batch.batches * u64::from(steps));
        }
        // Only here does the CPU wait for the device.
        Ok((rows.rows, objective.double_value(&[]) / count as f64))
    }

    fn noise(&self, batch: &Batch, step: u32) -> Tensor {
        let mut rng = self.streams.rng("inference", &[batch.number, u64::from(step)]);
        let (count, latent_dim) = (batch.pixels.size()[0], self.model.spec().latent_dim);
        let kind = self.model.posterior().noise();
        latent_noise(kind, count, latent_dim, batch.pixels.device(), &mut rng)
    }
}
