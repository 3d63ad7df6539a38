//! How far a map can be trusted: whether what lies together on it lies together in the data.

use rayon::prelude::*;

use super::check_map;
use super::kl::squared_distances;
use crate::error::{Error, Result};

/// Trustworthiness of a map with its `k` nearest neighbours (Venna and Kaski, 2001,
/// <https://doi.org/10.1007/3-540-44668-0_68>):
/// `1 − 2 / (N k (2N − 3k − 1)) Σᵢ Σⱼ (r(i, j) − k)`, over those `j` that are among the `k` nearest of
/// `i` on the map but not in the data, where `j` is the `r`-th nearest of `i`. 1 where the map shows
/// no neighbour that is none; about ½ for a map at random. It does not say whether neighbours in the
/// data were torn apart.
///
/// `data` holds `samples × dimensions` numbers, row after row; `points` one point per sample. Distances
/// are Euclidean and in double precision; equal ones are ordered by index. It takes `samples²`
/// distances, in memory proportional to `samples`.
///
/// # Errors
///
/// [`Error::Length`], [`Error::Empty`] and [`Error::NotFinite`] for data or points of the wrong length or
/// with a NaN or an infinity; [`Error::Range`] unless `k` is at least 1 and below half the samples.
pub fn trustworthiness(
    data: &[f32],
    samples: usize,
    dimensions: usize,
    points: &[[f32; 2]],
    k: usize,
) -> Result<f64> {
    check_map(data, samples, dimensions, points)?;
    if k == 0 || 2 * k >= samples {
        return Err(Error::Range {
            what: "neighbours of the trustworthiness",
            found: k as f64,
            expected: "1 or more, and below half the samples",
        });
    }
    let rows: Vec<&[f32]> = data.chunks_exact(dimensions).collect();
    let places: Vec<&[f32]> = points.iter().map(<[f32; 2]>::as_slice).collect();
    let intruders = |i: usize| -> u64 {
        let distances = squared_distances(&rows, i);
        let excess = |j: usize| rank(&distances, i, j).saturating_sub(k) as u64;
        nearest(&squared_distances(&places, i), i, k).into_iter().map(excess).sum()
    };
    // Whole numbers: their sum does not depend on the threads.
    let sum: u64 = (0..samples).into_par_iter().map(intruders).sum();
    let (n, k) = (samples as f64, k as f64);
    Ok(1.0 - 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)) * sum as f64)
}

/// The `k` samples nearest to `i`, whose distances from it are given, in any order.
fn nearest(distances: &[f64], i: usize, k: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..distances.len()).filter(|&j| j != i).collect();
    let order = |a: &usize, b: &usize| distances[*a].total_cmp(&distances[*b]).then(a.cmp(b));
    others.select_nth_unstable_by(k - 1, order);
    others.truncate(k);
    others
}

/// The place of `j`, from 1, among the others by their distances from `i`.
fn rank(distances: &[f64], i: usize, j: usize) -> usize {
    let before = |l: usize| distances[l] < distances[j] || (distances[l] == distances[j] && l < j);
    1 + (0..distances.len()).filter(|&l| l != i && before(l)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsne::tests::{groups, some_points};

    #[test]
    fn it_agrees_with_scikit_learn() {
        // scikit-learn 1.9.1: sklearn.manifold.trustworthiness on these samples and points.
        let (data, points) = (groups(60, 5), some_points(60));
        let expected = [
            (1, 0.620_114_942_528_735_6),
            (5, 0.669_423_076_923_076_9),
            (12, 0.696_151_271_753_681_3),
        ];
        for (k, expected) in expected {
            let found = trustworthiness(&data, 60, 5, &points, k).unwrap();
            approx::assert_abs_diff_eq!(found, expected, epsilon = 1e-12);
        }
    }

    #[test]
    fn it_agrees_with_sorted_lists() {
        let (data, points) = (groups(41, 3), some_points(41));
        let places: Vec<&[f32]> = points.iter().map(<[f32; 2]>::as_slice).collect();
        let rows: Vec<&[f32]> = data.chunks(3).collect();
        let sorted = |of: &[&[f32]], i: usize| -> Vec<usize> {
            let distances = squared_distances(of, i);
            let mut others: Vec<usize> = (0..41).filter(|&j| j != i).collect();
            others.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
            others
        };
        for k in [1, 7, 20] {
            let mut sum = 0.0;
            for i in 0..41 {
                let in_data = sorted(&rows, i);
                for j in &sorted(&places, i)[..k] {
                    let rank = 1 + in_data.iter().position(|other| other == j).unwrap();
                    sum += rank.saturating_sub(k) as f64;
                }
            }
            let (n, k_) = (41.0, k as f64);
            let expected = 1.0 - sum * 2.0 / (n * k_ * (2.0 * n - 3.0 * k_ - 1.0));
            let found = trustworthiness(&data, 41, 3, &points, k).unwrap();
            approx::assert_abs_diff_eq!(found, expected, epsilon = 1e-12);
        }
    }

    #[test]
    fn a_map_that_is_the_data_is_trusted_and_a_reversed_one_is_not() {
        let data: Vec<f32> = (0..50).map(|i| (i * i) as f32).collect();
        let same: Vec<[f32; 2]> = data.iter().map(|&x| [x, 0.0]).collect();
        assert_eq!(trustworthiness(&data, 50, 1, &same, 5).unwrap(), 1.0);
        // Sample i has its neighbours as far away in the data as can be: half way round.
        let far: Vec<[f32; 2]> = (0..50).map(|i| [((i * 23) % 50) as f32, 0.0]).collect();
        assert!(trustworthiness(&data, 50, 1, &far, 5).unwrap() < 0.7);
    }

    #[test]
    fn bad_input_is_refused() {
        let (data, points) = (groups(60, 5), some_points(60));
        for k in [0, 30] {
            let refused = trustworthiness(&data, 60, 5, &points, k);
            assert!(matches!(refused, Err(Error::Range { .. })), "{k}");
        }
        assert!(trustworthiness(&data, 60, 5, &points, 29).is_ok());
        let short = trustworthiness(&data, 60, 5, &points[1..], 5);
        assert!(matches!(short, Err(Error::Length { found: 59, .. })));
        let mut holed = points;
        holed[7][1] = f32::NAN;
        let holed = trustworthiness(&data, 60, 5, &holed, 5);
        assert!(matches!(holed, Err(Error::NotFinite { index: 15, .. })));
    }
}
