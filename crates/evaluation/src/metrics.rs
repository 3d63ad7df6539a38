//! Every metric of a set of rows.

use autodecoder_distributions::Noise;
use autodecoder_models::{LatentModel, Observation};
use autodecoder_training::{
    DeviceImages, Error, Observer, RangeError, Streams, check_range, latent_noise,
};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::ImportanceConfig;
use crate::per_image::{course_reconstruction_loss, psnr, squared_errors};

/// How rows are scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationConfig {
    /// Posterior samples per image for the negative ELBO.
    pub draws: u32,
    /// Batch size of the course's reconstruction loss, which depends on it.
    pub batch_size: u32,
    /// A latent dimension is active where the variance of the posterior means over the images
    /// exceeds this (Burda et al. 2015, arXiv:1509.00519, section 5.2).
    pub active_threshold: f64,
    /// Neighbours that vote on the class of a latent.
    pub neighbours: u32,
    /// Bounds on the log likelihood of the test images.
    pub importance: ImportanceConfig,
}

impl EvaluationConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// The first value out of its range, with its key relative to this section.
    pub fn check(&self) -> Result<(), RangeError> {
        check_range("draws", self.draws, 1..=100_000)?;
        check_range("batch_size", self.batch_size, 1..=65_536)?;
        check_range("active_threshold", self.active_threshold, 0.0..=1000.0)?;
        check_range("neighbours", self.neighbours, 1..=1000)?;
        self.importance.check("importance")
    }
}

/// The metrics of one model on one set of images. Reconstructions are decoded from the posterior's
/// mean. Of incomplete images only the observed pixels count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Number of images.
    pub images: u64,
    /// Mean squared error per pixel, pixels in [0, 1]; lower is better.
    pub mse: f64,
    /// Mean over images of the peak signal-to-noise ratio, dB; higher is better.
    pub psnr: f64,
    /// The course's reconstruction loss, averaged over batches, last short one included.
    pub reconstruction_loss: f64,
    /// Batch size of `reconstruction_loss`.
    pub reconstruction_loss_batch_size: u32,
    /// `−log p(x | z)`, nats per image, averaged over images and draws.
    pub reconstruction: f64,
    /// KL divergence, nats per image; `None` for an AD.
    pub kl: Option<f64>,
    /// Reconstruction plus KL, nats per image; `None` for an AD, which bounds no likelihood.
    pub negative_elbo: Option<f64>,
    /// Standard error of `negative_elbo` over images.
    pub negative_elbo_standard_error: Option<f64>,
    /// Posterior samples per image behind the three values in nats; 1 for an AD.
    pub draws: u32,
    /// Latent dimensions that vary over the images.
    pub active_dimensions: i64,
}

/// Scores `rows` `[N, row_width]` of all `images`. The noise of the negative ELBO comes from the
/// stream `name`.
///
/// # Errors
/// [`Error::Interrupted`] where the observer asked for a stop.
pub fn evaluate(
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    config: &EvaluationConfig,
    streams: &Streams,
    name: &str,
    observer: &mut dyn Observer,
) -> Result<Metrics, Error> {
    let _guard = tch::no_grad_guard();
    let batches = score_all(model, rows, images, config, (streams, name), observer)?;
    let active = active_dimensions(&model.posterior().mean(rows), config.active_threshold);
    Ok(summarise(&batches, config, draws(model, config), active))
}

/// The negative ELBO of each image, `[N]` in f64, whose mean is that of [`evaluate`] with the same
/// arguments; `None` for a model that bounds no likelihood.
///
/// # Errors
/// [`Error::Interrupted`] where the observer asked for a stop.
pub fn negative_elbos(
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    config: &EvaluationConfig,
    streams: &Streams,
    name: &str,
    observer: &mut dyn Observer,
) -> Result<Option<Tensor>, Error> {
    let _guard = tch::no_grad_guard();
    let batches = score_all(model, rows, images, config, (streams, name), observer)?;
    let nats = |batch: &BatchScores| batch.kl.as_ref().map(|kl| &batch.reconstruction + kl);
    let nats: Option<Vec<Tensor>> = batches.iter().map(nats).collect();
    Ok(nats.map(|nats| Tensor::cat(&nats, 0)))
}

fn score_all(
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    config: &EvaluationConfig,
    (streams, name): (&Streams, &str),
    observer: &mut dyn Observer,
) -> Result<Vec<BatchScores>, Error> {
    let total = images.len().unsigned_abs().div_ceil(u64::from(config.batch_size));
    let mut batches = Vec::new();
    for ((start, images), number) in images.batches(i64::from(config.batch_size)).zip(0..) {
        if observer.should_stop() {
            return Err(Error::Interrupted { place: "during scoring" });
        }
        let rows = rows.narrow(0, start, images.len());
        batches.push(score(model, &Batch { number, rows, images }, config, streams, name));
        observer.step(number + 1, total);
    }
    Ok(batches)
}

