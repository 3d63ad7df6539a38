//! A linear classifier: multinomial logistic regression.

use tch::{Kind, Tensor};

use super::lbfgs::minimise;
use super::{Labelled, class_count};

/// Weight of the summed cross-entropy against half the squared weights, scikit-learn's `C` and its
/// default.
const INVERSE_PENALTY: f64 = 1.0;

/// The most probable class of each of `features` `[M, d]` under a multinomial logistic regression that
/// is fitted to `train`: `[M]`.
///
/// Each feature is measured in its own standard deviation over `train`, so that the answer does not
/// depend on the features' scales; one that does not vary there counts for nothing. The fit minimises
/// the summed cross-entropy plus `‖W‖² / 2`, biases free, and is deterministic. In double precision.
pub fn linear_predictions(train: &Labelled, features: &Tensor) -> Tensor {
    let _guard = tch::no_grad_guard();
    let scaler = Scaler::fit(&train.features);
    let weights = fit(&scaler.apply(&train.features), &train.classes);
    scaler.apply(features).mm(&weights).argmax(1, false)
}

/// Mean and scale of each feature, `[1, d]`.
struct Scaler {
    mean: Tensor,
    factor: Tensor,
}

impl Scaler {
    fn fit(features: &Tensor) -> Scaler {
        let features = features.to_kind(Kind::Double);
        let mean = features.mean_dim([0i64].as_slice(), true, Kind::Double);
        let deviation = features.std_dim([0i64].as_slice(), false, true);
        // Rounding leaves a trace of a deviation where all values are equal.
        let varies = deviation.gt_tensor(&(mean.abs() * 1e-12 + f64::MIN_POSITIVE));
        let factor = deviation.reciprocal().where_self(&varies, &deviation.zeros_like());
        Scaler { mean, factor }
    }

    /// Standardised features and a column of ones, `[N, d + 1]`.
    fn apply(&self, features: &Tensor) -> Tensor {
        let standard = (features.to_kind(Kind::Double) - &self.mean) * &self.factor;
        let ones = Tensor::ones([standard.size()[0], 1], (Kind::Double, standard.device()));
        Tensor::cat(&[standard, ones], 1)
    }
}

/// Weights `[d + 1, classes]`, the biases last, for `inputs` `[N, d + 1]` that end in a one.
fn fit(inputs: &Tensor, classes: &Tensor) -> Tensor {
    let (count, width) = (inputs.size()[0], inputs.size()[1]);
    let options = (Kind::Double, inputs.device());
    let targets = classes.one_hot(class_count(classes)).to_kind(Kind::Double);
    let ridge = Tensor::full([width, 1], 1.0 / (INVERSE_PENALTY * count as f64), options);
    let _ = ridge.narrow(0, width - 1, 1).fill_(0.0);
    let start = Tensor::zeros([width, targets.size()[1]], options);
    // Both terms over the number of images, so that the tolerance means the same for any number.
    minimise(start, |weights| {
        let log_shares = inputs.mm(weights).log_softmax(1, Kind::Double);
        let entropy = -(&log_shares * &targets).sum(Kind::Double) / count as f64;
        let penalty = (weights.square() * &ridge).sum(Kind::Double) * 0.5;
        let gradient = inputs.tr().mm(&(log_shares.exp() - &targets)) / count as f64;
        ((entropy + penalty).double_value(&[]), gradient + weights * &ridge)
    })
}
