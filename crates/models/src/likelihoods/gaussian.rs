//! The Gaussian likelihood, with a fixed or a learned variance.

use std::f64::consts::TAU;

use autodecoder_kernels::{GaussianLoss, Loss};
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

/// `gaussian`: `Σ (x − μ)² / 2σ² + ½ log 2πσ²` with `μ = sigmoid(logits)` and one σ² for all pixels.
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `variance` | σ² of a pixel, or `"learned"` for one σ² fitted with the decoder (σ-VAE, arXiv:2006.13202) | 0.02 | 1e-6 to 100 |
///
/// A learned variance is `ln σ² = 12 · tanh(raw / 12)`; the model's file holds the raw number.
#[derive(Debug)]
pub struct Gaussian {
    variance: Variance,
}

#[derive(Debug)]
enum Variance {
    Fixed(f64),
    Learned { raw_log_variance: Tensor },
}

impl Gaussian {
    /// With the fixed pixel variance σ².
    pub fn fixed(variance: f64) -> Gaussian {
        Gaussian { variance: Variance::Fixed(variance) }
    }

    /// With a variance that is learned, its raw logarithm on `device`.
    pub fn learned(device: Device) -> Gaussian {
        let raw_log_variance = Tensor::full([1], LEARNED_START, (Kind::Float, device));
        Gaussian { variance: Variance::Learned { raw_log_variance } }
    }
}

impl Likelihood for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn pixel_nats(&self, logits: &Tensor, pixels: &Tensor) -> Tensor {
        let squares = (logits.sigmoid() - pixels).square();
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
        logits.sigmoid()
    }

    fn kernel(&self) -> Option<Box<dyn Loss>> {
        match self.variance {
            Variance::Fixed(variance) => Some(Box::new(GaussianLoss { variance })),
            Variance::Learned { .. } => None,
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
    variance: Value,
}

impl Default for Options {
    fn default() -> Options {
        Options { variance: Value::from(0.02) }
    }
}

impl LikelihoodFamily for GaussianFamily {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn build(&self, options: &Value, device: Device) -> Result<Box<dyn Likelihood>, Error> {
        let Options { variance } = read_options("likelihood", "gaussian", options)?;
        if variance == "learned" {
            return Ok(Box::new(Gaussian::learned(device)));
        }
        match variance.as_f64() {
            Some(fixed) if (1e-6..=100.0).contains(&fixed) => Ok(Box::new(Gaussian::fixed(fixed))),
            _ => Err(Error::Options {
                part: "likelihood",
                name: "gaussian".to_owned(),
                problem: format!(
                    "variance = {variance}: expected a number from 1e-6 to 100, or \"learned\""
                ),
            }),
        }
    }
}
