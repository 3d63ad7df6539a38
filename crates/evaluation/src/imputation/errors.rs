//! How far reconstructions of incomplete images are from the truth.

use autodecoder_models::Observation;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// Mean squared errors per pixel, over pixels of all images together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImputationErrors {
    /// Over the pixels that were observed; 0 where there are none.
    pub observed: f64,
    /// Over all pixels.
    pub all: f64,
    /// Over the pixels that were missing; 0 where there are none.
    pub missing: f64,
}

/// Compares `guesses` with the whole images `truth`, both `[B, channels, height, width]`, of which
/// `images` shows a part.
pub fn imputation_errors(
    guesses: &Tensor,
    truth: &Tensor,
    images: &Observation,
) -> ImputationErrors {
    let squares = (guesses - truth).to_kind(Kind::Double).square();
    let mask = images.mask().to_kind(Kind::Double);
    let sum = |values: &Tensor| values.sum(Kind::Double).double_value(&[]);
    let (total, seen) = (sum(&squares), sum(&(&squares * &mask)));
    let (count, shown) = (squares.numel() as f64, sum(&mask));
    ImputationErrors {
        observed: seen / shown.max(1.0),
        all: total / count.max(1.0),
        missing: (total - seen) / (count - shown).max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_means_over_their_own_pixels() {
        let image = |values: [f64; 4]| Tensor::from_slice(&values).reshape([1, 1, 2, 2]);
        let (truth, guess) = (image([0.0, 0.5, 1.0, 0.2]), image([0.1, 0.5, 0.6, 0.4]));
        let observed = Tensor::from_slice(&[true, true, false, true]).reshape([1, 1, 2, 2]);
        let pixels = image([0.0, 0.5, f64::NAN, 0.2]);
        let found =
            imputation_errors(&guess, &truth, &Observation { pixels, observed: Some(observed) });
        // Squares 0.01, 0, 0.16 and 0.04.
        assert!((found.observed - 0.05 / 3.0).abs() < 1e-12);
        assert!((found.all - 0.21 / 4.0).abs() < 1e-12);
        assert!((found.missing - 0.16).abs() < 1e-12);
        let whole = imputation_errors(&guess, &truth, &Observation::from(&truth));
        assert_eq!((whole.missing, whole.observed), (0.0, whole.all));
    }
}
