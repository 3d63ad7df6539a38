//! The Gaussian likelihood, with a fixed or a learned variance.

use std::f64::consts::TAU;

use autodecoder_kernels::{GaussianLoss, IdentityGaussian, Loss};
use serde::Deserialize;
use serde_json::Value;
use tch::{Device, Kind, Tensor};

use crate::{Error, Likelihood, LikelihoodFamily, ParameterSource, read_options};

/// Where a raw learned log-variance starts: about the mean squared error of an untrained decoder.
const LEARNED_START: f64 = -3.0;
/// A learned log-variance stays within ±12, or a perfect fit would drive it to −∞. The bound is
/// smooth: behind a clamp it would have no gradient, and could not come back when the fit worsens.
const LOG_VARIANCE_LIMIT: f64 = 12.0;
/// Name of the learned parameter in the model's file.
const RAW_LOG_VARIANCE: &str = "likelihood.raw_log_variance";

/// `gaussian`: `Σ (x − μ)² / 2σ² + ½ log 2πσ²` with one σ² for all pixels.
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `mean` | what μ is: `sigmoid(logits)`, for pixels in [0, 1], or the logits themselves, for a table's scaled values | `"sigmoid"` | `"sigmoid"`, `"identity"` |
/// | `variance` | σ² of a pixel, or `"learned"` for one σ² fitted with the decoder (σ-VAE, arXiv:2006.13202) | 0.02 | 1e-6 to 100 |
///
/// A learned variance is `ln σ² = 12 · tanh(raw / 12)`; the model's file holds the raw number.
#[derive(Debug)]
pub struct Gaussian {
    mean: Mean,
    variance: Variance,
}

/// What a logit says about the mean of its pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mean {
    Sigmoid,
    Identity,
}

#[derive(Debug)]
enum Variance {
    Fixed(f64),
    Learned { raw_log_variance: Tensor },
}

impl Gaussian {
    /// With the fixed pixel variance σ².
    pub fn fixed(variance: f64) -> Gaussian {
        Gaussian { mean: Mean::Sigmoid, variance: Variance::Fixed(variance) }
    }

    /// With a variance that is learned, its raw logarithm on `device`.
    pub fn learned(device: Device) -> Gaussian {
        let raw_log_variance = Tensor::full([1], LEARNED_START, (Kind::Float, device));
        Gaussian { mean: Mean::Sigmoid, variance: Variance::Learned { raw_log_variance } }
    }

    /// The same with the logits for means.
    #[must_use]
    pub fn with_identity_mean(self) -> Gaussian {
        Gaussian { mean: Mean::Identity, ..self }
    }
}

impl Likelihood for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn pixel_nats(&self, logits: &Tensor, pixels: &Tensor) -> Tensor {
        let squares = (self.mean(logits) - pixels).square();
        match &self.variance {
            Variance::Fixed(variance) => {
                squares / (2.0 * variance) + 0.5 * (TAU.ln() + variance.ln())
            }
            Variance::Learned { raw_log_variance } => {
                let log_variance =
                    (raw_log_variance / LOG_VARIANCE_LIMIT).tanh() * LOG_VARIANCE_LIMIT;
                let precision: Tensor = (-&log_variance).exp();
                squares * precision / 2.0 + (log_variance + TAU.ln()) * 0.5
            }
        }
    }

    fn mean(&self, logits: &Tensor) -> Tensor {
        match self.mean {
            Mean::Sigmoid => logits.sigmoid(),
            Mean::Identity => logits.shallow_clone(),
        }
    }

    fn kernel(&self) -> Option<Box<dyn Loss>> {
        match (&self.variance, self.mean) {
            (&Variance::Fixed(variance), Mean::Sigmoid) => {
                Some(Box::new(GaussianLoss { variance }))
            }
            (&Variance::Fixed(variance), Mean::Identity) => {
                Some(Box::new(IdentityGaussian { variance }))
            }
            (Variance::Learned { .. }, _) => None,
        }
    }

    fn named_parameters(&self) -> Vec<(String, Tensor)> {
        match &self.variance {
            Variance::Fixed(_) => Vec::new(),
            Variance::Learned { raw_log_variance } => {
                vec![(RAW_LOG_VARIANCE.to_owned(), raw_log_variance.shallow_clone())]
            }
        }
    }

    fn load_parameters(&mut self, take: &mut ParameterSource<'_>) -> Result<(), Error> {
        if let Variance::Learned { raw_log_variance } = &mut self.variance {
            *raw_log_variance = take(RAW_LOG_VARIANCE, &[1])?;
        }
        Ok(())
    }
}

/// The recipe behind the name `gaussian`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GaussianFamily;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    mean: Mean,
    variance: Value,
}

impl Default for Options {
    fn default() -> Options {
        Options { mean: Mean::Sigmoid, variance: Value::from(0.02) }
    }
}

impl LikelihoodFamily for GaussianFamily {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn build(&self, options: &Value, device: Device) -> Result<Box<dyn Likelihood>, Error> {
        let Options { mean, variance } = read_options("likelihood", "gaussian", options)?;
        let gaussian = match variance.as_f64() {
            _ if variance == "learned" => Gaussian::learned(device),
            Some(fixed) if (1e-6..=100.0).contains(&fixed) => Gaussian::fixed(fixed),
            _ => {
                return Err(Error::Options {
                    part: "likelihood",
                    name: "gaussian".to_owned(),
                    problem: format!(
                        "variance = {variance}: expected a number from 1e-6 to 100, or \"learned\""
                    ),
                });
            }
        };
        Ok(Box::new(Gaussian { mean, ..gaussian }))
    }
}
