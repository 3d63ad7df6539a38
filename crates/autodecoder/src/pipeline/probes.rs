//! What latents tell of an image's class, and what its pixels tell.

use autodecoder_data::{ImageSet, Values};
use autodecoder_evaluation::{Labelled, Probes, probe, probe_neighbours};
use autodecoder_models::LatentModel;
use tch::Tensor;

use crate::results::PixelProbes;
use crate::session::Session;

/// Whether there is anything to tell apart: without labels all images are of one class.
pub(super) fn has_classes(session: &Session) -> bool {
    let labels = session.images.train.labels();
    labels.iter().any(|&label| label != labels[0])
}

/// Classifiers that are fitted to the posterior means of the training images' `train` rows and tested on
/// those of the test images' `test` rows.
pub(crate) fn latent_probes(
    session: &Session,
    model: &LatentModel,
    train: &Tensor,
    test: &Tensor,
) -> Probes {
    let means = |rows: &Tensor, images: &ImageSet| {
        Labelled::new(model.posterior().mean(rows), images.labels())
    };
    let images = &session.images;
    let (train, test) = (means(train, &images.train), means(test, &images.test));
    probe(&train, &test, session.experiment.evaluation.neighbours)
}

/// The neighbours' vote by the images' pixels: what there is to know without a model. A linear
/// classifier of pixels would take longer to fit than some models to train: most of its features hardly
/// vary.
pub(super) fn pixel_probes(session: &Session) -> PixelProbes {
    let pixels = |images: &ImageSet| {
        // What is missing is 0.
        let pixels = match images.values() {
            Values::Bytes(bytes) => Tensor::from_slice(bytes),
            Values::Floats(floats) => Tensor::from_slice(floats),
        };
        let pixels = pixels.to_device(session.device).reshape([images.len() as i64, -1]);
        Labelled::new(pixels, images.labels())
    };
    let (images, k) = (&session.images, session.experiment.evaluation.neighbours);
    PixelProbes { knn: probe_neighbours(&pixels(&images.train), &pixels(&images.test), k) }
}
