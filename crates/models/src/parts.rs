//! The parts that an experiment file can name.

use std::sync::Arc;

use autodecoder_distributions::{Posterior, Registry};

use crate::decoders::{Convolutional, DecoderFamily, Mlp};
use crate::encoders::{ConvolutionalEncoder, EncoderFamily, Mirror, MlpEncoder};
use crate::likelihood::LikelihoodFamily;
use crate::likelihoods::{Bernoulli, ContinuousBernoulli, GaussianFamily};

/// Posteriors, decoder and encoder families and likelihoods by name. To swap in one's own, add it here:
/// `parts.decoders = parts.decoders.with("mine", Arc::new(Mine))`.
#[derive(Debug, Clone)]
pub struct Parts {
    /// What a row of the latent table describes.
    pub posteriors: Registry<dyn Posterior>,
    /// Decoder architectures.
    pub decoders: Registry<dyn DecoderFamily>,
    /// Encoder architectures.
    pub encoders: Registry<dyn EncoderFamily>,
    /// What logits say about pixels.
    pub likelihoods: Registry<dyn LikelihoodFamily>,
}

impl Parts {
    /// Everything that this project ships.
    pub fn standard() -> Parts {
        let decoders: [Arc<dyn DecoderFamily>; 2] = [Arc::new(Mlp), Arc::new(Convolutional)];
        let encoders: [Arc<dyn EncoderFamily>; 3] =
            [Arc::new(Mirror), Arc::new(MlpEncoder), Arc::new(ConvolutionalEncoder)];
        let likelihoods: [Arc<dyn LikelihoodFamily>; 3] =
            [Arc::new(Bernoulli), Arc::new(ContinuousBernoulli), Arc::new(GaussianFamily)];
        let mut parts = Parts {
            posteriors: autodecoder_distributions::standard(),
            decoders: Registry::new("decoder"),
            encoders: Registry::new("encoder"),
            likelihoods: Registry::new("likelihood"),
        };
        for decoder in decoders {
            parts.decoders = parts.decoders.with(decoder.name(), decoder);
        }
        for encoder in encoders {
            parts.encoders = parts.encoders.with(encoder.name(), encoder);
        }
        for likelihood in likelihoods {
            parts.likelihoods = parts.likelihoods.with(likelihood.name(), likelihood);
        }
        parts
    }
}
