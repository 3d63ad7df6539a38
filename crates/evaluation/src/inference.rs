//! Inference: fresh rows for given images, with the decoder frozen.

use std::time::Instant;

use autodecoder_distributions::{Posterior, Registry};
use autodecoder_models::LatentModel;
use autodecoder_training::{
    BatchNoise, BatchRecord, CpuEngine, DeviceImages, EngineKind, Error, LatentStep, LatentTable,
    Observer, Optimiser, OptimiserConfig, OptimiserFamily, Precision, RangeError, RowStep, Streams,
    check_importance_samples, check_range, check_weighed, encoded_rows, one_sample, row_step,
};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::candidates::{best_of, prior_draws};

/// Steps that the kernels take before progress is told and a stop is heeded: the groups of a batch
/// need not wait for one another meanwhile.
const STEPS_AT_A_TIME: usize = 20;
/// The most latent dimensions in which a row's start is searched for. Draws from the prior come near every image
/// in 2 dimensions, where rows cannot find a way around one another's places; in 8, of a thousand draws none is
/// nearer than the mean, and rows find their way.
const SEARCHED_DIMENSIONS: i64 = 7;

/// What the posteriors of unseen images are held near.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriorKind {
    /// The prior that the model was trained under.
    #[default]
    Model,
    /// A mixture of Gaussians, fitted to the latents of the training images after training.
    Mixture,
}

/// How rows are fitted to unseen images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceConfig {
    /// What takes the steps.
    pub engine: EngineKind,
    /// What its products are computed in.
    #[serde(default)]
    pub precision: Precision,
    /// What the rows' posteriors are held near. [`infer`] takes the model's own as it finds it: whoever asks
    /// for another brings the model under it first ([`LatentModel::under_prior`]).
    #[serde(default)]
    pub prior: PriorKind,
    /// Gradient steps per image.
    pub steps: u32,
    /// Images fitted side by side. A row does not see the others of its batch, so this only
    /// changes speed (and which noise an image gets).
    pub batch_size: u32,
    /// Samples of a row's posterior in each step, as
    /// [in training](autodecoder_training::TrainingConfig::importance_samples): with several, posteriors become what
    /// serves the importance-weighted bound of so many best, which is wider than what serves the ELBO best.
    #[serde(default = "one_sample")]
    pub importance_samples: u32,
    /// Standard deviation that posteriors begin with, in units of the prior's.
    pub spread: f64,
    /// In up to 7 latent dimensions, places among which a row's first location is the one that explains its
    /// image best: the prior's mean, and draws from the prior, the same for all images. 1 is the mean
    /// alone, and so it is in more dimensions.
    pub candidates: u32,
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
        check_importance_samples(self.importance_samples, self.batch_size)?;
        check_range("spread", self.spread, 1e-4..=0.999)?;
        check_range("candidates", self.candidates, 1..=65_536)?;
        self.latents.check("latents")
    }

    /// Checks that rows of `posterior` can be weighed, if they are to be.
    ///
    /// # Errors
    /// [`Error::NotWeighed`].
    pub fn check_posterior(&self, posterior: &dyn Posterior) -> Result<(), Error> {
        check_weighed("inference.importance_samples", self.importance_samples, posterior)
    }

    /// Whether the rows of a model with so many latent dimensions begin at the best of the candidates, and not
    /// at the prior's mean.
    pub fn searches(&self, latent_dim: i64) -> bool {
        self.candidates > 1 && latent_dim <= SEARCHED_DIMENSIONS
    }

    /// Checks that what is to fit rows of `model` computes as precisely as asked for.
    ///
    /// # Errors
    /// [`Error::NoBf16`], and for an optimiser that does not exist or does not take its options.
    pub fn check_precision(
        &self,
        model: &LatentModel,
        optimisers: &Registry<dyn OptimiserFamily>,
    ) -> Result<(), Error> {
        if self.precision == Precision::F32 {
            return Ok(());
        }
        let optimiser = self.latents.build(optimisers)?;
        self.fitter(model, optimiser.as_ref(), 1).map(drop)
    }

    /// The kernels for batches of so many rows, or none where libtorch is to take the steps.
    fn fitter(
        &self,
        model: &LatentModel,
        optimiser: &dyn Optimiser,
        batch_size: usize,
    ) -> Result<Option<CpuEngine>, Error> {
        let engine = match self.engine {
            EngineKind::Auto => {
                let batch = (batch_size, self.importance_samples as usize);
                CpuEngine::new(model, optimiser, batch, self.precision.into())
            }
            EngineKind::Libtorch => None,
        };
        self.precision.check_engine("inference", engine.as_ref(), model)?;
        Ok(engine)
    }

    /// How the rows are moved in a step, counted from 0.
    fn step(&self, number: u32) -> LatentStep {
        let progress = f64::from(number) / f64::from(self.steps);
        LatentStep { rate: self.latents.rate_at(progress), regulariser_weight: 1.0 }
    }
}

