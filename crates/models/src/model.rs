//! Auto-decoders and variational auto-decoders.

use std::sync::Arc;

use autodecoder_distributions::{Noise, Posterior};
use autodecoder_kernels::Reparameterisation;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::{Device, Kind, Tensor};

use crate::{Decoder, Error, ImageShape, Likelihood, Parts};

/// What kind of model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// AD: a latent vector per image (GLO, arXiv:1707.05776; DeepSDF, arXiv:1901.05103).
    AutoDecoder,
    /// VAD: a posterior per image (arXiv:1903.00840).
    VariationalAutoDecoder,
}

/// A part of a model: its name, and the options of its family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartSpec {
    /// The name in the registry.
    pub kind: String,
    /// Everything else in the table.
    #[serde(flatten)]
    pub options: serde_json::Map<String, Value>,
}

impl PartSpec {
    /// The options as the value that families read.
    pub fn options(&self) -> Value {
        Value::Object(self.options.clone())
    }
}

/// All that is needed to build a model anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// The model's name in its experiment.
    pub name: String,
    /// AD or VAD.
    pub kind: ModelKind,
    /// Values in one latent.
    pub latent_dim: i64,
    /// Name of the posterior; `point` for an AD.
    pub posterior: String,
    /// The decoder's family and options.
    pub decoder: PartSpec,
    /// The likelihood's family and options.
    pub likelihood: PartSpec,
    /// Weight of the KL term (β-VAE, Higgins et al. 2017); 1 is the ELBO. VAD only.
    pub beta: f64,
    /// Weight of `‖z‖²` in nats (DeepSDF's Gaussian prior on the codes). AD only.
    pub l2: f64,
}

/// The objective's terms for a batch, in nats per image.
#[derive(Debug)]
pub struct Terms {
    /// `−log p(x | z)` at one posterior sample, `[B]`.
    pub reconstruction: Tensor,
    /// KL divergence of the posterior from the prior, `[B]`; `None` for an AD.
    pub kl: Option<Tensor>,
    /// What is added to the reconstruction in the objective before its warm-up weight: `β · KL` for
    /// a VAD, `l2 · ‖z‖²` for an AD, `[B]`; `None` where there is none.
    pub regulariser: Option<Tensor>,
}

impl Terms {
    /// Reconstruction plus `weight` times the regulariser, nats per image, `[B]`.
    pub fn objective(&self, weight: f64) -> Tensor {
        match &self.regulariser {
            Some(regulariser) => &self.reconstruction + regulariser * weight,
            None => self.reconstruction.shallow_clone(),
        }
    }

    /// Reconstruction plus KL, nats per image, `[B]`; `None` for an AD, which bounds nothing.
    pub fn negative_elbo(&self) -> Option<Tensor> {
        self.kl.as_ref().map(|kl| &self.reconstruction + kl)
    }
}

/// A decoder, a likelihood and a posterior family: everything but the rows.
#[derive(Debug)]
pub struct LatentModel {
    spec: ModelSpec,
    decoder: Decoder,
    likelihood: Box<dyn Likelihood>,
    posterior: Arc<dyn Posterior>,
}

impl LatentModel {
    /// A model with a fresh decoder, drawn from `rng`.
    ///
    /// # Errors
    /// For unknown part names, options out of range, layers that do not fit, and a posterior that is
    /// not of the model's kind.
    pub fn new(
        spec: ModelSpec,
        image: ImageShape,
        parts: &Parts,
        device: Device,
        rng: &mut impl Rng,
    ) -> Result<LatentModel, Error> {
        let family = parts.decoders.get(&spec.decoder.kind)?;
        let layers = family.layers(&spec.decoder.options(), spec.latent_dim, image)?;
        let decoder = Decoder::new(layers, spec.latent_dim, image, device, rng)?;
        LatentModel::with_decoder(spec, decoder, parts, device)
    }

