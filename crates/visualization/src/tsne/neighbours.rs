//! Exact nearest neighbours.

use bhtsne::Neighbor;
use rayon::prelude::*;

/// Width of the blocks that the compiler turns into vector instructions.
const LANES: usize = 8;

/// The `count` nearest neighbours of every sample, nearest first, equal distances by index.
///
/// Exhaustive search: at latent dimensions a tree visits nearly every sample anyway, and its random
/// choices would change the map from run to run.
///
/// The distances are `√(d² − d₁²)` with `d₁` the nearest neighbour's. The library turns them into
/// `exp(−β d²)` in single precision and adds an epsilon to the sum; the shift leaves the normalised
/// probabilities as they are and makes the largest term 1, so that nothing underflows.
pub(super) fn nearest(
    data: &[f32],
    samples: usize,
    dimensions: usize,
    count: usize,
) -> Vec<Vec<Neighbor<f32>>> {
    let row = |index: usize| &data[index * dimensions..(index + 1) * dimensions];
    (0..samples)
        .into_par_iter()
        .map(|index| {
            let others = (0..samples).filter(|&other| other != index);
            let squares =
                others.map(|other| (squared_distance(row(index), row(other)), other as u32));
            closest(squares.collect(), count)
        })
        .collect()
}

/// Keeps the `count` smallest of the candidates, in order, as shifted distances.
fn closest(mut candidates: Vec<(f32, u32)>, count: usize) -> Vec<Neighbor<f32>> {
    let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if count < candidates.len() {
        candidates.select_nth_unstable_by(count, order);
        candidates.truncate(count);
    }
    candidates.sort_unstable_by(order);
    let first = candidates.first().map_or(0.0, |candidate| candidate.0);
    candidates
        .into_iter()
        .map(|(square, index)| Neighbor {
            index: index as usize,
            distance: (square - first).sqrt(),
        })
        .collect()
}

/// Squared Euclidean distance. Partial sums per lane, in a fixed order.
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 =
        a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(x, y)| (x - y) * (x - y)).sum();
    for (x, y) in a_blocks.zip(b_blocks) {
        for lane in 0..LANES {
            let difference = x[lane] - y[lane];
            lanes[lane] += difference * difference;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_agree_with_a_sorted_list_of_all_distances() {
        let (samples, dimensions, count) = (40, 11, 7);
        let data: Vec<f32> = (0..samples * dimensions).map(|i| (i as f32 * 1.37).sin()).collect();
        let found = nearest(&data, samples, dimensions, count);
        for index in 0..samples {
            let mut all: Vec<(f64, usize)> = (0..samples)
                .filter(|&other| other != index)
                .map(|other| {
                    let square = (0..dimensions)
                        .map(|k| {
                            let (a, b) =
                                (data[index * dimensions + k], data[other * dimensions + k]);
                            (f64::from(a) - f64::from(b)).powi(2)
                        })
                        .sum::<f64>();
                    (square, other)
                })
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (neighbour, expected) in found[index].iter().zip(&all) {
                assert_eq!(neighbour.index, expected.1);
                let shifted = (expected.0 - all[0].0).sqrt();
                approx::assert_abs_diff_eq!(f64::from(neighbour.distance), shifted, epsilon = 2e-3);
            }
            assert_eq!(found[index].len(), count);
        }
    }

    #[test]
    fn ties_are_broken_by_index() {
        let found = nearest(&[0.0; 6], 6, 1, 3);
        let indices: Vec<usize> = found[2].iter().map(|neighbour| neighbour.index).collect();
        assert_eq!(indices, [0, 1, 3]);
    }
}