/// Rows `[N, row_width]` of all `images`: what the model's encoder gives, or else fitted by
/// [`fit_rows`] from the best of the candidates.
///
/// # Errors
/// As [`fit_rows`].
pub fn infer(
    model: &LatentModel,
    images: &DeviceImages,
    config: &InferenceConfig,
    optimisers: &Registry<dyn OptimiserFamily>,
    streams: &Streams,
    observer: &mut dyn Observer,
) -> Result<Tensor, Error> {
    match model.encoder() {
        Some(encoder) => Ok(encoded_rows(encoder, images)),
        None => {
            config.check()?;
            let rows = start(model, images, config, streams, observer)?;
            fit_rows(model, images, rows, config, optimisers, streams, observer)
        }
    }
}

/// Moves `rows` `[N, row_width]`, in place, to fit the first N of `images`. The model's objective with full
/// regulariser weight, or its importance-weighted bound, is what they descend on; neither decoder nor encoder
/// changes.
///
/// # Errors
/// For settings out of range, an optimiser that does not exist or does not take its options,
/// [`Error::NoBf16`], [`Error::NotWeighed`], and [`Error::Interrupted`] where the observer asked for a stop.
pub fn fit_rows(
    model: &LatentModel,
    images: &DeviceImages,
    rows: Tensor,
    config: &InferenceConfig,
    optimisers: &Registry<dyn OptimiserFamily>,
    streams: &Streams,
    observer: &mut dyn Observer,
) -> Result<Tensor, Error> {
    config.check()?;
    config.check_posterior(model.posterior())?;
    let optimiser = config.latents.build(optimisers)?;
    let optimiser = optimiser.as_ref();
    let count = rows.size()[0];
    let mut table = LatentTable::new(rows, optimiser);
    let mut engine = config.fitter(model, optimiser, config.batch_size as usize)?;
    let fit = Fit { model, images, config, optimiser, streams };
    let batches = count.unsigned_abs().div_ceil(u64::from(config.batch_size));
    let started = Instant::now();
    for number in 0..batches {
        let first = number as i64 * i64::from(config.batch_size);
        let size = i64::from(config.batch_size).min(count - first);
        let batch = Batch { number, batches, first, count: size };
        let objective = fit.batch(&batch, engine.as_mut(), &mut table, observer)?;
        let images_per_second = (first + size) as f64 / started.elapsed().as_secs_f64();
        observer.batch(&BatchRecord { objective, images_per_second });
    }
    Ok(table.rows().shallow_clone())
}

/// Rows at the prior's mean, or at the best of the candidates, `[N, row_width]`.
fn start(
    model: &LatentModel,
    images: &DeviceImages,
    config: &InferenceConfig,
    streams: &Streams,
    observer: &mut dyn Observer,
) -> Result<Tensor, Error> {
    let (posterior, latent_dim) = (model.posterior(), model.spec().latent_dim);
    let mean = posterior.prior().mean();
    let origin = Tensor::full([1, latent_dim], mean, (Kind::Float, images.device()));
    let origin = posterior.start(&origin, config.spread);
    if !config.searches(latent_dim) {
        return Ok(origin.repeat([images.len(), 1]));
    }
    let drawn = prior_draws(model, i64::from(config.candidates) - 1, images.device(), streams);
    let rows = Tensor::cat(&[origin, posterior.start(&drawn, config.spread)], 0);
    // Judged is where a row stands, which need not be where the draw lay: a uniform posterior must fit between
    // the prior's ends.
    let best = best_of(model, images, &posterior.mean(&rows), observer)?;
    Ok(rows.index_select(0, &best))
}

