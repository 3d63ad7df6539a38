//! Fitted priors: a mixture against formulas and integrals, and posteriors under it.

use std::f64::consts::TAU;
use std::sync::Arc;

use approx::assert_relative_eq;
use autodecoder_distributions::{
    Gaussian, GaussianMixture, Kl, Noise, Point, Posterior, Prior, StandardNormal, UnderPrior,
};
use statrs::distribution::{ContinuousCDF, Normal};
use tch::{Device, Kind, Tensor};

use crate::families::{noise, values};

const DOUBLE: (Kind, Device) = (Kind::Double, Device::Cpu);
const WEIGHTS: [f64; 3] = [0.5, 0.3, 0.2];
const MEANS: [[f64; 2]; 3] = [[0.0, 0.5], [3.0, -2.0], [-1.0, 2.0]];
/// Lower triangles by rows.
const SCALES: [[f64; 4]; 3] = [[1.0, 0.0, 0.9, 0.3], [0.2, 0.0, -0.1, 0.5], [2.0, 0.0, 0.0, 0.1]];

fn mixture() -> GaussianMixture {
    let means = Tensor::from_slice(MEANS.as_flattened()).reshape([3, 2]);
    let scales = Tensor::from_slice(SCALES.as_flattened()).reshape([3, 2, 2]);
    GaussianMixture::new(&Tensor::from_slice(&WEIGHTS), &means, &scales).unwrap()
}

fn covariance([a, _, b, c]: [f64; 4]) -> [f64; 4] {
    [a * a, a * b, a * b, b * b + c * c]
}

#[test]
fn the_density_is_the_sum_of_its_components() {
    let points = [[0.0, 0.0], [3.1, -2.2], [-4.0, 2.05], [1.0, 1.5], [9.0, -7.0]];
    let z = Tensor::from_slice(points.as_flattened()).reshape([-1, 2]);
    for (point, found) in points.iter().zip(values(&mixture().log_prob(&z))) {
        // By the inverse and the determinant of a symmetric matrix of two by two.
        let component = |k: usize| {
            let [a, b, _, c] = covariance(SCALES[k]);
            let determinant = a * c - b * b;
            let [x, y] = [point[0] - MEANS[k][0], point[1] - MEANS[k][1]];
            let square = (c * x * x - 2.0 * b * x * y + a * y * y) / determinant;
            WEIGHTS[k] * (-0.5 * square).exp() / (TAU * determinant.sqrt())
        };
        let expected: f64 = (0..3).map(component).sum();
        if expected > 0.0 {
            assert_relative_eq!(found, expected.ln(), max_relative = 1e-9);
        }
        assert!(found.is_finite());
    }
    let single = mixture().log_prob(&z.to_kind(Kind::Float));
    assert_eq!(single.kind(), Kind::Float);
    for (single, double) in values(&single).iter().zip(values(&mixture().log_prob(&z))) {
        assert_relative_eq!(*single, double, max_relative = 1e-4, epsilon = 1e-5);
    }
}

#[test]
fn the_density_integrates_to_one_and_has_the_stated_moments() {
    let mixture = mixture();
    let (low, high, step) = (-12.0, 12.0, 0.02);
    let axis = Tensor::arange_start_step(low, high, step, DOUBLE);
    let mut sums = [0.0; 3];
    for x in values(&axis) {
        let z = Tensor::stack(&[axis.full_like(x), axis.shallow_clone()], 1);
        let mass = mixture.log_prob(&z).exp() * (step * step);
        // A coordinate that is picked at random: half the first, half the second.
        for (power, sum) in (0..).zip(&mut sums) {
            let value = z.pow_tensor_scalar(power).mean_dim(1, false, None::<Kind>);
            *sum += (value * &mass).sum(Kind::Double).double_value(&[]);
        }
    }
    let [one, mean, square] = sums;
    assert_relative_eq!(one, 1.0, epsilon = 1e-6);
    assert_relative_eq!(mixture.mean(), mean, epsilon = 1e-6);
    assert_relative_eq!(mixture.variance(), square - mean * mean, epsilon = 1e-5);
}

/// Any direction's coordinate is a mixture of normals in one dimension.
#[test]
fn samples_follow_the_cdf_in_every_direction() {
    let count = 20_000;
    let z = mixture().sample(&noise(Noise::Normal, [count, 2], 5));
    for direction in [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.8, -0.6]] {
        let cdf = |x: f64| -> f64 {
            let component = |k: usize| {
                let [c00, c01, _, c11] = covariance(SCALES[k]);
                let [a, b] = direction;
                let mean = a * MEANS[k][0] + b * MEANS[k][1];
                let variance = a * a * c00 + 2.0 * a * b * c01 + b * b * c11;
                WEIGHTS[k] * Normal::new(mean, variance.sqrt()).unwrap().cdf(x)
            };
            (0..3).map(component).sum()
        };
        let mut sorted = values(&z.mv(&Tensor::from_slice(&direction).to_kind(z.kind())));
        sorted.sort_unstable_by(f64::total_cmp);
        let distances = sorted.iter().zip(0..).map(|(&x, rank)| {
            let [below, upto] = [rank, rank + 1].map(|r| f64::from(r) / count as f64);
            (cdf(x) - below).abs().max((upto - cdf(x)).abs())
        });
        let statistic = distances.fold(0.0, f64::max) * (count as f64).sqrt();
        // Kolmogorov and Smirnov: beyond 1.95 once in a thousand tries.
        assert!(statistic < 1.95, "{direction:?}: {statistic}");
    }
}

