//! How far a sweep's samples lie from real images.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_classifier::Classifier;
use autodecoder_evaluation::{fit_sampler, frechet_distance, posterior_samples};
use autodecoder_models::LatentModel;
use autodecoder_training::DeviceImages;
use tch::Tensor;

use crate::pipeline::{decoded_features, open_classifier};
use crate::session::Session;

/// The samplers that are compared: what a model is meant to be sampled by, and a fit to its latents.
pub(super) const SAMPLERS: [&str; 2] = ["prior", "mixture"];

/// The test images of a seed, as a classifier sees them.
pub(super) struct Real {
    classifier: Classifier,
    features: Tensor,
}

impl Real {
    /// The features of `test` that the classifier in `folder` gives.
    ///
    /// # Errors
    /// Where there is no classifier for such images in the folder.
    pub fn new(session: &Session, folder: &Path, test: &DeviceImages) -> Result<Real> {
        let (classifier, _) = open_classifier(session, folder)?;
        let features = classifier.image_features(test);
        Ok(Real { classifier, features })
    }

    /// Fréchet distances, by sampler, of as many samples as there are test images. Samplers are fitted
    /// to posterior samples of the training images' `rows`.
    ///
    /// # Errors
    /// Where a sampler cannot be fitted, or samples have features that are not finite.
    pub fn distances(
        &self,
        session: &Session,
        model: &LatentModel,
        rows: &Tensor,
    ) -> Result<BTreeMap<String, f64>> {
        let rng = |what: &str| session.streams().rng(&format!("sampler {what}"), &[]);
        let latents = posterior_samples(model.posterior(), rows, &mut rng("latents"));
        let distance = |name: &'static str| -> Result<(String, f64)> {
            let family = session.catalogue.samplers.get(name)?;
            let sampler = fit_sampler(family.as_ref(), &latents, &mut rng("fit")).context(name)?;
            let prior = model.posterior().prior();
            let samples = sampler.sample(self.features.size()[0], prior, &mut rng("draw"));
            let features = decoded_features(&self.classifier, model, &samples);
            Ok((name.to_owned(), frechet_distance(&features, &self.features).context(name)?))
        };
        SAMPLERS.into_iter().map(distance).collect()
    }
}
