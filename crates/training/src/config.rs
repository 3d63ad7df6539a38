//! The training section of an experiment.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::importance_samples::{check_importance_samples, check_weighed, one_sample};
use crate::optimisers::{Optimiser, OptimiserFamily};
use crate::{CpuEngine, Error, Precision, Schedule, ScheduleKind, StartConfig};
use autodecoder_distributions::{Posterior, Registry};
use autodecoder_models::{LatentModel, PartSpec};

/// A value out of its allowed range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value}: expected {allowed}")]
pub struct RangeError {
    /// The key, relative to the section.
    pub key: String,
    /// The value found.
    pub value: String,
    /// What is allowed.
    pub allowed: String,
}

/// Checks that `value` lies in `range`; NaN never does.
///
/// # Errors
/// [`RangeError`] with the key, the value and the range.
pub fn check_range<T: PartialOrd + Display>(
    key: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), RangeError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(RangeError {
        key: key.to_owned(),
        value: value.to_string(),
        allowed: format!("a value from {} to {}", range.start(), range.end()),
    })
}

/// An optimiser with its rate over the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimiserConfig {
    /// The optimiser and its options.
    pub optimiser: PartSpec,
    /// Learning rate at its highest.
    pub rate: f64,
    /// What happens to the rate after its warm-up.
    pub schedule: ScheduleKind,
    /// Share of the run over which the rate rises.
    pub warm_up: f64,
}

impl OptimiserConfig {
    /// The update rule that the configuration names.
    ///
    /// # Errors
    /// For an unknown name, unknown options, or options out of range.
    pub fn build(
        &self,
        optimisers: &Registry<dyn OptimiserFamily>,
    ) -> Result<Box<dyn Optimiser>, Error> {
        let family = optimisers.get(&self.optimiser.kind)?;
        family.build(&self.optimiser.options())
    }

    /// The learning rate at `progress` from 0 to 1.
    pub fn rate_at(&self, progress: f64) -> f64 {
        let schedule = Schedule { kind: self.schedule, warm_up: self.warm_up };
        self.rate * schedule.factor(progress)
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first value out of its range; `section` goes before the key.
    pub fn check(&self, section: &str) -> Result<(), RangeError> {
        check_range(&format!("{section}.rate"), self.rate, 0.0..=100.0)?;
        check_range(&format!("{section}.warm_up"), self.warm_up, 0.0..=1.0)
    }
}

/// What takes the steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// The kernels of this project on the CPU, where likelihood and optimiser have one; else libtorch.
    #[default]
    Auto,
    /// libtorch's operations and its autograd, on any device.
    Libtorch,
}

/// How a model is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// What takes the steps.
    pub engine: EngineKind,
    /// What its products are computed in.
    #[serde(default)]
    pub precision: Precision,
    /// Passes over all images.
    pub epochs: u32,
    /// Images in a step; the last step of an epoch takes what is left.
    pub batch_size: u32,
    /// Row updates per batch; the last of them moves the decoder too.
    pub latent_steps: u32,
    /// Samples of a row's posterior in each step. One gives the ELBO; more make the objective the
    /// importance-weighted bound of so many (Burda et al. 2015, arXiv:1509.00519), which at a weight of 1 lies
    /// between the ELBO and the log likelihood. For posteriors with a continuous density.
    #[serde(default = "one_sample")]
    pub importance_samples: u32,
    /// Share of the run over which the weight of the KL term (or of `l2`) rises linearly from 0.
    pub regulariser_warm_up: f64,
    /// Whether the latents of a Gaussian posterior are brought to the prior's scale after every epoch
    /// ([`crate::Trainer`]).
    #[serde(default)]
    pub rescale: bool,
    /// Where the rows begin.
    pub start: StartConfig,
    /// How the decoder is moved.
    pub decoder: OptimiserConfig,
    /// How the rows are moved.
    pub latents: OptimiserConfig,
}

impl TrainingConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// The first value out of its range, with its key relative to this section.
    pub fn check(&self) -> Result<(), RangeError> {
        check_range("epochs", self.epochs, 1..=1_000_000)?;
        check_range("batch_size", self.batch_size, 1..=65_536)?;
        check_range("latent_steps", self.latent_steps, 1..=1000)?;
        check_importance_samples(self.importance_samples, self.batch_size)?;
        check_range("regulariser_warm_up", self.regulariser_warm_up, 0.0..=1.0)?;
        self.start.check("start")?;
        self.decoder.check("decoder")?;
        self.latents.check("latents")
    }

    /// Checks that rows of `posterior` can be weighed, if they are to be.
    ///
    /// # Errors
    /// [`Error::NotWeighed`].
    pub fn check_posterior(&self, posterior: &dyn Posterior) -> Result<(), Error> {
        check_weighed("training.importance_samples", self.importance_samples, posterior)
    }

    /// Checks that what is to train `model` computes as precisely as asked for.
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
        let latents = self.latents.build(optimisers)?;
        let engine = self.kernels(model, latents.as_ref(), 1);
        self.precision.check_engine("training", engine.as_ref(), model)
    }

    /// The kernels for batches of so many rows, moved by `latents`; none where libtorch is to take the steps.
    pub(crate) fn kernels(
        &self,
        model: &LatentModel,
        latents: &dyn Optimiser,
        batch_size: usize,
    ) -> Option<CpuEngine> {
        match self.engine {
            EngineKind::Auto => {
                let batch = (batch_size, self.importance_samples as usize);
                CpuEngine::for_training(model, latents, batch, self.precision.into())
            }
            EngineKind::Libtorch => None,
        }
    }

    /// Weight of the regulariser at `progress` from 0 to 1.
    pub fn regulariser_weight(&self, progress: f64) -> f64 {
        if progress >= self.regulariser_warm_up { 1.0 } else { progress / self.regulariser_warm_up }
    }
}