    /// A model around an existing decoder.
    ///
    /// # Errors
    /// For unknown part names, options out of range, and a posterior that is not of the model's kind.
    pub fn with_decoder(
        spec: ModelSpec,
        decoder: Decoder,
        parts: &Parts,
        device: Device,
    ) -> Result<LatentModel, Error> {
        let likelihoods = parts.likelihoods.get(&spec.likelihood.kind)?;
        let likelihood = likelihoods.build(&spec.likelihood.options(), device)?;
        let posterior = parts.posteriors.get(&spec.posterior)?;
        check_posterior(spec.kind, posterior.as_ref())?;
        Ok(LatentModel { spec, decoder, likelihood, posterior })
    }

    /// The terms of the objective for `images` `[B, channels, height, width]` in [0, 1], whose rows
    /// are `rows` `[B, row_width]`, at the posterior sample that `noise` `[B, latent_dim]` gives.
    pub fn terms(&self, rows: &Tensor, noise: &Tensor, images: &Tensor) -> Terms {
        let z = self.posterior.rsample(rows, noise);
        let logits = self.decoder.forward(&z);
        let reconstruction = self.likelihood.negative_log_prob(&logits, images);
        match self.spec.kind {
            ModelKind::AutoDecoder => Terms {
                reconstruction,
                kl: None,
                regulariser: (self.spec.l2 > 0.0).then(|| squared_norm(&z) * self.spec.l2),
            },
            ModelKind::VariationalAutoDecoder => {
                let kl = self.posterior.kl(rows, noise).value().map(Tensor::shallow_clone);
                let regulariser = kl.as_ref().map(|kl| kl * self.spec.beta);
                Terms { reconstruction, kl, regulariser }
            }
        }
    }

    /// Expected pixels of latents `z` `[B, latent_dim]`: `[B, channels, height, width]` in [0, 1].
    pub fn decode(&self, z: &Tensor) -> Tensor {
        self.likelihood.mean(&self.decoder.forward(z))
    }

    /// Everything learned by gradient descent besides the rows, by name.
    pub fn named_parameters(&self) -> Vec<(String, Tensor)> {
        let mut named = self.decoder.named_parameters();
        named.extend(self.likelihood.named_parameters());
        named
    }

    /// Number of values learned by gradient descent besides the rows: the decoder's and the
    /// likelihood's.
    pub fn parameter_count(&self) -> i64 {
        self.named_parameters().iter().map(|(_, tensor)| tensor.numel() as i64).sum()
    }

    /// Values in one row of the latent table.
    pub fn row_width(&self) -> i64 {
        self.posterior.row_width(self.spec.latent_dim)
    }

    /// What the model was built from.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// The network from latents to logits.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// What logits say about pixels.
    pub fn likelihood(&self) -> &dyn Likelihood {
        self.likelihood.as_ref()
    }

    pub(crate) fn likelihood_mut(&mut self) -> &mut dyn Likelihood {
        self.likelihood.as_mut()
    }

    /// How rows become latents, over plain slices.
    pub fn reparameterisation(&self) -> Box<dyn Reparameterisation> {
        autodecoder_distributions::kernel(&self.posterior)
    }

    /// What a row describes.
    pub fn posterior(&self) -> &dyn Posterior {
        self.posterior.as_ref()
    }
}

/// An auto-decoder stores points, a variational one distributions with a density.
fn check_posterior(kind: ModelKind, posterior: &dyn Posterior) -> Result<(), Error> {
    let point = posterior.noise() == Noise::None;
    let expected = match kind {
        ModelKind::AutoDecoder if !point => "an auto-decoder needs a point, such as \"point\"",
        ModelKind::VariationalAutoDecoder if point => {
            "a variational auto-decoder needs a density, such as \"gaussian\""
        }
        _ => return Ok(()),
    };
    Err(Error::Posterior { posterior: posterior.name().to_owned(), expected })
}

/// `‖z‖²` of each latent, `[B]`.
fn squared_norm(z: &Tensor) -> Tensor {
    z.square().sum_dim_intlist([1i64].as_slice(), false, None::<Kind>)
}
