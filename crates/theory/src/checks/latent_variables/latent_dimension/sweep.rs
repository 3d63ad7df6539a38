//! Models of several latent dimensions, and how well their latents tell the class.

use anyhow::Result;
use autodecoder_data::ImageSet;
use autodecoder_models::ModelKind;
use autodecoder_training::{DeviceImages, Streams};
use tch::{Device, Tensor};

use super::super::small_models::Recipe;
use crate::toolkit::classify::{Labelled, linear_probe, nearest_neighbours};

/// Neighbours that vote.
const NEIGHBOURS: i64 = 5;
/// Labelled images of the probe that has few: as many as the largest latents have dimensions.
pub const FEW: i64 = 128;

/// How large a sweep is.
pub struct Size {
    /// Values of latent_dim, rising.
    pub dimensions: &'static [i64],
    /// Widths of the decoder's hidden layers.
    pub hidden: &'static [i64],
    /// Passes over the training images.
    pub epochs: u32,
    /// Images in a step.
    pub batch_size: u32,
    /// Training images, from the first on, that the classifiers are fitted to.
    pub probe: i64,
}

/// Accuracy on test images.
#[derive(Debug, Clone, Copy)]
pub struct Accuracy {
    /// Of the linear probe.
    pub linear: f64,
    /// Of the nearest neighbours.
    pub neighbours: f64,
}

/// One model.
pub struct Point {
    /// Its latent_dim.
    pub dimension: i64,
    /// Training images' latents inferred with the decoder frozen, as those of test images are.
    pub inferred: Accuracy,
    /// Training images' latents from the table that was trained with the decoder.
    pub table: Accuracy,
    /// Of the linear probe with [`FEW`] labelled images, latents inferred.
    pub few: f64,
}

/// Trains and measures a model of each dimension.
pub fn sweep(
    kind: ModelKind,
    size: &Size,
    train: &ImageSet,
    test: &ImageSet,
    streams: Streams,
) -> Result<Vec<Point>> {
    let point = |&dimension: &i64| {
        let recipe = Recipe {
            kind,
            latent_dim: dimension,
            hidden: size.hidden.to_vec(),
            likelihood: "bernoulli",
            beta: 1.0,
            epochs: size.epochs,
            batch_size: size.batch_size,
            streams,
        };
        measure(&recipe, size.probe, train, test)
    };
    size.dimensions.iter().map(point).collect()
}

fn measure(recipe: &Recipe, probe: i64, train: &ImageSet, test: &ImageSet) -> Result<Point> {
    let trained = recipe.train(&DeviceImages::new(train, Device::Cpu))?;
    let some = train.select(&(0..probe as usize).collect::<Vec<usize>>());
    let infer =
        |set: &ImageSet| trained.infer(&DeviceImages::new(set, Device::Cpu), &recipe.streams);
    let posterior = trained.model.posterior();
    let labelled = |rows: &Tensor, set: &ImageSet| Labelled {
        features: posterior.mean(rows),
        classes: classes(set).narrow(0, 0, rows.size()[0]),
    };
    let (inferred, test) = (infer(&some)?, labelled(&infer(test)?, test));
    let accuracy = |rows: &Tensor| {
        let train = labelled(rows, &some);
        Accuracy {
            linear: linear_probe(&train, &test),
            neighbours: nearest_neighbours(&train, &test, NEIGHBOURS),
        }
    };
    Ok(Point {
        dimension: recipe.latent_dim,
        inferred: accuracy(&inferred),
        table: accuracy(&trained.rows.narrow(0, 0, probe)),
        few: linear_probe(&labelled(&inferred.narrow(0, 0, FEW), &some), &test),
    })
}

fn classes(set: &ImageSet) -> Tensor {
    let classes: Vec<i64> = set.labels().iter().map(|&label| i64::from(label)).collect();
    Tensor::from_slice(&classes)
}
