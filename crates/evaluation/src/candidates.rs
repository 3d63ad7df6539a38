//! Which of some latents explains an image best.

use autodecoder_models::{LatentModel, Observation};
use autodecoder_training::{DeviceImages, Error, Observer, Streams, latent_noise};
use tch::{Device, Kind, Tensor};

/// The most images that are compared with candidates side by side.
const SIDE_BY_SIDE: i64 = 256;
/// The most values that candidates may decode to at a time, and that are compared with those of images.
const MOST_VALUES: i64 = 1_000_000;

/// Samples of the prior, `[draws, latent_dim]`, from the stream `prior search`.
pub(crate) fn prior_draws(
    model: &LatentModel,
    draws: i64,
    device: Device,
    streams: &Streams,
) -> Tensor {
    let prior = model.posterior().prior();
    let mut rng = streams.rng("prior search", &[]);
    let noise = latent_noise(prior.noise(), draws, model.spec().latent_dim, device, &mut rng);
    prior.sample(&noise).to_kind(Kind::Float)
}

/// For each of `images` the place of that of the latents `z` `[K, latent_dim]` with the lowest
/// `−log p(x | z)`, `[N]`; of two alike the earlier one.
///
/// # Errors
/// [`Error::Interrupted`] where the observer asked for a stop.
pub(crate) fn best_of(
    model: &LatentModel,
    images: &DeviceImages,
    z: &Tensor,
    observer: &mut dyn Observer,
) -> Result<Tensor, Error> {
    let _guard = tch::no_grad_guard();
    let mut best = Best::new(images.len(), images.device());
    let at_a_time = (MOST_VALUES / model.decoder().image().numel()).max(1);
    for (number, candidates) in (0..).zip(z.split(at_a_time, 0)) {
        let judge = Judge::new(model, &candidates);
        for (place, some) in images.batches(judge.images_at_a_time()) {
            if observer.should_stop() {
                return Err(Error::Interrupted { place: "during a search among prior samples" });
            }
            best.put(place, number * at_a_time, &judge.nats(&some));
        }
    }
    Ok(best.candidates)
}

/// The best candidate of each image so far. One tensor for all images: many small ones that outlive the
/// large ones of their image would lie between these, and no gap would be wide enough for the next image's.
struct Best {
    nats: Tensor,
    candidates: Tensor,
}

impl Best {
    fn new(images: i64, device: Device) -> Best {
        Best {
            nats: Tensor::full([images], f64::INFINITY, (Kind::Float, device)),
            candidates: Tensor::zeros([images], (Kind::Int64, device)),
        }
    }

    /// Compares `nats` `[B, k]` of the images from `place` on under the candidates from `first` on.
    fn put(&mut self, place: i64, first: i64, nats: &Tensor) {
        // A latent that decodes to no number is no candidate, and the others are none the worse for it.
        let infinite = f64::INFINITY;
        let (lowest, which) = nats.nan_to_num(infinite, infinite, None).min_dim(1, false);
        let part = |all: &Tensor| all.narrow(0, place, lowest.size()[0]);
        let (mut old, mut chosen) = (part(&self.nats), part(&self.candidates));
        let better = lowest.lt_tensor(&old);
        chosen.copy_(&(which + first).where_self(&better, &chosen));
        old.copy_(&lowest.where_self(&better, &old));
    }
}

/// `−log p(x | z)` of images under some candidates.
struct Judge<'a> {
    model: &'a LatentModel,
    /// Of the candidates, `[k, channels, height, width]`.
    logits: Tensor,
    affine: Option<Affine>,
}

impl Judge<'_> {
    fn new<'a>(model: &'a LatentModel, candidates: &Tensor) -> Judge<'a> {
        let logits = model.decoder().forward(candidates);
        let affine = model.likelihood().is_affine_in_pixels();
        let affine = affine.then(|| Affine::new(model, &logits));
        Judge { model, logits, affine }
    }

    fn images_at_a_time(&self) -> i64 {
        let pixels = self.model.decoder().image().numel();
        let values = if self.affine.is_some() { pixels } else { self.logits.numel() as i64 };
        (MOST_VALUES / values).clamp(1, SIDE_BY_SIDE)
    }

    /// Of every image under every candidate, `[B, k]`.
    fn nats(&self, images: &Observation) -> Tensor {
        if let Some(affine) = &self.affine {
            return affine.nats(images);
        }
        // All pairs, an image's one after another.
        let mut size = self.logits.size();
        size.insert(0, images.len());
        let pairs =
            |values: &Tensor, place| values.unsqueeze(place).expand(&size, false).flatten(0, 1);
        let shown = Observation {
            pixels: pairs(&images.pixels, 1),
            observed: images.observed.as_ref().map(|observed| pairs(observed, 1)),
        };
        let nats = self.model.likelihood().negative_log_prob(&pairs(&self.logits, 0), &shown);
        nats.view([images.len(), -1])
    }
}

/// Candidates' nats as an affine function of an image's pixels, which makes two matrix products of all pairs
/// of images and candidates.
struct Affine {
    /// Nats of a black pixel, `[k, pixels]`.
    black: Tensor,
    /// What a white pixel adds, `[k, pixels]`.
    slope: Tensor,
}

impl Affine {
    fn new(model: &LatentModel, logits: &Tensor) -> Affine {
        let nats = |pixels: Tensor| model.likelihood().pixel_nats(logits, &pixels).flatten(1, -1);
        let black = nats(logits.zeros_like());
        let slope = nats(logits.ones_like()) - &black;
        Affine { black, slope }
    }

    fn nats(&self, images: &Observation) -> Tensor {
        let [pixels, mask] = [images.zero_filled(), images.mask()].map(|x| x.flatten(1, -1));
        pixels.matmul(&self.slope.tr()) + mask.matmul(&self.black.tr())
    }
}
