//! Latents from principal components, by least squares.

use autodecoder_training::{DeviceImages, Pca};
use tch::{Kind, Tensor};

/// Weight of the penalty on the map, in units of the mean square of a score, which is 1: enough to keep
/// components without variance out.
const RIDGE: f64 = 1e-3;

/// A linear map from an image's whitened scores on leading principal components to its latent. The
/// scores say where an image lies among the others, in a basis that is not the decoder's: the map
/// between the two is fitted to the latents of training images, by ridge regression.
#[derive(Debug)]
pub struct LinearEncoder<'a> {
    pca: &'a Pca,
    /// `[components + 1, latent_dim]`; the last row is the offset.
    map: Tensor,
}

impl<'a> LinearEncoder<'a> {
    /// Fits the scores of `images` on the components of `pca` to their `latents` `[N, latent_dim]`.
    pub fn fit(pca: &'a Pca, images: &DeviceImages, latents: &Tensor) -> LinearEncoder<'a> {
        let inputs = with_one(&pca.whitened_scores(images));
        let square = inputs.tr().matmul(&inputs);
        let penalty = Tensor::eye(square.size()[0], (Kind::Double, square.device()))
            * (RIDGE * images.len() as f64);
        let targets = inputs.tr().matmul(&latents.to_kind(Kind::Double));
        let map = Tensor::linalg_solve(&(square + penalty), &targets, true);
        LinearEncoder { pca, map }
    }

    /// Latents of `images`, `[N, latent_dim]`.
    pub fn latents(&self, images: &DeviceImages) -> Tensor {
        with_one(&self.pca.whitened_scores(images)).matmul(&self.map).to_kind(Kind::Float)
    }
}

/// Scores in f64 with a column of ones behind them.
fn with_one(scores: &Tensor) -> Tensor {
    let scores = scores.to_kind(Kind::Double);
    let ones = Tensor::ones([scores.size()[0], 1], (Kind::Double, scores.device()));
    Tensor::cat(&[scores, ones], 1)
}
