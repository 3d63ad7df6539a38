//! Where rows begin.

use autodecoder_models::LatentModel;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::{DeviceImages, Error, Pca, RangeError, Streams, check_range, standard_normal};

/// What a row's first location is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartKind {
    /// The origin.
    Zero,
    /// Independent standard normals.
    Random,
    /// The image's scores on the leading principal components of the training images, in units of
    /// the first one's standard deviation.
    Pca,
    /// The same scores, each in units of its own standard deviation.
    WhitenedPca,
    /// The posterior under probabilistic PCA (Tipping and Bishop 1999), which is what a linear decoder
    /// with Gaussian pixels would end with (Lucas et al. 2019, arXiv:1911.02469): a component with the
    /// signal variance λ gets the variance `σ² = 1 / (1 + λ / s²)` and its whitened score times `√(1 − σ²)` for a mean.
    /// The noise `s²` is set so that the first component's standard deviation is the start's `spread`.
    /// Only the leading components that hold the start's `variance_share` begin so; the others begin
    /// near the prior, as dimensions that training may or may not take up.
    ProbabilisticPca,
}

/// Where rows begin: `scale` times the location that `from` gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartConfig {
    /// What the location is made from.
    pub from: StartKind,
    /// Factor on the location.
    pub scale: f64,
    /// Standard deviation of the posterior, in units of the prior's; no effect on an AD.
    pub spread: f64,
    /// Share of the images' variance that the components with a narrow start hold together, under
    /// [`StartKind::ProbabilisticPca`]; no effect on others.
    pub variance_share: f64,
}

impl StartConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// The first value out of its range; `section` goes before the key.
    pub fn check(&self, section: &str) -> Result<(), RangeError> {
        check_range(&format!("{section}.scale"), self.scale, 0.0..=1000.0)?;
        check_range(&format!("{section}.spread"), self.spread, 1e-4..=0.999)?;
        check_range(&format!("{section}.variance_share"), self.variance_share, 0.0..=1.0)
    }

    /// First rows for `images`, `[N, row_width]`. Random locations come from the stream `name`.
    ///
    /// # Errors
    /// [`Error::TooFewComponents`] where the images have fewer pixels than `latent_dim`.
    pub fn rows(
        &self,
        model: &LatentModel,
        images: &DeviceImages,
        streams: &Streams,
        name: &str,
    ) -> Result<Tensor, Error> {
        if self.from == StartKind::ProbabilisticPca {
            return self.probabilistic_pca(model, images);
        }
        let location = self.location(model.spec().latent_dim, images, streams, name)?;
        Ok(model.posterior().start(&(location * self.scale), self.spread))
    }

    fn location(
        &self,
        latent_dim: i64,
        images: &DeviceImages,
        streams: &Streams,
        name: &str,
    ) -> Result<Tensor, Error> {
        let size = [images.len(), latent_dim];
        match self.from {
            StartKind::Zero => Ok(Tensor::zeros(size, (Kind::Float, images.device()))),
            StartKind::Random => {
                let mut rng = streams.rng(name, &[]);
                Ok(standard_normal(size[0], size[1], images.device(), &mut rng))
            }
            StartKind::Pca => Ok(fit(images, latent_dim, "pca")?.scores(images)),
            StartKind::WhitenedPca | StartKind::ProbabilisticPca => {
                Ok(fit(images, latent_dim, "whitened-pca")?.whitened_scores(images))
            }
        }
    }

    fn probabilistic_pca(
        &self,
        model: &LatentModel,
        images: &DeviceImages,
    ) -> Result<Tensor, Error> {
        let pca = fit(images, model.spec().latent_dim, "probabilistic-pca")?;
        let scores = pca.whitened_scores(images);
        let columns =
            pca.posterior_deviations(self.spread, self.variance_share).into_iter().zip(0..);
        let rows: Vec<Tensor> = columns
            .map(|(deviation, column)| {
                let shrunk = (1.0 - deviation * deviation).sqrt() * self.scale;
                let location = scores.narrow(1, column, 1) * shrunk;
                model.posterior().start(&location, deviation)
            })
            .collect();
        // Each is `[N, parameters]`; a row holds one parameter of all coordinates after another.
        Ok(Tensor::stack(&rows, 2).flatten(1, 2))
    }
}

fn fit(images: &DeviceImages, latent_dim: i64, kind: &'static str) -> Result<Pca, Error> {
    let available = images.shape().numel();
    if latent_dim > available {
        return Err(Error::TooFewComponents { kind, available, latent_dim });
    }
    Ok(Pca::fit(images, latent_dim))
}
