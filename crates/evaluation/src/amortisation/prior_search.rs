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
    // One tensor for all: many small ones that outlive the large ones of their image would lie between
    // these, and no gap would be wide enough for the next image's.
    let best = Tensor::zeros([images.len()], (Kind::Int64, images.device()));
    for (place, image) in images.batches(1) {
        if observer.should_stop() {
            return Err(Error::Interrupted { place: "during a search among prior samples" });
        }
        let everywhere = |values: &Tensor| values.expand_as(&logits);
        let image = Observation {
            pixels: everywhere(&image.pixels),
            observed: image.observed.as_ref().map(everywhere),
        };
        let nats = model.likelihood().negative_log_prob(&logits, &image);
        best.narrow(0, place, 1).copy_(&nats.argmin(0, true));
    }
    Ok(z.index_select(0, &best).to_kind(Kind::Float))
}
