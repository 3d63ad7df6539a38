//! From log weights to bounds for several K.

use autodecoder_training::Error;
use tch::{Device, Kind, Tensor};

use super::{ImportanceBound, ImportanceBounds};
use crate::metrics::{mean, standard_error};

/// The bounds of every image so far. One tensor for all images: many small ones that outlive the large ones
/// of their image would lie between these, and no gap would be wide enough for the next image's.
#[derive(Debug)]
pub(super) struct ImageBounds {
    /// The numbers of samples K, the last one all of them.
    levels: Vec<u32>,
    /// A row for each K, then one of the effective samples, `[levels + 1, images]`, f64.
    found: Tensor,
    /// Images so far.
    images: i64,
}

impl ImageBounds {
    /// Of none of `images` images yet, for up to `samples` samples.
    pub fn new(samples: u32, images: i64, device: Device) -> ImageBounds {
        let levels = levels(samples);
        let found = Tensor::zeros([levels.len() as i64 + 1, images], (Kind::Double, device));
        ImageBounds { levels, found, images: 0 }
    }

    /// Adds images with the log weights `[images, samples]`, f64.
    pub fn add(&mut self, log_weights: &Tensor) {
        let count = log_weights.size()[0];
        let rows = self.levels.iter().map(|level| bound(log_weights, i64::from(*level)));
        let rows = rows.chain([effective_samples(log_weights)]);
        let place = self.found.narrow(1, self.images, count);
        for (row, values) in (0..).zip(rows) {
            place.select(0, row).copy_(&values);
        }
        self.images += count;
    }

    /// Means and standard errors over all images.
    ///
    /// # Errors
    /// Where the bounds cannot be copied from the device.
    pub fn summarise(&self) -> Result<ImportanceBounds, Error> {
        let found = self.found.narrow(1, 0, self.images).to_device(Device::Cpu);
        let mut each = Vec::new();
        let mut bounds = Vec::new();
        for (&samples, row) in self.levels.iter().zip(0..) {
            let values = found.get(row);
            let (log_likelihood, standard_error) = (mean(&values), standard_error(&values));
            bounds.push(ImportanceBound { samples, log_likelihood, standard_error });
            each = Vec::<f64>::try_from(values).map_err(autodecoder_models::Error::from)?;
        }
        Ok(ImportanceBounds {
            images: self.images.unsigned_abs(),
            samples: self.levels.last().copied().unwrap_or(0),
            bounds,
            effective_samples: mean(&found.get(self.levels.len() as i64)),
            each,
        })
    }
}

/// The mean of `ours − theirs` over images, and its standard error: far smaller than that of either
/// mean, as an image that is hard for one model is hard for the other. `None` where they are not of
/// the same images.
pub fn mean_difference(ours: &[f64], theirs: &[f64]) -> Option<(f64, f64)> {
    if ours.len() != theirs.len() || ours.is_empty() {
        return None;
    }
    let differences: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
    let differences = Tensor::from_slice(&differences);
    Some((mean(&differences), standard_error(&differences)))
}

/// The powers of ten below `samples`, and `samples`.
fn levels(samples: u32) -> Vec<u32> {
    let tens = std::iter::successors(Some(1u32), |level| level.checked_mul(10));
    tens.take_while(|&level| level < samples).chain([samples]).collect()
}

/// The bound of each image for K = `level`, `[images]`: the mean over its blocks of K samples. What
/// is left over after the last whole block is not used.
fn bound(log_weights: &Tensor, level: i64) -> Tensor {
    let blocks = log_weights.size()[1] / level;
    let blocks = log_weights.narrow(1, 0, blocks * level).reshape([-1, blocks, level]);
    let of_blocks = blocks.logsumexp([2i64].as_slice(), false) - (level as f64).ln();
    of_blocks.mean_dim([1i64].as_slice(), false, Kind::Double)
}

/// `(Σ w)² / Σ w²` of each image, `[images]`.
fn effective_samples(log_weights: &Tensor) -> Tensor {
    let log_sum = |log_weights: &Tensor| log_weights.logsumexp([1i64].as_slice(), false);
    (log_sum(log_weights) * 2.0 - log_sum(&(log_weights * 2.0))).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_powers_of_ten_and_the_last_one_all_samples() {
        assert_eq!(levels(1), [1]);
        assert_eq!(levels(10), [1, 10]);
        assert_eq!(levels(250), [1, 10, 100, 250]);
        assert_eq!(levels(5000), [1, 10, 100, 1000, 5000]);
        assert_eq!(levels(u32::MAX).len(), 11);
    }

    #[test]
    fn differences_are_of_the_same_images() {
        let (mean, error) = mean_difference(&[1.0, 2.0, 6.0], &[0.0, 0.0, 0.0]).unwrap();
        approx::assert_relative_eq!(mean, 3.0);
        approx::assert_relative_eq!(error, (7.0f64 / 3.0).sqrt(), epsilon = 1e-12);
        assert_eq!(mean_difference(&[5.0, 7.0], &[4.0, 6.0]), Some((1.0, 0.0)));
        assert_eq!(mean_difference(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(mean_difference(&[], &[]), None);
    }

    #[test]
    fn blocks_are_averaged_and_what_is_left_over_is_not_used() {
        let weights = [1.0, 3.0, 5.0, 7.0, 100.0].map(f64::ln);
        let weights = Tensor::from_slice(&weights).reshape([1, 5]);
        let value = |level| bound(&weights, level).double_value(&[0]);
        approx::assert_relative_eq!(value(2), (2f64.ln() + 6f64.ln()) / 2.0, epsilon = 1e-12);
        approx::assert_relative_eq!(value(5), 23.2f64.ln(), epsilon = 1e-12);
    }

    #[test]
    fn equal_weights_are_all_effective_and_a_huge_one_is_alone() {
        // So large that the weights themselves would overflow.
        let weights = Tensor::from_slice(&[800.0f64, 800.0, 800.0, 800.0, 0.0, 0.0, 0.0, 900.0]);
        let effective = effective_samples(&weights.reshape([2, 4]));
        approx::assert_relative_eq!(effective.double_value(&[0]), 4.0, epsilon = 1e-9);
        approx::assert_relative_eq!(effective.double_value(&[1]), 1.0, epsilon = 1e-9);
    }
}