struct Batch {
    number: u64,
    rows: Tensor,
    images: Observation,
}

/// Per-image values of one batch, each `[B]`, and the course's loss.
struct BatchScores {
    /// Squared errors summed over the observed pixels, and how many these are.
    squares: Tensor,
    observed: Tensor,
    reconstruction: Tensor,
    kl: Option<Tensor>,
    course_loss: f64,
}

fn score(
    model: &LatentModel,
    batch: &Batch,
    config: &EvaluationConfig,
    streams: &Streams,
    name: &str,
) -> BatchScores {
    let posterior = model.posterior();
    let (count, latent_dim) = (batch.rows.size()[0], model.spec().latent_dim);
    let draws = (0..draws(model, config)).map(|draw| {
        let mut rng = streams.rng(name, &[batch.number, u64::from(draw)]);
        let device = batch.rows.device();
        let noise = latent_noise(posterior.noise(), count, latent_dim, device, &mut rng);
        model.terms(&batch.rows, &noise, &batch.images)
    });
    let (reconstructions, kls): (Vec<Tensor>, Vec<Option<Tensor>>) =
        draws.map(|terms| (terms.reconstruction, terms.kl)).unzip();
    let means = model.decode(&posterior.mean(&batch.rows));
    let (squares, observed) = squared_errors(&batch.images, &means);
    BatchScores {
        squares,
        observed,
        reconstruction: average(&reconstructions),
        kl: kls.into_iter().collect::<Option<Vec<Tensor>>>().map(|kls| average(&kls)),
        course_loss: course_reconstruction_loss(&batch.images, &means),
    }
}

/// Samples to take of each posterior. Those of a point are all the same.
fn draws(model: &LatentModel, config: &EvaluationConfig) -> u32 {
    if model.posterior().noise() == Noise::None { 1 } else { config.draws }
}

/// Elementwise mean of tensors `[B]`, in f64.
fn average(draws: &[Tensor]) -> Tensor {
    Tensor::stack(draws, 0).mean_dim([0i64].as_slice(), false, Kind::Double)
}

fn summarise(
    batches: &[BatchScores],
    config: &EvaluationConfig,
    draws: u32,
    active: i64,
) -> Metrics {
    let all = |pick: fn(&BatchScores) -> &Tensor| {
        Tensor::cat(&batches.iter().map(pick).collect::<Vec<_>>(), 0)
    };
    let (squares, observed) = (all(|batch| &batch.squares), all(|batch| &batch.observed));
    let reconstruction = all(|batch| &batch.reconstruction);
    let kls: Option<Vec<&Tensor>> = batches.iter().map(|batch| batch.kl.as_ref()).collect();
    let kl = kls.map(|kls| Tensor::cat(&kls, 0));
    let negative_elbo = kl.as_ref().map(|kl| &reconstruction + kl);
    let course: f64 = batches.iter().map(|batch| batch.course_loss).sum();
    Metrics {
        images: squares.numel() as u64,
        mse: mean_error(&squares, &observed),
        psnr: mean_psnr(&squares, &observed),
        reconstruction_loss: course / batches.len() as f64,
        reconstruction_loss_batch_size: config.batch_size,
        reconstruction: mean(&reconstruction),
        kl: kl.as_ref().map(mean),
        negative_elbo: negative_elbo.as_ref().map(mean),
        negative_elbo_standard_error: negative_elbo.as_ref().map(standard_error),
        draws,
        active_dimensions: active,
    }
}

/// Mean squared error over all observed pixels; 0 where there are none.
fn mean_error(squares: &Tensor, observed: &Tensor) -> f64 {
    let total = |values: &Tensor| values.sum(Kind::Double).double_value(&[]);
    total(squares) / total(observed).max(1.0)
}

/// Mean over the images of which anything was observed; 100 dB where there are none.
fn mean_psnr(squares: &Tensor, observed: &Tensor) -> f64 {
    let any = observed.gt(0.0);
    let decibels = psnr(&(squares / observed.clamp_min(1.0)));
    let count = any.sum(Kind::Double).double_value(&[]);
    let sum = decibels.masked_fill(&any.logical_not(), 0.0).sum(Kind::Double).double_value(&[]);
    if count > 0.0 { sum / count } else { 100.0 }
}

/// Mean of all values, in f64.
pub fn mean(values: &Tensor) -> f64 {
    values.mean(Kind::Double).double_value(&[])
}

/// `s / √n` with the sample standard deviation `s`; 0 for a single value.
pub fn standard_error(values: &Tensor) -> f64 {
    let count = values.numel() as f64;
    (values.var(false).double_value(&[]) / (count - 1.0).max(1.0)).sqrt()
}

/// Columns of `means` `[N, latent_dim]` whose variance over the rows exceeds `threshold`.
fn active_dimensions(means: &Tensor, threshold: f64) -> i64 {
    let variances = means.var_dim([0i64].as_slice(), false, false);
    variances.gt(threshold).sum(Kind::Int64).int64_value(&[])
}
