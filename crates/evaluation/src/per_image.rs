//! Distances between images and their reconstructions.

use autodecoder_models::Observation;
use tch::{Kind, Tensor};

/// Squared errors summed over the observed pixels of each image, and how many these are, both `[B]` in
/// f64; `reconstructions` are `[B, channels, height, width]`.
pub fn squared_errors(images: &Observation, reconstructions: &Tensor) -> (Tensor, Tensor) {
    let squares = (images.zero_filled() - reconstructions).to_kind(Kind::Double).square();
    let ones = squares.ones_like();
    (images.sum_observed(&squares), images.sum_observed(&ones))
}

/// Peak signal-to-noise ratio of each image in dB, `10 log₁₀(1 / MSE)` for pixels in [0, 1], from
/// squared errors averaged over its pixels. Capped at 100 dB, so that a perfect image does not make the mean infinite.
pub fn psnr(squared_errors: &Tensor) -> Tensor {
    squared_errors.clamp_min(1e-10).log10() * -10.0
}

/// The course's reconstruction loss of one batch: `‖x − x̂‖₂ / numel(x)`, the root of the *summed*
/// squares over the number of values, of the observed pixels. It falls with the square root of the
/// batch size, so it can only be compared at equal batch sizes.
pub fn course_reconstruction_loss(images: &Observation, reconstructions: &Tensor) -> f64 {
    let (squares, counts) = squared_errors(images, reconstructions);
    let total = |values: Tensor| values.sum(Kind::Double).double_value(&[]);
    total(squares).sqrt() / total(counts).max(1.0)
}
