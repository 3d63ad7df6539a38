//! What makes an auto-decoder an autoencoder: a network that reads an image's row off the image.

use anyhow::Result;
use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, Streams, latent_noise};
use rand::seq::SliceRandom;
use tch::{Device, Kind, Tensor};

use super::small_models::Recipe;
use crate::toolkit::descent::{Descent, parameter};

/// Images in a step.
const BATCH: i64 = 32;

/// From pixels to the row of a posterior: one hidden layer.
#[derive(Debug)]
pub struct Encoder {
    layers: [(Tensor, Tensor); 2],
}

impl Encoder {
    fn new(pixels: i64, hidden: i64, row: i64, streams: Streams) -> Encoder {
        let mut rng = streams.rng("encoder", &[]);
        let mut layer = |inputs: i64, outputs: i64| {
            let weight = parameter(&[outputs, inputs], inputs, &mut rng);
            (weight, parameter(&[outputs], inputs, &mut rng))
        };
        Encoder { layers: [layer(pixels, hidden), layer(hidden, row)] }
    }

    /// Rows `[B, row_width]` of images `[B, channels, height, width]`.
    pub fn rows(&self, images: &Tensor) -> Tensor {
        let [(first, first_bias), (second, second_bias)] = &self.layers;
        let hidden = images.flatten(1, -1).linear(first, Some(first_bias)).relu();
        hidden.linear(second, Some(second_bias))
    }

    fn parameters(&self) -> Vec<Tensor> {
        let tensors = self.layers.iter().flat_map(|(weight, bias)| [weight, bias]);
        tensors.map(Tensor::shallow_clone).collect()
    }
}

/// A variational autoencoder: the same terms as a VAD's, with rows from an encoder instead of a table.
#[derive(Debug)]
pub struct Vae {
    /// Reads rows off images.
    pub encoder: Encoder,
    /// Decoder, likelihood and posterior.
    pub model: LatentModel,
}

impl Vae {
    /// Trains an encoder and the decoder of `recipe` together.
    pub fn train(recipe: &Recipe, images: &DeviceImages) -> Result<Vae> {
        let model = recipe.model(images)?;
        let pixels = images.shape().numel();
        let encoder = Encoder::new(pixels, 128, model.row_width(), recipe.streams);
        let mut parameters = encoder.parameters();
        parameters.extend(model.named_parameters().into_iter().map(|(_, tensor)| tensor));
        let mut descent = Descent::new(parameters);
        let vae = Vae { encoder, model };
        for epoch in 0..recipe.epochs {
            let progress = f64::from(epoch) / f64::from(recipe.epochs);
            let rate = 0.005 * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
            vae.epoch(recipe, images, epoch, |loss| descent.step(loss, rate));
        }
        descent.finish();
        Ok(vae)
    }

    /// One pass over the images in an order of its own; `step` gets the mean objective of each batch.
    fn epoch(
        &self,
        recipe: &Recipe,
        images: &DeviceImages,
        epoch: u32,
        mut step: impl FnMut(&Tensor),
    ) {
        let mut rng = recipe.streams.rng("vae", &[u64::from(epoch)]);
        let mut order: Vec<i64> = (0..images.len()).collect();
        order.shuffle(&mut rng);
        for indices in Tensor::from_slice(&order).split(BATCH, 0) {
            let batch = images.batch(&indices);
            let noise = self.model.posterior().noise();
            let noise = latent_noise(noise, batch.len(), recipe.latent_dim, Device::Cpu, &mut rng);
            let terms = self.model.terms(&self.encoder.rows(&batch.pixels), &noise, &batch);
            step(&terms.objective(1.0).mean(Kind::Float));
        }
    }
}
