//! Means over samples, with how far they may be off.

use tch::{Kind, Tensor};

use super::numbers::fixed;

/// A mean over independent samples with its standard error.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The samples' standard deviation over the root of their number.
    pub error: f64,
}

impl Estimate {
    /// Of all numbers in `samples`, at least two.
    pub fn of(samples: &Tensor) -> Estimate {
        let error = samples.std(true).double_value(&[]) / (samples.numel() as f64).sqrt();
        Estimate { mean: samples.mean(Kind::Double).double_value(&[]), error }
    }

    /// How many standard errors it lies from `truth`.
    pub fn deviation(self, truth: f64) -> f64 {
        (self.mean - truth).abs() / self.error
    }

    /// Whether it lies within four standard errors: by chance, it fails once in 16,000 times. Samples
    /// that are all alike must agree to `rounding`.
    pub fn holds(self, truth: f64, rounding: f64) -> bool {
        (self.mean - truth).abs() <= 4.0 * self.error + rounding
    }

    /// `0.534 ± 0.002`.
    pub fn text(self, decimals: usize) -> String {
        format!("{} ± {}", fixed(self.mean, decimals), fixed(self.error, decimals))
    }
}

/// How many standard errors the worst of several means lies from its truth. `samples` `[L, N]` has
/// L samples of N quantities, `truth` is `[N]`.
pub fn largest_deviation(samples: &Tensor, truth: &Tensor) -> f64 {
    let error = samples.std_dim(0, true, false) / (samples.size()[0] as f64).sqrt();
    let mean = samples.mean_dim(0, false, Kind::Double);
    ((mean - truth) / error).abs().max().double_value(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_error_of_four_numbers() {
        let samples = Tensor::from_slice(&[1.0, 3.0, 1.0, 3.0]);
        let estimate = Estimate::of(&samples);
        // Variance 4/3 with the unbiased estimator, over 4 samples.
        assert!((estimate.error - (1.0f64 / 3.0).sqrt()).abs() < 1e-14);
        assert_eq!(estimate.text(1), "2.0 ± 0.6");
        assert!(estimate.holds(4.3, 0.0) && !estimate.holds(4.4, 0.0));
        let both = Tensor::stack(&[&samples, &(&samples + 1.0)], 1);
        let deviation = largest_deviation(&both, &Tensor::from_slice(&[2.0, 2.0]));
        assert!((deviation - 3f64.sqrt()).abs() < 1e-14);
        assert!((deviation - Estimate::of(&(samples + 1.0)).deviation(2.0)).abs() < 1e-14);
    }
}
