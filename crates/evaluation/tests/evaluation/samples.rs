//! Sample quality against closed forms, brute force and another program.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use autodecoder_evaluation::{SampleError, SampleQuality, frechet_distance, sample_quality};
use autodecoder_training::{Streams, standard_normal};
use tch::{Device, Kind, Tensor};

use crate::make::numbers;

/// Features `[rows, columns]` without structure.
fn features(rows: i64, columns: i64, seed: u64) -> Tensor {
    let mut rng = Streams::new(seed).rng("features", &[]);
    standard_normal(rows, columns, Device::Cpu, &mut rng).to_kind(Kind::Double)
}

/// Points `mean ± a_j e_j` for every axis `j`, turned by `rotation`. Their covariance, over 2d − 1, is
/// exactly `R diag(2 a² / (2d − 1)) Rᵀ`.
fn cross(mean: &[f64], deviations: &[f64], rotation: Option<&Tensor>) -> Tensor {
    let d = mean.len() as f64;
    let scale = ((2.0 * d - 1.0) / 2.0).sqrt();
    let half = Tensor::from_slice(deviations).diag(0) * scale;
    let both = Tensor::cat(&[&half, &(-&half)], 0);
    let turned = rotation.map_or_else(|| both.copy(), |rotation| both.matmul(&rotation.tr()));
    turned + Tensor::from_slice(mean)
}

#[test]
fn gaussians_with_the_same_axes_are_apart_by_means_and_deviations() {
    let (mean_a, mean_b) = ([0.0, 1.0, 2.0, -1.0], [3.0, 1.0, 0.0, 0.5]);
    let (deviations_a, deviations_b) = ([1.0, 2.0, 0.5, 0.0], [2.0, 0.1, 0.5, 1.5]);
    let found = frechet_distance(
        &cross(&mean_a, &deviations_a, None),
        &cross(&mean_b, &deviations_b, None),
    );
    let square = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
    };
    let expected = square(&mean_a, &mean_b) + square(&deviations_a, &deviations_b);
    assert_relative_eq!(found.unwrap(), expected, max_relative = 1e-10);
}

/// In two dimensions, `tr (AB)^½ = (tr AB + 2 (det A det B)^½)^½`; embedded in three, where the third
/// one is shared, so that there are enough points.
#[test]
fn gaussians_with_other_axes_follow_the_closed_form_in_two_dimensions() {
    let (sine, cosine) = 0.6f64.sin_cos();
    let rotation = Tensor::from_slice(&[cosine, -sine, 0.0, sine, cosine, 0.0, 0.0, 0.0, 1.0]);
    let rotation = rotation.reshape([3, 3]);
    let (a, b) = ([3.0, 0.5, 1.0], [1.0, 2.0, 1.0]);
    let zero = [0.0; 3];
    let found = frechet_distance(&cross(&zero, &a, None), &cross(&zero, &b, Some(&rotation)));
    let [a, b] = [a, b].map(|deviations| deviations.map(|x| x * x));
    let turned =
        [b[0] * cosine * cosine + b[1] * sine * sine, b[0] * sine * sine + b[1] * cosine * cosine];
    let trace = a[0] * turned[0] + a[1] * turned[1];
    let shared = (trace + 2.0 * (a[0] * a[1] * b[0] * b[1]).sqrt()).sqrt();
    let expected = a[0] + a[1] + b[0] + b[1] - 2.0 * shared;
    assert_relative_eq!(found.unwrap(), expected, max_relative = 1e-10);
}

/// Features that a few lines of any language can make again.
fn formula(rows: i64, scale: f64, shift: f64) -> Tensor {
    let value = |i: i64, j: i64| {
        let (i, j) = (i as f64, j as f64);
        scale * (0.7 * i + 1.3 * j * j).sin() + 0.3 * (1.1 * i * (j + 1.0)).cos() + shift * j
    };
    let values: Vec<f64> = (0..rows).flat_map(|i| (0..5).map(move |j| value(i, j))).collect();
    Tensor::from_slice(&values).reshape([rows, 5])
}

/// `tr(A + B − 2 sqrtm(A B))` and the means' distance by NumPy 2.4.6 (`cov`) and SciPy 1.17.1
/// (`linalg.sqrtm`), which takes the root of the product itself.
#[test]
fn the_distance_is_scipys() {
    let found = frechet_distance(&formula(40, 1.0, 0.0), &formula(30, 1.5, 0.2)).unwrap();
    assert_relative_eq!(found, 1.9255496945099633, max_relative = 1e-9);
}

