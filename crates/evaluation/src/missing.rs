//! How well a model fills in what it was not shown, where the truth is known.

use autodecoder_models::{LatentModel, Observation};
use autodecoder_training::DeviceImages;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::per_image::squared_errors;

/// Images that are decoded at a time.
const CHUNK: i64 = 1000;

/// Mean squared errors per pixel, decoded from the posteriors' means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MissingErrors {
    /// Over the pixels that the model was shown; 0 where there are none.
    pub observed: f64,
    /// Over those that it was not; 0 where there are none.
    pub missing: f64,
    /// Over all of them.
    pub all: f64,
}

/// Compares the decoded `rows` `[N, row_width]`, which were fitted to the incomplete `images`, with the
/// complete images `truth`, in the same order.
pub fn missing_errors(
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    truth: &DeviceImages,
) -> MissingErrors {
    let _guard = tch::no_grad_guard();
    let mut sums = [[0.0; 2]; 2];
    for ((start, shown), (_, truth)) in images.batches(CHUNK).zip(truth.batches(CHUNK)) {
        let rows = rows.narrow(0, start, shown.len());
        let decoded = model.decode(&model.posterior().mean(&rows));
        let observed = shown.mask().gt(0.5);
        let halves = [observed.shallow_clone(), observed.logical_not()];
        for (sums, half) in sums.iter_mut().zip(halves) {
            let pixels = truth.pixels.shallow_clone();
            let (squares, counts) =
                squared_errors(&Observation { pixels, observed: Some(half) }, &decoded);
            sums[0] += squares.sum(Kind::Double).double_value(&[]);
            sums[1] += counts.sum(Kind::Double).double_value(&[]);
        }
    }
    let mean = |[squares, count]: [f64; 2]| squares / count.max(1.0);
    let [[observed, seen], [missing, unseen]] = sums;
    MissingErrors {
        observed: mean([observed, seen]),
        missing: mean([missing, unseen]),
        all: mean([observed + missing, seen + unseen]),
    }
}
