//! Latents beside the prior.

use approx::assert_relative_eq;
use autodecoder_distributions::{Gaussian, Point, Posterior};
use autodecoder_evaluation::{PriorGap, nearest_distances, prior_gap};
use autodecoder_training::{Streams, standard_normal};
use tch::{Device, Tensor};

use crate::make::{numbers, wave};

#[test]
fn nearest_distances_equal_brute_force() {
    // More points than a block of the distance matrix holds.
    let (points, others) = (wave(&[1100, 4], 0.0), wave(&[60, 4], 5.0));
    let (from, to) = (numbers(&points), numbers(&others));
    let found = numbers(&nearest_distances(&points, &others));
    assert_eq!(found.len(), 1100);
    for (found, point) in found.into_iter().zip(from.chunks(4)) {
        let distance = |other: &[f64]| {
            point.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        };
        let expected = to.chunks(4).map(distance).fold(f64::INFINITY, f64::min);
        assert_relative_eq!(found, expected, epsilon = 1e-5);
    }
}

#[test]
fn a_point_far_out_lies_at_distance_zero_from_itself() {
    let others = wave(&[60, 4], 0.0) + 1000.0;
    assert_eq!(numbers(&nearest_distances(&others, &others)), [0.0; 60]);
}

fn gap(posterior: &dyn Posterior, train: &Tensor, test: &Tensor) -> PriorGap {
    prior_gap(posterior, train, test, &Streams::new(1))
}

#[test]
fn posteriors_that_equal_the_prior_leave_no_gap() {
    // The row of zeros is N(0, I).
    let rows = Tensor::zeros([4000, 16], (tch::Kind::Float, Device::Cpu));
    let found = gap(&Gaussian, &rows, &rows.narrow(0, 0, 500));
    assert_eq!(found.prior, "N(0, I)");
    // Standard errors over 4,000 draws: 0.016 for a mean, 0.022 for a variance.
    assert!(found.dimension_offset.upper < 0.04, "{found:?}");
    assert!((found.dimension_variance_ratio.median - 1.0).abs() < 0.05, "{found:?}");
    assert_relative_eq!(found.latent_norm.median, found.prior_norm.median, max_relative = 0.05);
    // The median of a chi distribution with 8 degrees of freedom is √7.344.
    assert_relative_eq!(found.prior_norm.median, 7.344f64.sqrt(), max_relative = 0.05);
    let (test, prior) = (found.test_to_nearest_train, found.prior_to_nearest_train);
    assert_relative_eq!(test.median, prior.median, max_relative = 0.05);
}

#[test]
fn points_off_the_prior_show_their_offset_and_scale() {
    let mut rng = Streams::new(2).rng("latents", &[]);
    let normal = standard_normal(4000, 4, Device::Cpu, &mut rng);
    for sign in [1.0, -1.0] {
        let train = &normal * 0.1 + 3.0 * sign;
        let found = gap(&Point, &train, &train.narrow(0, 10, 20));
        assert_relative_eq!(found.dimension_offset.median, 3.0, epsilon = 0.01);
        assert_relative_eq!(found.dimension_variance_ratio.median, 0.01, max_relative = 0.1);
        assert_relative_eq!(found.latent_norm.median, 6.0, epsilon = 0.1);
        let spread = found.test_to_nearest_train;
        assert_eq!((spread.lower, spread.median, spread.upper), (0.0, 0.0, 0.0));
        assert!(found.prior_to_nearest_train.lower > 3.0, "{found:?}");
    }
}

#[test]
fn quartiles_are_those_of_linear_interpolation() {
    // One dimension at 0, 1, 2, …, 8 and tests one off the grid by 0, 0.1, …, 0.4.
    let train = Tensor::arange(9, (tch::Kind::Float, Device::Cpu)).reshape([9, 1]);
    let test = Tensor::from_slice(&[0.0f32, 1.1, 2.2, 3.3, 4.4]).reshape([5, 1]);
    let found = gap(&Point, &train, &test);
    let spread = found.latent_norm;
    assert_eq!((spread.lower, spread.median, spread.upper), (2.0, 4.0, 6.0));
    let spread = found.test_to_nearest_train;
    for (found, expected) in [(spread.lower, 0.1), (spread.median, 0.2), (spread.upper, 0.3)] {
        assert_relative_eq!(found, expected, epsilon = 1e-5);
    }
    assert_relative_eq!(found.dimension_variance_ratio.median, 60.0 / 9.0, epsilon = 1e-5);
}
