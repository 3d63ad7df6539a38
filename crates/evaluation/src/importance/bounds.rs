//! From log weights to bounds for several K.

use autodecoder_training::Error;
use tch::{Device, Kind, Tensor};

use super::{ImportanceBound, ImportanceBounds};
use crate::metrics::{mean, standard_error};

/// The bounds of every image so far.
#[derive(Debug)]
pub(super) struct ImageBounds {
    /// The numbers of samples K, the last one all of them.
    levels: Vec<u32>,
    /// One tensor `[images]` for each K and each block of images.
    bounds: Vec<Vec<Tensor>>,
    effective_samples: Vec<Tensor>,
}

impl ImageBounds {
    /// Of no image yet, for up to `samples` samples.
    pub fn new(samples: u32) -> ImageBounds {
        let levels = levels(samples);
        let bounds = levels.iter().map(|_| Vec::new()).collect();
        ImageBounds { levels, bounds, effective_samples: Vec::new() }
    }

    /// Adds images with the log weights `[images, samples]`, f64.
    pub fn add(&mut self, log_weights: &Tensor) {
        for (level, bounds) in self.levels.iter().zip(&mut self.bounds) {
            bounds.push(bound(log_weights, i64::from(*level)));
        }
        self.effective_samples.push(effective_samples(log_weights));
    }

    /// Means and standard errors over all images.
    ///
    /// # Errors
    /// Where the bounds cannot be copied from the device.
    pub fn summarise(&self) -> Result<ImportanceBounds, Error> {
        let effective_samples = Tensor::cat(&self.effective_samples, 0);
        let mut each = Vec::new();
        let mut bounds = Vec::new();
        for (&samples, blocks) in self.levels.iter().zip(&self.bounds) {
            let found = Tensor::cat(blocks, 0).to_device(Device::Cpu);
            let (log_likelihood, standard_error) = (mean(&found), standard_error(&found));
            bounds.push(ImportanceBound { samples, log_likelihood, standard_error });
            each = Vec::<f64>::try_from(found).map_err(autodecoder_models::Error::from)?;
        }
        Ok(ImportanceBounds {
            images: effective_samples.numel() as u64,
            samples: self.levels.last().copied().unwrap_or(0),
            bounds,
            effective_samples: mean(&effective_samples),
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
