//! What is shown of every model.

use autodecoder_models::ModelKind;

use super::cell::Cell;
use super::curve::Curve;
use super::frechet::SAMPLERS;

/// A value of a cell, under its name in sweep.json and sweep.csv.
#[derive(Clone, Copy)]
pub(super) struct Measurement {
    pub name: &'static str,
    pub value: fn(&Cell) -> Option<f64>,
}

/// Accuracy of the nearest neighbours, training latents inferred like test latents.
pub(super) const KNN_INFERRED: Measurement =
    Measurement { name: "knn_inferred", value: |cell| Some(cell.inferred.knn.accuracy) };
/// Accuracy of the linear classifier, likewise.
pub(super) const LINEAR_INFERRED: Measurement =
    Measurement { name: "linear_inferred", value: |cell| Some(cell.inferred.linear.accuracy) };
/// Accuracy of the nearest neighbours among the latents that training left.
pub(super) const KNN_TRAINED: Measurement =
    Measurement { name: "knn_trained", value: |cell| Some(cell.trained.knn.accuracy) };
/// Accuracy of the linear classifier, likewise.
pub(super) const LINEAR_TRAINED: Measurement =
    Measurement { name: "linear_trained", value: |cell| Some(cell.trained.linear.accuracy) };
/// Test negative ELBO, nats.
pub(super) const NEGATIVE_ELBO: Measurement =
    Measurement { name: "negative_elbo", value: |cell| cell.test.negative_elbo };
/// Test mean squared error.
pub(super) const MSE: Measurement = Measurement { name: "mse", value: |cell| Some(cell.test.mse) };
/// Dimensions that vary over the test images.
pub(super) const ACTIVE: Measurement = Measurement {
    name: "active_dimensions",
    value: |cell| Some(cell.test.active_dimensions as f64),
};

/// Fréchet distance of samples of the prior.
pub(super) const FRECHET_PRIOR: Measurement =
    Measurement { name: "frechet_prior", value: |cell| cell.frechet.get(SAMPLERS[0]).copied() };
/// Fréchet distance of samples of a Gaussian mixture that is fitted to the latents.
pub(super) const FRECHET_MIXTURE: Measurement =
    Measurement { name: "frechet_mixture", value: |cell| cell.frechet.get(SAMPLERS[1]).copied() };

/// All of them, in the order of the tables.
pub(super) const ALL: [Measurement; 9] = [
    KNN_INFERRED,
    LINEAR_INFERRED,
    KNN_TRAINED,
    LINEAR_TRAINED,
    NEGATIVE_ELBO,
    MSE,
    FRECHET_PRIOR,
    FRECHET_MIXTURE,
    ACTIVE,
];

/// A measurement's curves, one for each of `kinds` that has it.
pub(super) fn curves(measurement: Measurement, cells: &[Cell], kinds: &[ModelKind]) -> Vec<Curve> {
    kinds.iter().filter_map(|&kind| Curve::of(cells, kind, measurement.value)).collect()
}