/// Distance between two rows.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Distance from each point to its `k`-th nearest other.
fn radii(points: &[&[f64]], k: usize) -> Vec<f64> {
    let radius = |(index, point): (usize, &&[f64])| {
        let others = points.iter().enumerate().filter(|(other, _)| *other != index);
        let mut distances: Vec<f64> = others.map(|(_, other)| distance(point, other)).collect();
        distances.sort_by(f64::total_cmp);
        distances[k - 1]
    };
    points.iter().enumerate().map(radius).collect()
}

/// Precision, recall, density and coverage as their papers write them.
fn brute_force(generated: &Tensor, real: &Tensor) -> [f64; 4] {
    let width = real.size()[1] as usize;
    let (generated, real) = (numbers(generated), numbers(real));
    let fake: Vec<&[f64]> = generated.chunks(width).collect();
    let real: Vec<&[f64]> = real.chunks(width).collect();
    let (fake_3, real_3, real_5) = (radii(&fake, 3), radii(&real, 3), radii(&real, 5));
    let share = |count: usize, of: usize| count as f64 / of as f64;
    let precise = |g: &&&[f64]| (0..real.len()).any(|i| distance(g, real[i]) <= real_3[i]);
    let recalled = |r: &&&[f64]| (0..fake.len()).any(|j| distance(r, fake[j]) <= fake_3[j]);
    let inside = |i: usize| fake.iter().filter(|g| distance(g, real[i]) < real_5[i]).count();
    let balls: usize = (0..real.len()).map(inside).sum();
    [
        share(fake.iter().filter(precise).count(), fake.len()),
        share(real.iter().filter(recalled).count(), real.len()),
        share(balls, 5 * fake.len()),
        share((0..real.len()).filter(|&i| inside(i) > 0).count(), real.len()),
    ]
}

fn neighbourhoods(quality: &SampleQuality) -> [f64; 4] {
    [quality.precision, quality.recall, quality.density, quality.coverage]
}

#[test]
fn neighbourhoods_equal_brute_force() {
    // More rows than a block of the distance matrix holds; the last block is short.
    let real = features(300, 3, 0);
    for (scale, shift) in [(1.0, 0.0), (0.3, 0.4), (2.0, 0.0)] {
        let generated = features(270, 3, 7) * scale + shift;
        let found = sample_quality(&generated, &real).unwrap();
        let expected = brute_force(&generated, &real);
        assert_eq!(neighbourhoods(&found), expected, "scale {scale}, shift {shift}");
        assert!(expected.iter().all(|&value| value > 0.0), "{expected:?} tells nothing");
        assert_eq!(found.images, 270);
    }
}

#[test]
fn equal_sets_are_as_good_as_can_be() {
    let real = features(400, 6, 1);
    let found = sample_quality(&real, &real).unwrap();
    assert_abs_diff_eq!(found.frechet, 0.0, epsilon = 1e-9);
    // Every image lies in its own neighbourhood and those of its neighbours, but on the edge of one's.
    assert_eq!(neighbourhoods(&found), [1.0, 1.0, 1.0, 1.0]);
    // Fewer images than features leave the covariance without full rank.
    let few = features(8, 50, 1);
    assert_abs_diff_eq!(frechet_distance(&few, &few).unwrap(), 0.0, epsilon = 1e-9);
}

#[test]
fn sets_far_apart_are_as_bad_as_can_be() {
    let real = features(40, 3, 0);
    let found = sample_quality(&(&real + 100.0), &real).unwrap();
    assert_relative_eq!(found.frechet, 3.0 * 100.0 * 100.0, max_relative = 1e-9);
    assert_eq!(neighbourhoods(&found), [0.0; 4]);
}

#[test]
fn order_changes_nothing() {
    let (generated, real) = (features(300, 4, 3), features(320, 4, 0));
    let once = sample_quality(&generated, &real).unwrap();
    let reversed = sample_quality(&generated.flip([0]), &real.flip([0])).unwrap();
    assert_eq!(neighbourhoods(&once), neighbourhoods(&reversed));
    assert_relative_eq!(once.frechet, reversed.frechet, max_relative = 1e-9);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let real = features(20, 3, 0);
    let error = |generated: Tensor| sample_quality(&generated, &real).unwrap_err();
    assert_eq!(
        error(features(5, 3, 0)),
        SampleError::TooFew { which: "generated", found: 5, least: 6 }
    );
    assert_eq!(error(features(20, 4, 0)), SampleError::Width { found: 4, expected: 3 });
    let broken = features(20, 3, 0) / features(20, 3, 0).zeros_like();
    assert_eq!(error(broken), SampleError::NotFinite { which: "generated" });
    assert!(frechet_distance(&real, &features(20, 4, 0)).is_err());
}
