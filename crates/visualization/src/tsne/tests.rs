//! Tests of t-SNE and its exact divergence.

use super::*;

/// Three groups of samples, `samples × dimensions`.
pub(super) fn groups(samples: usize, dimensions: usize) -> Vec<f32> {
    let value = |i: usize, k: usize| {
        let group = if k == 0 { (i % 3) as f64 * 2.0 } else { 0.0 };
        ((i * (k + 1)) as f64 * 0.37).sin() + group
    };
    (0..samples).flat_map(|i| (0..dimensions).map(move |k| value(i, k) as f32)).collect()
}

fn quick() -> TsneOptions {
    TsneOptions {
        perplexity: 10.0,
        epochs: 300,
        exaggeration_epochs: 100,
        ..TsneOptions::default()
    }
}

/// The same sum without any of the tricks: dense matrices and plain bisection on β.
fn brute_force_kl(data: &[f32], n: usize, d: usize, points: &[[f32; 2]], perplexity: f64) -> f64 {
    let square = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum()
    };
    let row = |i: usize| &data[i * d..(i + 1) * d];
    let conditional = |i: usize, beta: f64| -> Vec<f64> {
        let weight = |j: usize| {
            if j == i { 0.0 } else { (-beta * square(row(i), row(j))).exp() }
        };
        let weights: Vec<f64> = (0..n).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| w / sum).collect()
    };
    let entropy = |p: &[f64]| -> f64 { p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum() };
    let p: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let (mut low, mut high) = (1e-6f64, 1e3f64);
            for _ in 0..200 {
                let middle = (low * high).sqrt();
                let wide = entropy(&conditional(i, middle)) > perplexity.ln();
                if wide { low = middle } else { high = middle }
            }
            conditional(i, low)
        })
        .collect();
    let weight = |i: usize, j: usize| 1.0 / (1.0 + square(&points[i], &points[j]));
    let pairs = || (0..n).flat_map(|i| (0..n).filter(move |j| *j != i).map(move |j| (i, j)));
    let total: f64 = pairs().map(|(i, j)| weight(i, j)).sum();
    pairs()
        .map(|(i, j)| (0.5 * (p[i][j] + p[j][i]) / n as f64, weight(i, j) / total))
        .map(|(p, q)| if p > 0.0 { p * (p / q).ln() } else { 0.0 })
        .sum()
}

pub(super) fn some_points(samples: usize) -> Vec<[f32; 2]> {
    (0..samples)
        .map(|i| {
            let t = i as f64;
            let x = 3.0 * (t * 0.61).cos() + (i % 3) as f64 * 4.0;
            [x as f32, (3.0 * (t * 0.83).sin()) as f32]
        })
        .collect()
}

#[test]
fn the_exact_kl_agrees_with_scikit_learn() {
    // scikit-learn 1.9.1: `_kl_divergence` of `_joint_probabilities` in sklearn.manifold._t_sne, which
    // method='exact' minimises, on these samples and points. Its bandwidths stop at 1e-5 nats.
    let (data, points) = (groups(60, 5), some_points(60));
    for (perplexity, expected) in [(5.0, 2.573_757_074_7), (12.0, 1.811_965_315_5)] {
        let found = exact_kl(&data, 60, 5, &points, perplexity).unwrap();
        approx::assert_relative_eq!(found, expected, max_relative = 1e-5);
    }
}

#[test]
fn the_exact_kl_agrees_with_dense_matrices() {
    let (data, points) = (groups(40, 3), some_points(40));
    for perplexity in [2.0, 6.5, 12.9] {
        let found = exact_kl(&data, 40, 3, &points, perplexity).unwrap();
        let expected = brute_force_kl(&data, 40, 3, &points, perplexity);
        approx::assert_relative_eq!(found, expected, max_relative = 1e-6);
    }
}

#[test]
fn the_exact_kl_ignores_the_datas_scale_and_place_and_the_maps_place() {
    let (data, points) = (groups(60, 5), some_points(60));
    let before = exact_kl(&data, 60, 5, &points, 10.0).unwrap();
    let moved: Vec<f32> = data.iter().map(|x| x * 1e20 + 1e20).collect();
    let shifted: Vec<[f32; 2]> = points.iter().map(|p| [p[0] + 5.0, p[1] - 9.0]).collect();
    let after = exact_kl(&moved, 60, 5, &shifted, 10.0).unwrap();
    approx::assert_relative_eq!(before, after, max_relative = 1e-4);
}

