//! The best of many draws from the prior.

use autodecoder_models::{LatentModel, Observation};
use autodecoder_training::{DeviceImages, Error, Observer, Streams, latent_noise};
use tch::{Kind, Tensor};

/// For each of `images` that of `draws` prior samples which explains it best, `[N, latent_dim]`: the
/// one with the lowest `−log p(x | z)`. All images share the samples, which come from the stream
/// `prior search`.
///
/// # Errors
/// [`Error::Interrupted`] where the observer asked for a stop.
pub fn best_of_prior(
    model: &LatentModel,
    images: &DeviceImages,
    draws: i64,
    streams: &Streams,
    observer: &mut dyn Observer,
) -> Result<Tensor, Error> {
    let _guard = tch::no_grad_guard();
    let prior = model.posterior().prior();
    let mut rng = streams.rng("prior search", &[]);
    let latent_dim = model.spec().latent_dim;
    let noise = latent_noise(prior.noise(), draws, latent_dim, images.device(), &mut rng);
    let z = prior.sample(&noise);
    let logits = model.decoder().forward(&z);
    let mut best = Vec::with_capacity(images.len().unsigned_abs() as usize);
    for (_, image) in images.batches(1) {
        if observer.should_stop() {
            return Err(Error::Interrupted { place: "during a search among prior samples" });
        }
        let everywhere = |values: &Tensor| values.expand_as(&logits);
        let image = Observation {
            pixels: everywhere(&image.pixels),
            observed: image.observed.as_ref().map(everywhere),
        };
        best.push(model.likelihood().negative_log_prob(&logits, &image).argmin(0, false));
    }
    Ok(z.index_select(0, &Tensor::stack(&best, 0)).to_kind(Kind::Float))
}
