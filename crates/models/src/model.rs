//! Auto-decoders and autoencoders, variational or not.

use std::sync::Arc;

use autodecoder_distributions::{Noise, Posterior, Prior, UnderPrior};
use autodecoder_kernels::Reparameterisation;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::{Device, Kind, Tensor};

use crate::{
    Decoder, Encoder, EncoderEnds, EncoderSpec, Error, ImageShape, Layer, Likelihood, ModelKind,
    Observation, Parts,
};

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
    /// AD, VAD, AE or VAE.
    pub kind: ModelKind,
    /// Values in one latent.
    pub latent_dim: i64,
    /// Name of the posterior; `point` for an AD or AE.
    pub posterior: String,
    /// The encoder, of an AE or VAE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderSpec>,
    /// The decoder's family and options.
    pub decoder: PartSpec,
    /// The likelihood's family and options.
    pub likelihood: PartSpec,
    /// Weight of the KL term (β-VAE, Higgins et al. 2017); 1 is the ELBO. VAD and VAE only.
    pub beta: f64,
    /// Weight of `‖z‖²` in nats (DeepSDF's Gaussian prior on the codes). AD and AE only.
    pub l2: f64,
}

/// The objective's terms for a batch, in nats per image.
#[derive(Debug)]
pub struct Terms {
    /// `−log p(x | z)` at one posterior sample, `[B]`.
    pub reconstruction: Tensor,
    /// KL divergence of the posterior from the prior, `[B]`; `None` for an AD or AE.
    pub kl: Option<Tensor>,
    /// What is added to the reconstruction in the objective before its warm-up weight: `β · KL` for
    /// a VAD or VAE, `l2 · ‖z‖²` for an AD or AE, `[B]`; `None` where there is none.
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

    /// Reconstruction plus KL, nats per image, `[B]`; `None` for an AD or AE, which bounds nothing.
    pub fn negative_elbo(&self) -> Option<Tensor> {
        self.kl.as_ref().map(|kl| &self.reconstruction + kl)
    }
}

/// A decoder, a likelihood and a posterior family, and the encoder where rows come from one:
/// everything but a latent table.
#[derive(Debug)]
pub struct LatentModel {
    spec: ModelSpec,
    decoder: Decoder,
    encoder: Option<Encoder>,
    likelihood: Box<dyn Likelihood>,
    posterior: Arc<dyn Posterior>,
}

