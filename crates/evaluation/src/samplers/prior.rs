//! The prior as a sampler: what every fitted one is compared with.

use autodecoder_distributions::Prior;
use autodecoder_models::tensor_file::TensorFile;
use autodecoder_training::latent_noise;
use rand::RngCore;
use tch::{Device, Tensor};

use super::{Sampler, SamplerError, SamplerFamily};

/// `prior`: draws of the model's own prior. Nothing is fitted.
#[derive(Debug, Clone, Copy)]
pub struct FromPrior;

#[derive(Debug)]
struct Draws {
    latent_dim: i64,
    device: Device,
}

impl SamplerFamily for FromPrior {
    fn name(&self) -> &'static str {
        "prior"
    }

    fn fit(
        &self,
        latents: &Tensor,
        _rng: &mut dyn RngCore,
    ) -> Result<Box<dyn Sampler>, SamplerError> {
        Ok(Box::new(Draws { latent_dim: latents.size()[1], device: latents.device() }))
    }

    fn load(
        &self,
        _file: &mut TensorFile,
        latent_dim: i64,
        device: Device,
    ) -> Result<Box<dyn Sampler>, SamplerError> {
        Ok(Box::new(Draws { latent_dim, device }))
    }
}

impl Sampler for Draws {
    fn sample(&self, count: i64, prior: &dyn Prior, rng: &mut dyn RngCore) -> Tensor {
        let mut rng = rng;
        let noise = latent_noise(prior.noise(), count, self.latent_dim, self.device, &mut rng);
        prior.sample(&noise)
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }
}
