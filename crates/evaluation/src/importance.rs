//! Importance-weighted bounds on the log likelihood of images.

mod bounds;
mod log_weights;

use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, Error, Observer, RangeError, Streams, check_range};
use serde::{Deserialize, Serialize};
use tch::Tensor;

pub use bounds::mean_difference;

use bounds::ImageBounds;
use log_weights::Sampler;

/// How the log likelihood is bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportanceConfig {
    /// Samples of an image's posterior, K; 0: no bound is computed.
    pub samples: u32,
    /// The first so many images; all of them where there is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<u32>,
    /// Samples of the bound that posteriors are fitted to, image by image, before a second set of bounds is computed
    /// with them as proposals ([`ImportanceConfig::fits_proposals`]); 0: there is no second set.
    #[serde(default)]
    pub proposal_samples: u32,
}

impl ImportanceConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// The first value out of its range; `section` goes before the key.
    pub fn check(&self, section: &str) -> Result<(), RangeError> {
        check_range(&format!("{section}.samples"), self.samples, 0..=1_000_000)?;
        check_range(&format!("{section}.images"), self.images.unwrap_or(1), 1..=10_000_000)?;
        check_range(&format!("{section}.proposal_samples"), self.proposal_samples, 0..=1000)
    }

    /// Whether the bounds are computed with posteriors of their own too. The one that serves the ELBO best is too
    /// narrow to be the best proposal for many samples: the few of them that fall where it has too little density
    /// outweigh the rest.
    pub fn fits_proposals(&self) -> bool {
        self.samples > 0 && self.proposal_samples > 0
    }

    /// How many of `available` images the bounds are of.
    pub fn count(&self, available: i64) -> i64 {
        self.images.map_or(available, |images| available.min(i64::from(images)))
    }
}

/// Lower bounds on the mean log likelihood of a set of images, in nats an image; higher is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportanceBounds {
    /// Number of images.
    pub images: u64,
    /// Samples drawn of each image's posterior.
    pub samples: u32,
    /// The bounds for growing K; the last one uses all samples at once and is the tightest.
    pub bounds: Vec<ImportanceBound>,
    /// Mean over images of the effective number of samples, `(Σ w)² / Σ w²`: near 1 a single sample
    /// outweighs the others, and the bound is loose.
    pub effective_samples: f64,
    /// `log p̂_K` of each image at the largest K, in order: what two models are compared by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<f64>,
}

/// One of [`ImportanceBounds`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImportanceBound {
    /// K: samples that are averaged inside the logarithm.
    pub samples: u32,
    /// Mean over images of `log p̂_K(x)`, nats.
    pub log_likelihood: f64,
    /// Its standard error over images.
    pub standard_error: f64,
}

impl ImportanceBounds {
    /// The bound that uses all samples at once.
    pub fn tightest(&self) -> Option<&ImportanceBound> {
        self.bounds.last()
    }
}

/// Bounds the log likelihood of the first of `images`, as many as `config` says, whose posteriors are
/// `rows` (`[N, row_width]`, one for each of them at least).
///
/// `log p̂_K(x) = log (1/K) Σ_k p(x | z_k) p(z_k) / q(z_k)` with `z_k` from the image's posterior q: a
/// lower bound on `log p(x)` in expectation, which K = 1 makes the ELBO and which rises to `log p(x)`
/// with K (Burda et al. 2015, arXiv:1509.00519). The same K samples give all bounds of
/// [`ImportanceBounds::bounds`], for K = 1, 10, 100, …: the samples of an image are cut into blocks of
/// that many, and what the blocks give is averaged. So each bound has the least noise that the samples
/// allow, and where one K divides the next the bounds cannot fall.
///
/// An image's samples come from the stream `name` at its position: they depend neither on the other
/// images nor on how many are asked for in all. Memory holds the log weights of a few images and
/// the decoder's values for a bounded number of inputs.
///
/// `None` where no samples are asked for, and where the posterior has no density, like an
/// auto-decoder's point: no bound is defined then.
///
/// # Errors
/// [`Error::Range`] for settings out of range, [`Error::Interrupted`] where the observer asked for a
/// stop, and where the bounds cannot be copied from the device.
pub fn importance_bounds(
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    config: &ImportanceConfig,
    streams: &Streams,
    name: &str,
    observer: &mut dyn Observer,
) -> Result<Option<ImportanceBounds>, Error> {
    config.check("importance")?;
    if config.samples == 0 {
        return Ok(None);
    }
    let _guard = tch::no_grad_guard();
    let count = config.count(images.len());
    let samples = i64::from(config.samples);
    let mut sampler = Sampler::new(model, rows, images, (streams, name), (count, samples));
    let mut found = ImageBounds::new(config.samples, count, images.device());
    while let Some(block) = sampler.next_block() {
        let Some(log_weights) = sampler.log_weights(&block, observer)? else {
            return Ok(None);
        };
        found.add(&log_weights);
    }
    Ok(Some(found.summarise()?))
}
