//! Classifiers on features against brute force and scikit-learn.

use approx::assert_relative_eq;
use autodecoder_evaluation::{Labelled, linear_predictions, neighbour_predictions, probe};
use tch::{Cuda, Device, Kind, Tensor};

use crate::make::{numbers, wave};

const CLASSES: usize = 3;

/// Items whose class pulls two of four features, `count × 4`. The last feature is large and noisy.
fn items(count: usize, offset: f64) -> (Vec<f64>, Vec<u8>) {
    let label = |i: usize| (i * 37 % 101 % CLASSES) as u8;
    let feature = |i: usize, k: usize| {
        let noise = ((i * 4 + k) as f64 * (1.7 + 0.31 * k as f64) + offset).sin();
        let pull = if k < 2 { 0.7 * (f64::from(label(i)) * (k as f64 + 1.0)).cos() } else { 0.0 };
        (noise + pull) * [1.0, 0.1, 3.0, 40.0][k]
    };
    let features = (0..count).flat_map(|i| (0..4).map(move |k| feature(i, k))).collect();
    (features, (0..count).map(label).collect())
}

fn labelled((features, labels): &(Vec<f64>, Vec<u8>)) -> Labelled {
    Labelled::new(Tensor::from_slice(features).reshape([-1, 4]), labels)
}

/// A vote among the `k` nearest, one image after another; of as many votes the lowest class wins.
fn vote(train: &(Vec<f64>, Vec<u8>), point: &[f64], k: usize) -> f64 {
    let distance =
        |other: &[f64]| -> f64 { point.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum() };
    let mut all: Vec<(f64, u8)> =
        train.0.chunks(4).map(distance).zip(train.1.iter().copied()).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let votes = |class: u8| all[..k].iter().filter(|(_, label)| *label == class).count();
    let most = (0..CLASSES as u8).map(votes).max().unwrap();
    f64::from((0..CLASSES as u8).find(|&class| votes(class) == most).unwrap())
}

#[test]
fn neighbours_vote_as_in_a_plain_loop() {
    let (train, test) = (items(90, 0.0), items(50, 5.0));
    for k in [1, 2, 5, 20, 90] {
        let found = neighbour_predictions(&labelled(&train), &labelled(&test).features, k as i64);
        let expected: Vec<f64> = test.0.chunks(4).map(|point| vote(&train, point, k)).collect();
        assert_eq!(numbers(&found), expected, "k = {k}");
    }
}

#[test]
fn far_from_the_origin_neighbours_are_the_same() {
    let (train, test) = (labelled(&items(90, 0.0)), labelled(&items(50, 5.0)));
    let far = Labelled { features: &train.features + 1e5, classes: train.classes.copy() };
    let near = neighbour_predictions(&train, &test.features, 5);
    assert_eq!(neighbour_predictions(&far, &(&test.features + 1e5), 5), near);
}

/// As many training features as make a block of the distance matrix smaller than the test set.
#[test]
fn distances_come_in_blocks() {
    let train = wave(&[60_000, 1], 0.0);
    let labels: Vec<u8> = numbers(&train).iter().map(|value| u8::from(*value > 0.0)).collect();
    let points = wave(&[700, 1], 3.0);
    let expected: Vec<f64> =
        numbers(&points).iter().map(|value| f64::from(u8::from(*value > 0.0))).collect();
    let found = neighbour_predictions(&Labelled::new(train, &labels), &points, 1);
    let wrong = numbers(&found).iter().zip(&expected).filter(|(a, b)| a != b).count();
    assert!(wrong <= 1, "{wrong} of 700 are on the wrong side of a threshold");
}

#[test]
fn of_as_many_votes_the_lowest_class_wins() {
    let features = Tensor::from_slice(&[1.0, -1.0, 1.0, -1.0]).reshape([4, 1]);
    let train = Labelled::new(features, &[2, 1, 2, 1]);
    let origin = Tensor::zeros([1, 1], (Kind::Double, Device::Cpu));
    assert_eq!(numbers(&neighbour_predictions(&train, &origin, 4)), [1.0]);
}

/// scikit-learn 1.9.1: `LogisticRegression(C=1.0, tol=1e-12, max_iter=100000)` on features from
/// `StandardScaler`, and `KNeighborsClassifier`, on these items.
#[test]
fn predictions_agree_with_scikit_learn() {
    const LINEAR: [u8; 50] = [
        0, 2, 2, 1, 0, 0, 1, 0, 0, 1, 2, 0, 2, 2, 2, 1, 0, 1, 0, 0, 0, 1, 0, 2, 2, 2, 2, 1, 1, 0,
        1, 0, 0, 0, 2, 2, 1, 2, 1, 2, 0, 1, 0, 0, 0, 1, 2, 2, 2, 1,
    ];
    let (train, test) = (labelled(&items(90, 0.0)), labelled(&items(50, 5.0)));
    let found = numbers(&linear_predictions(&train, &test.features));
    assert_eq!(found, LINEAR.map(f64::from));
    for (k, right) in [(5, 14.0), (20, 20.0)] {
        let found = probe(&train, &test, k);
        assert_relative_eq!(found.knn.accuracy * 50.0, right);
        assert_relative_eq!(found.linear.accuracy * 50.0, 28.0);
    }
}

#[test]
fn a_feature_without_variance_counts_for_nothing() {
    let (train, test) = (labelled(&items(90, 0.0)), labelled(&items(50, 5.0)));
    let with = |set: &Labelled, value: f64| {
        Tensor::cat(&[&set.features, &set.features.narrow(1, 0, 1).full_like(value)], 1)
    };
    let wider = Labelled { features: with(&train, 0.1), classes: train.classes.copy() };
    let expected = linear_predictions(&train, &test.features);
    assert_eq!(linear_predictions(&wider, &with(&test, 7.0)), expected);
}

#[test]
fn a_linear_map_does_not_solve_exclusive_or_but_neighbours_do() {
    let features = Tensor::from_slice(&[0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]).reshape([4, 2]);
    let set = Labelled::new(features, &[0, 0, 1, 1]);
    let found = probe(&set, &set, 1);
    assert_eq!((found.knn.accuracy, found.linear.accuracy < 1.0), (1.0, true));
}

#[test]
fn accuracies_come_with_their_binomial_error() {
    let (train, test) = (labelled(&items(90, 0.0)), labelled(&items(50, 5.0)));
    let found = probe(&train, &test, 200);
    assert_eq!(found.knn.k, 90, "there are no more");
    for (accuracy, error) in [
        (found.knn.accuracy, found.knn.standard_error),
        (found.linear.accuracy, found.linear.standard_error),
    ] {
        assert!((accuracy * 50.0).fract() < 1e-9, "{accuracy} of 50");
        assert_relative_eq!(error, (accuracy * (1.0 - accuracy) / 50.0).sqrt());
    }
}

#[test]
fn cuda_agrees_with_the_cpu() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let (train, test) = (labelled(&items(90, 0.0)), labelled(&items(50, 5.0)));
    let on = |set: &Labelled| Labelled {
        features: set.features.to_device(Device::Cuda(0)),
        classes: set.classes.to_device(Device::Cuda(0)),
    };
    assert_eq!(probe(&on(&train), &on(&test), 5), probe(&train, &test, 5));
}
