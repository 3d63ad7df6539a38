//! A batch's way through a model with an encoder.

use autodecoder_models::{Encoder, LatentModel, Observation};
use tch::Tensor;

use crate::decoder_state::DecoderState;
use crate::importance_weighted::{Weighted, weighted};
use crate::row_step::summed;
use crate::{BatchNoise, DeviceImages};

/// Images that are encoded at a time.
const CHUNK: i64 = 1000;

/// What `encoder` gives for all `images`, `[N, row_width]`.
pub fn encoded_rows(encoder: &Encoder, images: &DeviceImages) -> Tensor {
    let chunks = images.batches(CHUNK).map(|(_, chunk)| encoder.forward(&chunk));
    tch::no_grad(|| Tensor::cat(&chunks.collect::<Vec<_>>(), 0))
}

/// A batch whose rows an encoder gives: there is no table, and both networks move.
pub(crate) struct EncoderBatch<'a> {
    pub images: &'a Observation,
    pub noise: &'a BatchNoise<'a>,
    pub encoder: &'a Encoder,
    /// Samples of each row.
    pub samples: i64,
    /// Decoder, likelihood and encoder, and how far they move.
    pub networks: (&'a mut DecoderState, f64),
}

impl EncoderBatch<'_> {
    /// Takes one step. Sums of objective, reconstruction and KL before it, `[3]`.
    pub fn fit(self, model: &LatentModel, regulariser_weight: f64) -> Tensor {
        let EncoderBatch { images, noise, encoder, samples, networks: (networks, rate) } = self;
        let (count, latent_dim) = (images.len(), model.spec().latent_dim);
        let noise = noise.tensor(0, count, latent_dim * samples, images.pixels.device());
        let rows = encoder.forward(images);
        let (parameters, of_decoder) = (networks.parameters(), model.decoder_parameters().len());
        let (decoder, encoder) = parameters.split_at(of_decoder);
        if samples > 1
            && let Some(found) =
                weighted(model, (&rows, &noise), images, regulariser_weight, decoder)
        {
            let Weighted { mut gradients, surrogate, sums } = found;
            gradients.extend(Tensor::run_backward(&[&surrogate], encoder, false, false));
            networks.update(&gradients, count, rate);
            return sums;
        }
        let terms = model.terms(&rows, &noise, images);
        let objective = terms.objective(regulariser_weight).sum(None);
        let gradients = Tensor::run_backward(&[&objective], networks.parameters(), false, false);
        networks.update(&gradients, count, rate);
        tch::no_grad(|| summed(&terms, objective))
    }
}
