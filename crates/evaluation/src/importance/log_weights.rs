//! Log weights of posterior samples: log p(x | z) + log p(z) − log q(z).

use autodecoder_models::{LatentModel, Observation};
use autodecoder_training::{DeviceImages, Error, Observer, Streams, latent_noise};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

/// Decoder inputs at a time on the CPU: enough for its matrix products to be fast, and so few that
/// the logits stay in the cache until the likelihood has read them.
const INPUTS_ON_CPU: i64 = 1000;
/// Decoder inputs at a time elsewhere, where starting an operation costs more.
const INPUTS_ELSEWHERE: i64 = 10_000;

/// Draws and weighs posterior samples, block of images by block of images.
#[derive(Debug)]
pub(super) struct Sampler<'a> {
    model: &'a LatentModel,
    rows: &'a Tensor,
    images: &'a DeviceImages,
    streams: (&'a Streams, &'a str),
    /// How many images there are.
    count: i64,
    /// Samples of each.
    samples: i64,
    /// Decoder inputs at a time.
    inputs: i64,
    /// The first image of the next block.
    next: i64,
    /// Calls of the decoder so far.
    done: u64,
}

/// Images whose weights are computed together.
#[derive(Debug)]
pub(super) struct Block {
    first: i64,
    count: i64,
}

impl<'a> Sampler<'a> {
    /// For the first `count` of `images` with their `rows`, `samples` samples of each.
    pub fn new(
        model: &'a LatentModel,
        rows: &'a Tensor,
        images: &'a DeviceImages,
        streams: (&'a Streams, &'a str),
        (count, samples): (i64, i64),
    ) -> Sampler<'a> {
        let inputs = if rows.device() == Device::Cpu { INPUTS_ON_CPU } else { INPUTS_ELSEWHERE };
        Sampler { model, rows, images, streams, count, samples, inputs, next: 0, done: 0 }
    }

    /// The next images, if there are any left: as many as fit into one call of the decoder with all
    /// their samples, or a single one.
    pub fn next_block(&mut self) -> Option<Block> {
        let count = self.together().min(self.count - self.next);
        let first = self.next;
        self.next += count;
        (count > 0).then_some(Block { first, count })
    }

    fn together(&self) -> i64 {
        (self.inputs / self.samples).max(1)
    }

    /// Calls of the decoder for all images.
    fn total(&self) -> u64 {
        let blocks = self.count.unsigned_abs().div_ceil(self.together().unsigned_abs());
        blocks * self.samples.unsigned_abs().div_ceil(self.inputs.unsigned_abs())
    }

    /// Log weights of all samples of the block's images, `[images, samples]`, f64. `None` where the
    /// posterior has no density.
    pub fn log_weights(
        &mut self,
        block: &Block,
        observer: &mut dyn Observer,
    ) -> Result<Option<Tensor>, Error> {
        let images = self.images.range(block.first, block.count);
        let positions = block.first..block.first + block.count;
        let (streams, name) = self.streams;
        let mut generators: Vec<ChaCha8Rng> =
            positions.map(|image| streams.rng(name, &[image.unsigned_abs()])).collect();
        let mut weights = Vec::new();
        let mut left = self.samples;
        while left > 0 {
            if observer.should_stop() {
                return Err(Error::Interrupted { place: "while the likelihood was bounded" });
            }
            let samples = left.min(self.inputs);
            let Some(some) = self.weigh(block, &images, samples, &mut generators) else {
                return Ok(None);
            };
            weights.push(some);
            left -= samples;
            self.done += 1;
            observer.step(self.done, self.total());
        }
        Ok(Some(Tensor::cat(&weights, 1)))
    }

    /// The next `samples` samples of each image, `[images, samples]`.
    fn weigh(
        &self,
        block: &Block,
        images: &Observation,
        samples: i64,
        generators: &mut [ChaCha8Rng],
    ) -> Option<Tensor> {
        let posterior = self.model.posterior();
        let rows = self.rows.narrow(0, block.first, block.count);
        let rows = rows.repeat_interleave_self_int(samples, 0, None);
        let z = posterior.rsample(&rows, &self.noise(samples, rows.kind(), generators));
        let log_ratio = posterior.log_ratio(&rows, &z)?.to_kind(Kind::Double);
        let nats = self.negative_log_likelihood(&z, images, samples);
        Some((log_ratio - nats).reshape([block.count, samples]))
    }

    /// Noise `[images · samples, latent_dim]`, each image's from its own generator.
    fn noise(&self, samples: i64, kind: Kind, generators: &mut [ChaCha8Rng]) -> Tensor {
        let (noise, latent_dim) = (self.model.posterior().noise(), self.model.spec().latent_dim);
        let device = self.rows.device();
        let draw = |rng| latent_noise(noise, samples, latent_dim, device, rng);
        let noises: Vec<Tensor> = generators.iter_mut().map(draw).collect();
        Tensor::cat(&noises, 0).to_kind(kind)
    }

    /// `−log p(x | z)` of `samples` latents of each image one after another, `[images · samples]`, f64.
    fn negative_log_likelihood(&self, z: &Tensor, images: &Observation, samples: i64) -> Tensor {
        let logits = self.model.decoder().forward(z);
        let each: Vec<Tensor> = logits
            .split(samples, 0)
            .iter()
            .zip(0..)
            .map(|(logits, image)| {
                let image = repeated(images, image, samples);
                self.model.likelihood().negative_log_prob(logits, &image).to_kind(Kind::Double)
            })
            .collect();
        Tensor::cat(&each, 0)
    }
}

/// One of the images `times` times, without a copy of its pixels.
fn repeated(images: &Observation, image: i64, times: i64) -> Observation {
    let view = |all: &Tensor| {
        let mut size = all.size();
        size[0] = times;
        all.narrow(0, image, 1).expand(size, false)
    };
    Observation { pixels: view(&images.pixels), observed: images.observed.as_ref().map(view) }
}