#[test]
fn a_map_keeps_groups_together() {
    let (samples, dimensions) = (150, 6);
    let mut data = groups(samples, dimensions);
    for (i, row) in data.chunks_mut(dimensions).enumerate() {
        row[1] += (i % 3) as f32 * 10.0;
    }
    let map = embed(&data, samples, dimensions, &quick()).unwrap();
    assert_eq!((map.points.len(), map.epochs, map.perplexity), (samples, 300, 10.0));
    let square = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    for i in 0..samples {
        let others = (0..samples).filter(|&j| j != i);
        let distance = |j: usize| square(map.points[i], map.points[j]);
        let nearest = others.min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap();
        assert_eq!(nearest % 3, i % 3, "sample {i}");
    }
    let shuffled: Vec<[f32; 2]> = (0..samples).map(|i| map.points[(i * 7) % samples]).collect();
    assert!(
        map.kl > 0.0 && map.kl < exact_kl(&data, samples, dimensions, &shuffled, 10.0).unwrap()
    );
}

#[test]
fn the_same_input_gives_the_same_map() {
    let data = groups(120, 8);
    let first = embed(&data, 120, 8, &quick()).unwrap();
    let second = embed(&data, 120, 8, &quick()).unwrap();
    assert_eq!(first.points, second.points);
    assert_eq!(first.kl.to_bits(), second.kl.to_bits());
}

#[test]
fn equal_samples_give_finite_maps() {
    let mut duplicates = groups(50, 4);
    let copies = duplicates.clone();
    duplicates.extend(copies);
    for data in [vec![1.5f32; 400], duplicates] {
        let map = embed(&data, 100, 4, &quick()).unwrap();
        assert!(map.points.as_flattened().iter().all(|value| value.is_finite()));
        assert!(map.kl.is_finite() && map.kl >= 0.0, "{}", map.kl);
    }
}

#[test]
fn one_dimension_is_enough() {
    let data: Vec<f32> = (0..80).map(|i| i as f32).collect();
    let map = embed(&data, 80, 1, &quick()).unwrap();
    assert!(map.kl.is_finite() && map.kl < 1.0, "{}", map.kl);
}

#[test]
fn exaggeration_can_be_left_out() {
    let options = TsneOptions { exaggeration_epochs: 0, ..quick() };
    let map = embed(&groups(60, 5), 60, 5, &options).unwrap();
    let start = vec![[0.0; 2]; 60];
    assert!(map.kl < exact_kl(&groups(60, 5), 60, 5, &start, 10.0).unwrap());
}

#[test]
fn bad_data_and_options_are_refused() {
    let data = groups(60, 5);
    let with = |options: TsneOptions| embed(&data, 60, 5, &options).unwrap_err();
    assert!(matches!(
        embed(&data, 61, 5, &quick()),
        Err(Error::Length { found: 300, expected: 305, .. })
    ));
    assert!(matches!(embed(&[], 60, 0, &quick()), Err(Error::Empty { .. })));
    assert!(matches!(embed(&[], 0, 5, &quick()), Err(Error::PerplexityTooLarge { .. })));
    let mut holed = data.clone();
    holed[17] = f32::INFINITY;
    assert!(matches!(embed(&holed, 60, 5, &quick()), Err(Error::NotFinite { index: 17, .. })));
    // 3 × 59/3 = 59 is not below 59.
    let edge = with(TsneOptions { perplexity: 59.0 / 3.0, ..quick() });
    assert!(matches!(edge, Error::PerplexityTooLarge { samples: 60, .. }));
    for options in [
        TsneOptions { perplexity: 1.0, ..quick() },
        TsneOptions { perplexity: f64::NAN, ..quick() },
        TsneOptions { theta: 0.0, ..quick() },
        TsneOptions { theta: 1.1, ..quick() },
        TsneOptions { learning_rate: Some(0.0), ..quick() },
        TsneOptions { learning_rate: Some(f64::INFINITY), ..quick() },
        TsneOptions { exaggeration: 0.9, ..quick() },
        TsneOptions { epochs: 0, exaggeration_epochs: 0, ..quick() },
        TsneOptions { exaggeration_epochs: 300, ..quick() },
    ] {
        assert!(matches!(with(options.clone()), Error::Range { .. }), "{options:?}");
    }
    let points = some_points(59);
    assert!(matches!(exact_kl(&data, 60, 5, &points, 5.0), Err(Error::Length { found: 59, .. })));
}
