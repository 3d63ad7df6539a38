//! How well logits explain pixels.

use std::fmt::Debug;

use autodecoder_kernels::Loss;
use serde_json::Value;
use tch::{Device, Tensor};

use crate::{Error, Observation};

/// Hands out the parameter of a name and a shape, from a file.
pub type ParameterSource<'a> = dyn FnMut(&str, &[i64]) -> Result<Tensor, Error> + 'a;

/// A density of pixels in [0, 1] given the decoder's logits, independent over pixels.
pub trait Likelihood: Debug + Send {
    /// The name in experiment files, such as `bernoulli`.
    fn name(&self) -> &'static str;

    /// `−log p(pixel | logit)` of each pixel, in nats; all three are `[B, channels, height, width]`.
    fn pixel_nats(&self, logits: &Tensor, pixels: &Tensor) -> Tensor;

    /// `−log p(pixels | logits)` summed over an image's observed pixels, in nats per image, `[B]`.
    fn negative_log_prob(&self, logits: &Tensor, images: &Observation) -> Tensor {
        // Selecting afterwards alone would let a NaN through by its gradient.
        images.sum_observed(&self.pixel_nats(logits, &images.zero_filled()))
    }

    /// The expected pixels, in [0, 1], same shape as `logits`: what is shown and compared.
    fn mean(&self, logits: &Tensor) -> Tensor;

    /// Whether [`Likelihood::pixel_nats`] is affine in the pixels: its mean over random pixels is then
    /// its value at their means.
    fn is_affine_in_pixels(&self) -> bool {
        false
    }

    /// The same loss with its gradient over plain slices, for the CPU; without it, or with learned
    /// parameters, the CPU runs every step of the model through libtorch.
    fn kernel(&self) -> Option<Box<dyn Loss>> {
        None
    }

    /// Parameters learned together with the decoder, by name (`likelihood.<name>`).
    fn named_parameters(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }

    /// Replaces the learned parameters by those that `take(name, shape)` hands out.
    ///
    /// # Errors
    /// Whatever `take` returns.
    fn load_parameters(&mut self, _take: &mut ParameterSource<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// A recipe that turns options of an experiment file into a likelihood.
pub trait LikelihoodFamily: Debug + Send + Sync {
    /// The name in experiment files, such as `bernoulli`.
    fn name(&self) -> &'static str;

    /// The likelihood with these options, its parameters (if it learns any) on `device`.
    ///
    /// # Errors
    /// [`Error::Options`] for unknown keys and values out of range.
    fn build(&self, options: &Value, device: Device) -> Result<Box<dyn Likelihood>, Error>;
}
