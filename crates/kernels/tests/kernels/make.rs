//! Numbers to compute with, and the comparison of what comes out.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `count` numbers in [−1, 1), the same for the same seed.
pub fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// As [`numbers`], in [−`limit`, `limit`).
pub fn numbers_within(limit: f32, count: usize, seed: u64) -> Vec<f32> {
    numbers(count, seed).into_iter().map(|x| limit * x).collect()
}

pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// That each number found is within `absolute + relative · |expected|` of the one expected.
#[track_caller]
pub fn assert_close(found: &[f32], expected: &[f64], relative: f64, absolute: f64) {
    assert_eq!(found.len(), expected.len(), "the number of values");
    for (place, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        let bound = absolute + relative * expected.abs();
        assert!(off <= bound, "value {place}: {found:e}, not {expected:e}: off by {off:e}");
    }
}

/// The slope of `f` in each coordinate of `at`, by central differences.
pub fn slopes(at: &[f64], step: f64, mut f: impl FnMut(&[f64]) -> f64) -> Vec<f64> {
    let mut moved = at.to_vec();
    (0..at.len())
        .map(|place| {
            moved[place] = at[place] + step;
            let up = f(&moved);
            moved[place] = at[place] - step;
            let down = f(&moved);
            moved[place] = at[place];
            (up - down) / (2.0 * step)
        })
        .collect()
}
