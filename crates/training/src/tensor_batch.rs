//! A batch's way through libtorch: any device, any part.

use autodecoder_models::{LatentModel, Observation};
use tch::Tensor;

use crate::decoder_state::DecoderState;
use crate::{BatchNoise, LatentStep, Optimiser, RowBatch, RowStep, StepOutcome, row_step};

/// What the latent steps of one batch share.
pub(crate) struct Batch<'a> {
    pub images: &'a Observation,
    pub noise: &'a BatchNoise<'a>,
    pub rows: LatentStep,
    /// Samples of each row.
    pub samples: i64,
    /// What the last latent step moves too, and how far.
    pub decoder: (&'a mut DecoderState, f64),
}

impl Batch<'_> {
    /// Moves the rows `latent_steps` times and the decoder with the last one. That one's sums of
    /// objective, reconstruction and KL, `[3]`.
    pub fn fit(
        mut self,
        model: &LatentModel,
        rows: &mut RowBatch,
        optimiser: &dyn Optimiser,
        latent_steps: u32,
    ) -> Tensor {
        let alone = latent_steps - 1;
        for number in 0..alone {
            self.latent_step(model, rows, optimiser, (number, &[]));
        }
        let parameters: Vec<Tensor> =
            self.decoder.0.parameters().iter().map(Tensor::shallow_clone).collect();
        let joint = self.latent_step(model, rows, optimiser, (alone, &parameters));
        let (decoder, rate) = &mut self.decoder;
        decoder.update(&joint.gradients, self.images.len(), *rate);
        joint.sums
    }

    fn latent_step(
        &self,
        model: &LatentModel,
        rows: &mut RowBatch,
        optimiser: &dyn Optimiser,
        (number, parameters): (u32, &[Tensor]),
    ) -> StepOutcome {
        let (count, latent_dim) = (self.images.len(), model.spec().latent_dim);
        let device = self.images.pixels.device();
        let noise = self.noise.tensor(u64::from(number), count, latent_dim * self.samples, device);
        let inputs = RowStep {
            images: self.images,
            noise: &noise,
            regulariser_weight: self.rows.regulariser_weight,
            rate: self.rows.rate,
        };
        row_step(model, rows, &inputs, optimiser, parameters)
    }
}
