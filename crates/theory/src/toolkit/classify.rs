//! Two classifiers without a training loop, to see what features tell of the class.

pub use autodecoder_evaluation::Labelled;
use autodecoder_evaluation::neighbour_predictions;
use tch::{Kind, Tensor};

/// Weight of the penalty of [`linear_probe`], in units of one standardised feature's variance.
const RIDGE: f64 = 1e-3;

/// Share of `test` that a linear map of the features classifies rightly. The map is fitted to
/// `train` in closed form: ridge regression on the classes' one-hot vectors. Each feature is measured
/// in its own standard deviation, so the answer does not depend on the features' scales.
pub fn linear_probe(train: &Labelled, test: &Labelled) -> f64 {
    let x = train.features.to_kind(Kind::Double);
    let mean = x.mean_dim([0i64].as_slice(), true, Kind::Double);
    let scale = x.std_dim([0i64].as_slice(), false, true).clamp_min(1e-12);
    let with_bias = |features: &Tensor| {
        let standard = (features.to_kind(Kind::Double) - &mean) / &scale;
        let ones = standard.narrow(1, 0, 1).ones_like();
        Tensor::cat(&[standard, ones], 1)
    };
    let x = with_bias(&train.features);
    let penalty =
        Tensor::eye(x.size()[1], (Kind::Double, x.device())) * (RIDGE * x.size()[0] as f64);
    let target = train.classes.one_hot(-1).to_kind(Kind::Double);
    let weights = Tensor::linalg_solve(&(x.tr().mm(&x) + penalty), &x.tr().mm(&target), true);
    accuracy(&with_bias(&test.features).mm(&weights), &test.classes)
}

/// Share of `test` that the majority of its `k` nearest neighbours in `train` classifies rightly.
pub fn nearest_neighbours(train: &Labelled, test: &Labelled, k: i64) -> f64 {
    let predictions = neighbour_predictions(train, &test.features, k);
    predictions.eq_tensor(&test.classes).mean(Kind::Double).double_value(&[])
}

/// Share of rows of `scores` `[N, classes]` whose largest value stands at the row's class.
pub fn accuracy(scores: &Tensor, classes: &Tensor) -> f64 {
    scores.argmax(1, false).eq_tensor(classes).mean(Kind::Double).double_value(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Classes 0, 1 and 2 around three corners of a triangle.
    fn corners(offset: f64) -> Labelled {
        let points = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0].repeat(4);
        let jitter: Vec<f64> = (0..24).map(|i| 0.2 * (f64::from(i) * 1.7 + offset).sin()).collect();
        let features = (Tensor::from_slice(&points) + Tensor::from_slice(&jitter)).reshape([12, 2]);
        Labelled { features, classes: Tensor::from_slice(&[0i64, 1, 2].repeat(4)) }
    }

    #[test]
    fn separate_classes_are_told_apart() {
        let (train, test) = (corners(0.0), corners(5.0));
        assert_eq!(linear_probe(&train, &test), 1.0);
        assert_eq!(nearest_neighbours(&train, &test, 3), 1.0);
    }

    #[test]
    fn a_linear_map_does_not_solve_exclusive_or_but_neighbours_do() {
        let features = Tensor::from_slice(&[0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
        let both = || Labelled {
            features: features.reshape([4, 2]),
            classes: Tensor::from_slice(&[0i64, 0, 1, 1]),
        };
        assert!(linear_probe(&both(), &both()) < 1.0);
        assert_eq!(nearest_neighbours(&both(), &both(), 1), 1.0);
    }
}
