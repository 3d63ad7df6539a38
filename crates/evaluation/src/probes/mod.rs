//! What features tell of an image's class: simple classifiers on latents, or on pixels for comparison.
//!
//! No model sees a label. A classifier that is fitted to the training images' features and tested on
//! those of the test images shows what of the class they hold, and in how simple a form.

mod lbfgs;
mod linear;
mod neighbours;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

pub use linear::linear_predictions;
pub use neighbours::neighbour_predictions;

/// Values that the classifiers look at: all pixels of Fashion-MNIST. They are copied in double
/// precision several times, which shall not take more memory than training.
const MOST_VALUES: usize = 50_000_000;

/// Features `[N, d]` of any kind with their classes `[N]`, `i64` from 0, on one device.
#[derive(Debug)]
pub struct Labelled {
    /// One row an image.
    pub features: Tensor,
    /// Their classes.
    pub classes: Tensor,
}

impl Labelled {
    /// Features with the labels of their images, in the same order.
    pub fn new(features: Tensor, labels: &[u8]) -> Labelled {
        let classes: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
        let classes = Tensor::from_slice(&classes).to_device(features.device());
        Labelled { features, classes }
    }

    /// Every image, every second, every third, …: as many as have at most `values` features in all.
    fn thinned(&self, values: usize) -> Labelled {
        let step = self.features.numel().div_ceil(values).max(1) as i64;
        let every = |tensor: &Tensor| tensor.slice(0, None::<i64>, None::<i64>, step);
        Labelled { features: every(&self.features), classes: every(&self.classes) }
    }
}

/// Accuracy of both classifiers on test images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Probes {
    /// Of the nearest neighbours.
    pub knn: NeighbourProbe,
    /// Of a linear classifier.
    pub linear: LinearProbe,
}

/// Accuracy of the majority of the nearest neighbours ([`neighbour_predictions`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NeighbourProbe {
    /// Neighbours that vote.
    pub k: u32,
    /// Share of test images that are classified rightly.
    pub accuracy: f64,
    /// Its binomial standard error.
    pub standard_error: f64,
}

/// Accuracy of a linear classifier ([`linear_predictions`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinearProbe {
    /// Share of test images that are classified rightly.
    pub accuracy: f64,
    /// Its binomial standard error.
    pub standard_error: f64,
}

/// Both classifiers, fitted to `train` and tested on `test`; see [`probe_neighbours`] for `k` and for
/// large sets.
pub fn probe(train: &Labelled, test: &Labelled, k: u32) -> Probes {
    let knn = probe_neighbours(train, test, k);
    let (train, test) = (&train.thinned(MOST_VALUES), &test.thinned(MOST_VALUES));
    let accuracy = accuracy(&linear_predictions(train, &test.features), &test.classes);
    let standard_error = binomial(accuracy, test.classes.numel());
    Probes { knn, linear: LinearProbe { accuracy, standard_error } }
}

/// The nearest neighbours' vote alone; `k` of them vote, or all where there are fewer. Of sets with more
/// than 50,000,000 values every second image counts, or every third, …
pub fn probe_neighbours(train: &Labelled, test: &Labelled, k: u32) -> NeighbourProbe {
    let (train, test) = (&train.thinned(MOST_VALUES), &test.thinned(MOST_VALUES));
    let k = i64::from(k).min(train.classes.numel() as i64);
    let predictions = neighbour_predictions(train, &test.features, k);
    let accuracy = accuracy(&predictions, &test.classes);
    let standard_error = binomial(accuracy, test.classes.numel());
    NeighbourProbe { k: k as u32, accuracy, standard_error }
}

/// Share of `predictions` `[N]` that are the images' `classes` `[N]`.
fn accuracy(predictions: &Tensor, classes: &Tensor) -> f64 {
    predictions.eq_tensor(classes).mean(Kind::Double).double_value(&[])
}

/// `√(p (1 − p) / n)`: standard error of a share `p` of `n` independent images.
fn binomial(share: f64, images: usize) -> f64 {
    (share * (1.0 - share) / images as f64).sqrt()
}

/// Classes that there are in `classes`, at least one.
fn class_count(classes: &Tensor) -> i64 {
    classes.max().int64_value(&[]) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_sets_are_thinned_evenly() {
        let features = Tensor::arange(14, (Kind::Float, tch::Device::Cpu)).reshape([7, 2]);
        let set = Labelled::new(features, &[0, 1, 2, 3, 4, 5, 6]);
        let classes = |values| Vec::<i64>::try_from(set.thinned(values).classes).unwrap();
        assert_eq!(classes(14), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(classes(13), [0, 2, 4, 6]);
        assert_eq!(classes(5), [0, 3, 6]);
    }
}
