//! SGD on a linear regression whose expected squared errors follow an exact recursion.

use tch::{Kind, Tensor};

use crate::Context;

/// Linear regression with Gaussian inputs of these variances, 1 down to 1/30, and noisy labels.
fn curvatures() -> Vec<f64> {
    (0..10).map(|k| 30f64.powf(-f64::from(k) / 9.0)).collect()
}

/// Variance of the label noise.
const NOISE: f64 = 0.1;
/// The loss above its least value that is to be reached; it starts at 5, ½ from each direction.
const TARGET: f64 = 0.05;

/// Iterations until the expected loss is at the target, from the exact recursion of E eᵢ², where e is
/// the error of the weights: multiply by 1 − 2αλᵢ + α²λᵢ²(1 + 1/B), add α²λᵢ(Σ λⱼE eⱼ² + σ²)/B.
pub(super) fn expected(batch: f64, rate: f64) -> Option<usize> {
    let curvatures = curvatures();
    let mut squares: Vec<f64> = curvatures.iter().map(|curvature| 1.0 / curvature).collect();
    (0..5000).find(|_| {
        let sum: f64 = curvatures.iter().zip(&squares).map(|(c, s)| c * s).sum();
        for (square, c) in squares.iter_mut().zip(&curvatures) {
            let kept = 1.0 - 2.0 * rate * c + (rate * c).powi(2) * (1.0 + 1.0 / batch);
            *square = *square * kept + rate * rate * c * (sum + NOISE) / batch;
        }
        0.5 * sum <= TARGET
    })
}

/// The best rate for a batch size, and its iterations.
pub(super) fn tuned(batch: f64) -> (f64, usize) {
    let rates = (0..80).map(|k| 0.02 * 100f64.powf(f64::from(k) / 80.0));
    let counts = rates.filter_map(|rate| expected(batch, rate).map(|steps| (rate, steps)));
    counts.min_by_key(|found| found.1).unwrap_or((0.0, usize::MAX))
}

/// The same count by running SGD, 100 runs side by side on fresh examples.
pub(super) fn simulated(context: &Context, batch: i64, rate: f64) -> usize {
    let curvatures = Tensor::from_slice(&curvatures());
    let mut error = curvatures.rsqrt().expand([100, 1, 10], false).copy();
    (0..5000)
        .find(|step| {
            let loss =
                0.5 * (&curvatures * error.square()).sum(Kind::Double).double_value(&[]) / 100.0;
            let purpose = format!("batch-size {batch} {rate} {step}");
            let drawn = context.normal(&purpose, &[100, batch, 11]);
            let x = drawn.narrow(2, 0, 10) * curvatures.sqrt();
            let residual = (&x * &error).sum_dim_intlist(2, true, Kind::Double)
                - NOISE.sqrt() * drawn.narrow(2, 10, 1);
            error -= rate * (residual * x).mean_dim(1, true, Kind::Double);
            loss <= TARGET
        })
        .unwrap_or(5000)
}
