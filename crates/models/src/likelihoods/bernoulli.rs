//! The Bernoulli likelihood.

use autodecoder_kernels::Loss;
use serde_json::Value;
use tch::{Device, Reduction, Tensor};

use super::NoOptions;
use crate::{Error, Likelihood, LikelihoodFamily, read_options};

/// `bernoulli`: binary cross-entropy, `−Σ x log λ + (1 − x) log(1 − λ)` with `λ = sigmoid(logits)`.
///
/// On grey pixels in [0, 1] this is not a normalised density but a bound on one: the expected
/// Bernoulli likelihood over random binarisations of the image. It is the usual objective for
/// Fashion-MNIST, and only comparable with other grey-pixel numbers. Its smallest possible value
/// for an image is the entropy of its pixels, not 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bernoulli;

impl Likelihood for Bernoulli {
    fn name(&self) -> &'static str {
        "bernoulli"
    }

    fn pixel_nats(&self, logits: &Tensor, pixels: &Tensor) -> Tensor {
        let none = None::<Tensor>;
        logits.binary_cross_entropy_with_logits(
            pixels,
            none.as_ref(),
            none.as_ref(),
            Reduction::None,
        )
    }

    fn mean(&self, logits: &Tensor) -> Tensor {
        logits.sigmoid()
    }

    fn is_affine_in_pixels(&self) -> bool {
        true
    }

    fn kernel(&self) -> Option<Box<dyn Loss>> {
        Some(Box::new(autodecoder_kernels::Bernoulli))
    }
}

impl LikelihoodFamily for Bernoulli {
    fn name(&self) -> &'static str {
        "bernoulli"
    }

    fn build(&self, options: &Value, _device: Device) -> Result<Box<dyn Likelihood>, Error> {
        read_options::<NoOptions>("likelihood", "bernoulli", options)?;
        Ok(Box::new(Bernoulli))
    }
}
