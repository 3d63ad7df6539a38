//! Every image is the mean image.

use autodecoder_models::Observation;
use tch::{Kind, Tensor};

use super::{Imputer, flat, shaped};

/// The mean of each pixel over the training images in which it was observed.
#[derive(Debug)]
pub struct PixelMean {
    /// f64, `[pixels]`.
    mean: Tensor,
}

impl PixelMean {
    /// Fits it to `images`. A pixel that was observed nowhere is 0.
    pub fn fit(images: &Observation) -> PixelMean {
        let (values, mask) = flat(images);
        let total = |x: &Tensor| x.sum_dim_intlist([0i64].as_slice(), false, Kind::Double);
        PixelMean { mean: total(&values) / total(&mask).clamp_min(1.0) }
    }

    /// f64, `[pixels]`.
    pub(super) fn mean(&self) -> &Tensor {
        &self.mean
    }
}

impl Imputer for PixelMean {
    fn reconstruct(&self, images: &Observation) -> Tensor {
        shaped(&self.mean.expand([images.len(), -1], false).contiguous(), images)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{images, rows};
    use super::*;

    #[test]
    fn the_mean_is_over_what_was_observed() {
        let images = images(9, 0.4);
        let found = rows(&PixelMean::fit(&images).reconstruct(&images).flatten(1, -1));
        let pixels = rows(&images.pixels.flatten(1, -1));
        for pixel in 0..12 {
            let seen: Vec<f64> =
                pixels.iter().map(|image| image[pixel]).filter(|value| !value.is_nan()).collect();
            let mean = seen.iter().sum::<f64>() / seen.len() as f64;
            assert!(found.iter().all(|image| (image[pixel] - mean).abs() < 1e-12));
        }
    }
}
