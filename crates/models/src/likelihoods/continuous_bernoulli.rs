//! The continuous Bernoulli likelihood.

use serde_json::Value;
use tch::{Device, Tensor};

use super::NoOptions;
use crate::{Bernoulli, Error, Likelihood, LikelihoodFamily, read_options};

/// Below this |logit| the closed forms are replaced by their Taylor series.
const NEAR_ZERO: f64 = 0.05;

/// `continuous-bernoulli`: the Bernoulli's density normalised on [0, 1] (Loaiza-Ganem and
/// Cunningham 2019, arXiv:1907.06845).
///
/// With `ℓ` the logit, `−log p(x) = BCE(ℓ, x) − log C`, where the normaliser
/// `C = 2 artanh(1 − 2λ) / (1 − 2λ)` is `ℓ / tanh(ℓ/2)` in terms of `ℓ`, and the mean is
/// `sigmoid(ℓ) / tanh(ℓ/2) − 1/ℓ`. A density can exceed 1, so nats can be negative.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContinuousBernoulli;

/// `closed(ℓ)` away from zero, `series(ℓ)` near it. Neither sees an ℓ of the other's region: where it
/// overflows or divides by zero, NaN would come back through its gradient, selected or not.
fn blend(
    logits: &Tensor,
    closed: impl Fn(&Tensor) -> Tensor,
    series: impl Fn(&Tensor) -> Tensor,
) -> Tensor {
    let near = logits.abs().lt(NEAR_ZERO);
    let far = logits.masked_fill(&near, 1.0);
    series(&logits.clamp(-NEAR_ZERO, NEAR_ZERO)).where_self(&near, &closed(&far))
}

/// `log(ℓ / tanh(ℓ/2))`; the series is `log 2 + ℓ²/12 − 7ℓ⁴/1440`.
fn log_normaliser(logits: &Tensor) -> Tensor {
    blend(
        logits,
        |l| (l / (l / 2.0).tanh()).log(),
        |l| {
            let square = l * l;
            &square / 12.0 - &square * &square * (7.0 / 1440.0) + std::f64::consts::LN_2
        },
    )
}

impl Likelihood for ContinuousBernoulli {
    fn name(&self) -> &'static str {
        "continuous-bernoulli"
    }

    fn pixel_nats(&self, logits: &Tensor, pixels: &Tensor) -> Tensor {
        Bernoulli.pixel_nats(logits, pixels) - log_normaliser(logits)
    }

    fn is_affine_in_pixels(&self) -> bool {
        true
    }

    fn mean(&self, logits: &Tensor) -> Tensor {
        blend(
            logits,
            |l| l.sigmoid() / (l / 2.0).tanh() - l.reciprocal(),
            |l| l / 12.0 - l * l * l / 720.0 + 0.5,
        )
    }
}

impl LikelihoodFamily for ContinuousBernoulli {
    fn name(&self) -> &'static str {
        "continuous-bernoulli"
    }

    fn build(&self, options: &Value, _device: Device) -> Result<Box<dyn Likelihood>, Error> {
        read_options::<NoOptions>("likelihood", "continuous-bernoulli", options)?;
        Ok(Box::new(ContinuousBernoulli))
    }
}