struct Batch {
    number: u64,
    batches: u64,
    /// Place of the first image.
    first: i64,
    count: i64,
}

impl Batch {
    /// Places of the batch's images, on their device.
    fn indices(&self, images: &DeviceImages) -> Tensor {
        let options = (Kind::Int64, images.device());
        Tensor::arange_start(self.first, self.first + self.count, options)
    }
}

/// What all batches share.
struct Fit<'a> {
    model: &'a LatentModel,
    images: &'a DeviceImages,
    config: &'a InferenceConfig,
    optimiser: &'a dyn Optimiser,
    streams: &'a Streams,
}

impl Fit<'_> {
    /// Fits the rows of a batch; their objective at the last step, nats per image.
    fn batch(
        &self,
        batch: &Batch,
        engine: Option<&mut CpuEngine>,
        table: &mut LatentTable,
        observer: &mut dyn Observer,
    ) -> Result<f64, Error> {
        let counters = [batch.number];
        let kind = self.model.posterior().noise();
        let noise = BatchNoise::new(self.streams, "inference", &counters, kind);
        let sum = match engine {
            Some(engine) => self.batch_by_kernels(batch, engine, (table, noise), observer)?,
            None => self.batch_by_libtorch(batch, table, &noise, observer)?,
        };
        Ok(sum / batch.count as f64)
    }

    fn batch_by_kernels(
        &self,
        batch: &Batch,
        engine: &mut CpuEngine,
        (table, noise): (&mut LatentTable, BatchNoise),
        observer: &mut dyn Observer,
    ) -> Result<f64, Error> {
        let indices = batch.indices(self.images);
        let steps: Vec<LatentStep> =
            (0..self.config.steps).map(|step| self.config.step(step)).collect();
        let (mut objective, mut done) = (f64::NAN, 0);
        for block in steps.chunks(STEPS_AT_A_TIME) {
            check_stop(observer)?;
            let noise = noise.from_step(done as u64);
            [objective, ..] = engine.infer(table, self.images, &indices, block, &noise);
            done += block.len();
            let before = batch.number * steps.len() as u64;
            observer.step(before + done as u64, batch.batches * steps.len() as u64);
        }
        Ok(objective)
    }

    fn batch_by_libtorch(
        &self,
        batch: &Batch,
        table: &mut LatentTable,
        noise: &BatchNoise,
        observer: &mut dyn Observer,
    ) -> Result<f64, Error> {
        let device = self.images.device();
        let pixels = self.images.range(batch.first, batch.count);
        let indices = batch.indices(self.images);
        let mut rows = table.gather(&indices);
        let mut objective = Tensor::from(f64::NAN);
        let columns = self.model.spec().latent_dim * i64::from(self.config.importance_samples);
        for number in 0..self.config.steps {
            check_stop(observer)?;
            let noise = noise.tensor(u64::from(number), batch.count, columns, device);
            let LatentStep { rate, regulariser_weight } = self.config.step(number);
            let inputs = RowStep { images: &pixels, noise: &noise, regulariser_weight, rate };
            objective = row_step(self.model, &mut rows, &inputs, self.optimiser, &[]).sums.get(0);
            let done = batch.number * u64::from(self.config.steps) + u64::from(number) + 1;
            observer.step(done, batch.batches * u64::from(self.config.steps));
        }
        table.scatter(&indices, &rows);
        // Only here does the CPU wait for the device.
        Ok(objective.double_value(&[]))
    }
}

fn check_stop(observer: &dyn Observer) -> Result<(), Error> {
    if observer.should_stop() {
        return Err(Error::Interrupted { place: "during inference" });
    }
    Ok(())
}