/// Beyond 8 standard deviations a probability is 0 or 1.
#[test]
fn extreme_noise_gives_finite_samples() {
    let extremes = [-40.0, -8.0, 0.0, 8.0, 40.0];
    let noise = Tensor::from_slice(&extremes.map(|x| [x, 0.0]).concat()).reshape([-1, 2]);
    for kind in [Kind::Float, Kind::Double] {
        let z = mixture().sample(&noise.to_kind(kind));
        assert_eq!(z.kind(), kind);
        assert!(values(&z).iter().all(|value| value.is_finite()), "{z:?}");
    }
}

#[test]
fn what_is_no_mixture_is_refused() {
    let ones = |shape: &[i64]| Tensor::ones(shape, DOUBLE);
    let eye = Tensor::eye(2, DOUBLE).unsqueeze(0);
    let refused = |weights: Tensor, means: Tensor, scales: Tensor, says: &str| {
        let problem = GaussianMixture::new(&weights, &means, &scales).unwrap_err();
        assert!(problem.contains(says), "{problem}");
    };
    refused(ones(&[2]), ones(&[1, 2]), eye.copy(), "weights [2]: expected [1]");
    refused(ones(&[1]), ones(&[2]), eye.copy(), "means [2]");
    refused(ones(&[1]), ones(&[1, 2]), ones(&[1, 3, 3]), "scales [1, 3, 3]: expected [1, 2, 2]");
    refused(ones(&[1]) * 0.5, ones(&[1, 2]), eye.copy(), "sum to 0.5");
    refused(ones(&[1]), ones(&[1, 2]), &eye * -1.0, "diagonal");
    refused(ones(&[1]), ones(&[1, 2]) * f64::NAN, eye.copy(), "not finite");
    let weights = Tensor::from_slice(&[1.5, -0.5]);
    refused(weights, ones(&[2, 2]), eye.repeat([2, 1, 1]), "shares");
}

/// A mixture of one standard normal is the family's own prior: the estimate's mean is the closed form.
#[test]
fn under_its_own_prior_a_posterior_has_its_own_divergence() {
    let own = GaussianMixture::new(
        &Tensor::ones([1], DOUBLE),
        &Tensor::zeros([1, 3], DOUBLE),
        &Tensor::eye(3, DOUBLE).unsqueeze(0),
    );
    let under = UnderPrior::new(Arc::new(Gaussian), Arc::new(own.unwrap()));
    let count = 200_000;
    let row = Tensor::from_slice(&[0.3, -1.2, 0.0, -1.0, 0.4, -3.0]);
    let rows = row.unsqueeze(0).expand([count, 6], false);
    let noise = noise(Noise::Normal, [count, 3], 7);
    let Kl::MonteCarlo(estimates) = under.kl(&rows, &noise) else { panic!("an estimate") };
    let Kl::Closed(exact) = Gaussian.kl(&row.unsqueeze(0), &noise) else { panic!("exact") };
    let (mean, error) = (
        estimates.mean(Kind::Double).double_value(&[]),
        estimates.std(true).double_value(&[]) / (count as f64).sqrt(),
    );
    assert!((mean - exact.double_value(&[0])).abs() < 4.0 * error, "{mean} {exact:?} {error}");
    // And sample by sample it is what both densities say.
    let z = Gaussian.rsample(&rows, &noise);
    let difference = Gaussian.log_prob(&rows, &z).unwrap() - StandardNormal.log_prob(&z);
    let worst = (difference - estimates).abs().max().double_value(&[]);
    assert!(worst < 1e-9, "{worst}");
}

#[test]
fn rows_mean_what_they_mean_in_the_family() {
    let under = UnderPrior::new(Arc::new(Gaussian), Arc::new(mixture()));
    let rows = noise(Noise::Normal, [5, 4], 1);
    let noise = noise(Noise::Normal, [5, 2], 2);
    let same = |found: Tensor, expected: Tensor| assert_eq!(values(&found), values(&expected));
    same(under.rsample(&rows, &noise), Gaussian.rsample(&rows, &noise));
    same(under.mean(&rows), Gaussian.mean(&rows));
    same(under.variance(&rows), Gaussian.variance(&rows));
    same(under.start(&noise, 0.2), Gaussian.start(&noise, 0.2));
    same(
        under.unconstrain(&under.constrain(&rows)),
        Gaussian.unconstrain(&Gaussian.constrain(&rows)),
    );
    assert_eq!(under.name(), "gaussian");
    assert_eq!(under.row_width(2), 4);
    let point = UnderPrior::new(Arc::new(Point), Arc::new(mixture()));
    assert!(matches!(point.kl(&noise, &noise), Kl::Undefined));
}

/// Autograd through the mixture against central differences.
#[test]
fn the_divergence_has_the_right_gradient() {
    let under = UnderPrior::new(Arc::new(Gaussian), Arc::new(mixture()));
    let noise = noise(Noise::Normal, [1, 2], 3);
    let row = [0.7, -0.4, -1.0, 0.2];
    let nats = |row: &Tensor| match under.kl(row, &noise) {
        Kl::MonteCarlo(value) => value.sum(Kind::Double),
        _ => panic!("an estimate"),
    };
    let leaf = Tensor::from_slice(&row).unsqueeze(0).set_requires_grad(true);
    let gradient = values(&Tensor::run_backward(&[nats(&leaf)], &[&leaf], false, false)[0]);
    for (place, found) in gradient.into_iter().enumerate() {
        let moved = |by: f64| {
            let mut row = row;
            row[place] += by;
            nats(&Tensor::from_slice(&row).unsqueeze(0)).double_value(&[])
        };
        let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert_relative_eq!(found, expected, max_relative = 1e-6, epsilon = 1e-7);
    }
}
