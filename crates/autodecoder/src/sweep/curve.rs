//! A measurement against latent_dim, over seeds.

use std::collections::BTreeSet;

use autodecoder_models::ModelKind;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::cell::Cell;
use crate::study::Mean;

/// How sure a difference between two dimensions must be.
const CONFIDENCE: f64 = 0.95;

/// Two accuracies may agree to the last image by chance; then their error seems to be 0.
pub(super) const LEAST_SEEDS: usize = 3;

/// One measurement of one kind of model by rising latent_dim, over all seeds that were measured at
/// every dimension.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve {
    pub kind: ModelKind,
    pub dimensions: Vec<i64>,
    /// A row per dimension, a value per seed.
    values: Vec<Vec<f64>>,
}

/// Whether `mean` is above 0, by a t-test over so many values; [`LEAST_SEEDS`] at least.
fn is_clearly_positive(mean: Mean, count: usize) -> bool {
    let Some(error) = mean.standard_error.filter(|_| count >= LEAST_SEEDS) else {
        return false;
    };
    let quantile = StudentsT::new(0.0, 1.0, count as f64 - 1.0);
    let quantile = quantile.map(|t| t.inverse_cdf(0.5 + CONFIDENCE / 2.0));
    quantile.is_ok_and(|quantile| mean.mean > quantile * error)
}

/// From the lowest dimension to the best one, and from there to the highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub first: f64,
    pub best: f64,
    pub last: f64,
    pub best_dimension: i64,
    /// Whether the best is clearly above the first.
    pub rises: bool,
    /// Whether the last is clearly below the best.
    pub falls: bool,
}

impl Curve {
    /// `None` where no seed is complete, or the models have no such value.
    pub fn of(
        cells: &[Cell],
        kind: ModelKind,
        value: impl Fn(&Cell) -> Option<f64>,
    ) -> Option<Curve> {
        let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.kind == kind).collect();
        let dimensions: BTreeSet<i64> = cells.iter().map(|cell| cell.latent_dim).collect();
        let mut seeds: BTreeSet<u64> = cells.iter().map(|cell| cell.seed).collect();
        let at = |latent_dim: i64, seed: u64| {
            let mut found = cells.iter().filter(|c| c.latent_dim == latent_dim && c.seed == seed);
            found.next().and_then(|cell| value(cell))
        };
        seeds.retain(|&seed| dimensions.iter().all(|&dim| at(dim, seed).is_some()));
        let row = |&dim: &i64| seeds.iter().filter_map(|&seed| at(dim, seed)).collect();
        let values: Vec<Vec<f64>> = dimensions.iter().map(row).collect();
        let dimensions: Vec<i64> = dimensions.into_iter().collect();
        (!dimensions.is_empty() && !seeds.is_empty()).then_some(Curve { kind, dimensions, values })
    }

    /// Seeds behind each mean.
    pub fn seeds(&self) -> usize {
        self.values[0].len()
    }

    /// A mean per dimension.
    pub fn means(&self) -> Vec<Mean> {
        self.values.iter().map(|values| Mean::of(values)).collect()
    }

    /// Differences are taken seed by seed: images and first weights are those of the seed. The best
    /// dimension is chosen by the means that it is then compared with, which makes a fall look larger
    /// than it is.
    pub fn shape(&self) -> Shape {
        let means: Vec<f64> = self.means().iter().map(|mean| mean.mean).collect();
        let last = means.len() - 1;
        // Of equal means the lowest dimension.
        let best =
            (0..means.len()).rev().max_by(|&a, &b| means[a].total_cmp(&means[b])).unwrap_or(0);
        let above = |other: usize| {
            let pairs = self.values[best].iter().zip(&self.values[other]);
            let differences: Vec<f64> = pairs.map(|(best, other)| best - other).collect();
            is_clearly_positive(Mean::of(&differences), differences.len())
        };
        Shape {
            first: means[0],
            best: means[best],
            last: means[last],
            best_dimension: self.dimensions[best],
            rises: above(0),
            falls: above(last),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A curve of the given values, a row per dimension.
    pub fn curve(dimensions: &[i64], values: &[&[f64]]) -> Curve {
        let values = values.iter().map(|row| row.to_vec()).collect();
        Curve { kind: ModelKind::AutoDecoder, dimensions: dimensions.to_vec(), values }
    }

    #[test]
    fn a_difference_is_clear_beyond_the_quantile_of_t() {
        // The 0.975 quantile of t with 2 degrees of freedom is 4.3027 in every table.
        let with = |mean| Mean { mean, standard_error: Some(1.0) };
        assert!(is_clearly_positive(with(4.303), 3));
        assert!(!is_clearly_positive(with(4.302), 3));
        assert!(!is_clearly_positive(with(-9.0), 3));
        assert!(!is_clearly_positive(Mean { mean: 9.0, standard_error: Some(0.0) }, 2));
        assert!(!is_clearly_positive(Mean { mean: 9.0, standard_error: None }, 1));
    }

    #[test]
    fn a_curve_that_rises_and_falls_is_seen_to() {
        let both = curve(&[2, 8, 32], &[&[0.5, 0.52, 0.51], &[0.8, 0.81, 0.8], &[0.7, 0.72, 0.71]]);
        let shape = both.shape();
        assert_eq!((shape.best_dimension, shape.rises, shape.falls), (8, true, true));
        assert!((shape.best - 0.803_333).abs() < 1e-6 && (shape.last - 0.71).abs() < 1e-12);
        // As far down in the mean, and up in one seed of three.
        let chance = curve(&[2, 8, 32], &[&[0.5, 0.5, 0.5], &[0.8, 0.8, 0.8], &[0.7, 0.55, 0.85]]);
        assert!(!chance.shape().falls && chance.shape().rises);
    }

    #[test]
    fn a_curve_that_levels_off_does_not_fall() {
        let flat = curve(&[2, 8, 32], &[&[0.5, 0.5], &[0.8, 0.8], &[0.8, 0.8]]);
        let shape = flat.shape();
        assert_eq!((shape.best_dimension, shape.falls), (8, false));
        let rising = curve(&[2, 8], &[&[0.5, 0.5], &[0.8, 0.81]]);
        assert_eq!((rising.shape().best_dimension, rising.shape().falls), (8, false));
    }
}