impl LatentModel {
    /// A model with a fresh decoder, then a fresh encoder if its kind has one, drawn from `rng`.
    ///
    /// # Errors
    /// For unknown part names, options out of range, layers that do not fit, a posterior that is not of
    /// the model's kind, and an encoder too many or too few.
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
        let encoder = match &spec.encoder {
            Some(encoder) => {
                let row_width = parts.posteriors.get(&spec.posterior)?.row_width(spec.latent_dim);
                let layers = encoder_layers(&spec, encoder, row_width, &decoder, parts)?;
                Some(Encoder::new(layers, encoder.input, image, row_width, device, rng)?)
            }
            None => None,
        };
        LatentModel::with_networks(spec, decoder, encoder, parts, device)
    }

    /// A model without an encoder around an existing decoder.
    ///
    /// # Errors
    /// As [`LatentModel::with_networks`].
    pub fn with_decoder(
        spec: ModelSpec,
        decoder: Decoder,
        parts: &Parts,
        device: Device,
    ) -> Result<LatentModel, Error> {
        LatentModel::with_networks(spec, decoder, None, parts, device)
    }

    /// A model around existing networks.
    ///
    /// # Errors
    /// For unknown part names, options out of range, a posterior that is not of the model's kind, and
    /// an encoder too many or too few.
    pub fn with_networks(
        spec: ModelSpec,
        decoder: Decoder,
        encoder: Option<Encoder>,
        parts: &Parts,
        device: Device,
    ) -> Result<LatentModel, Error> {
        let likelihoods = parts.likelihoods.get(&spec.likelihood.kind)?;
        let likelihood = likelihoods.build(&spec.likelihood.options(), device)?;
        let posterior = parts.posteriors.get(&spec.posterior)?;
        check_posterior(spec.kind, posterior.as_ref())?;
        if spec.kind.has_encoder() != encoder.is_some() {
            return Err(Error::Encoder { kind: spec.kind });
        }
        Ok(LatentModel { spec, decoder, encoder, likelihood, posterior })
    }

    /// The same model with its posteriors held near `prior`, and not near the prior of their family
    /// ([`UnderPrior`]).
    #[must_use]
    pub fn under_prior(self, prior: Arc<dyn Prior>) -> LatentModel {
        let posterior = Arc::new(UnderPrior::new(self.posterior, prior));
        LatentModel { posterior, ..self }
    }

    /// Rows of `images` `[B, row_width]`, unconstrained as a latent table's; `None` without an encoder.
    pub fn encode(&self, images: &Observation) -> Option<Tensor> {
        self.encoder.as_ref().map(|encoder| encoder.forward(images))
    }

    /// The terms of the objective for a batch of `B` images, whose rows are `rows` `[B, row_width]`, at
    /// the posterior sample that `noise` `[B, latent_dim]` gives. Only observed pixels count.
    pub fn terms(&self, rows: &Tensor, noise: &Tensor, images: &Observation) -> Terms {
        let z = self.posterior.rsample(rows, noise);
        let logits = self.decoder.forward(&z);
        let reconstruction = self.likelihood.negative_log_prob(&logits, images);
        if self.spec.kind.is_variational() {
            let kl = self.posterior.kl(rows, noise).value().map(Tensor::shallow_clone);
            let regulariser = kl.as_ref().map(|kl| kl * self.spec.beta);
            return Terms { reconstruction, kl, regulariser };
        }
        let l2 = self.spec.l2;
        let regulariser = (l2 > 0.0).then(|| squared_norm(&z) * l2);
        Terms { reconstruction, kl: None, regulariser }
    }

    /// Expected pixels of latents `z` `[B, latent_dim]`: `[B, channels, height, width]` in [0, 1].
    pub fn decode(&self, z: &Tensor) -> Tensor {
        self.likelihood.mean(&self.decoder.forward(z))
    }

    /// What decoder and likelihood learn, by name.
    pub fn decoder_parameters(&self) -> Vec<(String, Tensor)> {
        let mut named = self.decoder.named_parameters();
        named.extend(self.likelihood.named_parameters());
        named
    }

    /// Everything learned by gradient descent besides the rows, by name: the decoder's, the
    /// likelihood's, and as `encoder.<name>` the encoder's.
    pub fn named_parameters(&self) -> Vec<(String, Tensor)> {
        let mut named = self.decoder_parameters();
        let encoder = self.encoder.iter().flat_map(Encoder::named_parameters);
        named.extend(encoder.map(|(name, tensor)| (format!("encoder.{name}"), tensor)));
        named
    }

    /// Number of values learned by gradient descent besides the rows: the decoder's, the likelihood's
    /// and the encoder's.
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

    /// The network from images to rows, of an AE or VAE.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.encoder.as_ref()
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

/// Variational models have posteriors with a density, the others points.
fn check_posterior(kind: ModelKind, posterior: &dyn Posterior) -> Result<(), Error> {
    let point = posterior.noise() == Noise::None;
    let expected = match kind {
        ModelKind::AutoDecoder if !point => "an auto-decoder needs a point, such as \"point\"",
        ModelKind::Autoencoder if !point => "an autoencoder needs a point, such as \"point\"",
        ModelKind::VariationalAutoDecoder if point => {
            "a variational auto-decoder needs a density, such as \"gaussian\""
        }
        ModelKind::VariationalAutoencoder if point => {
            "a variational autoencoder needs a density, such as \"gaussian\""
        }
        _ => return Ok(()),
    };
    Err(Error::Posterior { posterior: posterior.name().to_owned(), expected })
}

fn encoder_layers(
    spec: &ModelSpec,
    encoder: &EncoderSpec,
    row_width: i64,
    decoder: &Decoder,
    parts: &Parts,
) -> Result<Vec<Layer>, Error> {
    let ends = EncoderEnds {
        image: encoder.input.shape(decoder.image()),
        row_width,
        latent_dim: spec.latent_dim,
        decoder: decoder.layers(),
    };
    parts.encoders.get(&encoder.part.kind)?.layers(&encoder.part.options(), ends)
}

/// `‖z‖²` of each latent, `[B]`.
fn squared_norm(z: &Tensor) -> Tensor {
    z.square().sum_dim_intlist([1i64].as_slice(), false, None::<Kind>)
}
