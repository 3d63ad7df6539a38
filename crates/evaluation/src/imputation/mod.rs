//! Ways to fill in missing pixels without a latent-variable model that is trained by gradients: what
//! such a model is compared with.

mod errors;
mod neighbours;
mod pixel_mean;
mod probabilistic_pca;

use autodecoder_models::Observation;
use tch::{Kind, Tensor};

pub use errors::{ImputationErrors, imputation_errors};
pub use neighbours::NearestImages;
pub use pixel_mean::PixelMean;
pub use probabilistic_pca::ProbabilisticPca;

/// A guess at whole images from what was observed of them.
pub trait Imputer {
    /// Guesses every pixel of `images`, observed ones too, `[B, channels, height, width]`.
    fn reconstruct(&self, images: &Observation) -> Tensor;
}

/// Pixels with 0 for what is missing, and the mask as numbers, each `[B, pixels]` in f64.
fn flat(images: &Observation) -> (Tensor, Tensor) {
    let flat = |values: Tensor| values.flatten(1, -1).to_kind(Kind::Double);
    (flat(images.zero_filled()), flat(images.mask()))
}

/// `values` `[B, pixels]` in the kind and shape of `images`.
fn shaped(values: &Tensor, images: &Observation) -> Tensor {
    values.reshape(images.pixels.size()).to_kind(images.pixels.kind())
}

#[cfg(test)]
mod test_support {
    use autodecoder_distributions::Noise;
    use autodecoder_training::{Streams, latent_noise};
    use tch::{Device, Kind};

    use super::*;

    /// `count` images of 3 × 4 pixels that lie near a plane of two dimensions, with noise of standard
    /// deviation 0.2; `ratio` of the pixels is missing, and is NaN. The same each time.
    pub fn images(count: i64, ratio: f64) -> Observation {
        let mut rng = Streams::new(5).rng("images near a plane", &[]);
        let mut draw = |kind, rows, columns| {
            latent_noise(kind, rows, columns, Device::Cpu, &mut rng).to_kind(Kind::Double)
        };
        let (z, w) = (draw(Noise::Normal, count, 2), draw(Noise::Normal, 2, 12));
        let noise: Tensor = draw(Noise::Normal, count, 12) * 0.2;
        let pixels: Tensor = z.matmul(&w) * 0.2 + noise + 0.5;
        let observed = draw(Noise::Uniform, count, 12).ge(ratio);
        let pixels = pixels.masked_fill(&observed.logical_not(), f64::NAN);
        let shaped = |values: Tensor| values.reshape([count, 1, 3, 4]);
        Observation { pixels: shaped(pixels), observed: Some(shaped(observed)) }
    }

    /// The rows of a matrix.
    pub fn rows(matrix: &Tensor) -> Vec<Vec<f64>> {
        Vec::<Vec<f64>>::try_from(matrix.to_kind(Kind::Double)).unwrap()
    }
}
