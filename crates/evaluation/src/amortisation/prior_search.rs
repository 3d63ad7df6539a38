//! The best of many draws from the prior.

use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, Error, Observer, Streams};
use tch::Tensor;

use crate::candidates::{best_of, prior_draws};

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
    let draws = prior_draws(model, draws, images.device(), streams);
    Ok(draws.index_select(0, &best_of(model, images, &draws, observer)?))
}
