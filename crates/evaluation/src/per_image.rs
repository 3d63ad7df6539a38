//! Distances between images and their reconstructions.

use tch::{Kind, Tensor};

/// Squared errors averaged over an image's pixels, `[B]`, for `images` and `reconstructions`
/// `[B, channels, height, width]`.
pub fn squared_errors(images: &Tensor, reconstructions: &Tensor) -> Tensor {
    let squares = (images - reconstructions).square().flatten(1, -1);
    squares.mean_dim([1i64].as_slice(), false, None::<Kind>)
}

/// Peak signal-to-noise ratio of each image in dB, `10 log₁₀(1 / MSE)` for pixels in [0, 1], from
/// [`squared_errors`]. Capped at 100 dB, so that a perfect image does not make the mean infinite.
pub fn psnr(squared_errors: &Tensor) -> Tensor {
    squared_errors.clamp_min(1e-10).log10() * -10.0
}

/// The course's reconstruction loss of one batch: `‖x − x̂‖₂ / numel(x)`, the root of the *summed*
/// squares over the number of values. It falls with the square root of the batch size, so it can
/// only be compared at equal batch sizes.
pub fn course_reconstruction_loss(images: &Tensor, reconstructions: &Tensor) -> f64 {
    let norm = (images - reconstructions).to_kind(Kind::Double).norm();
    norm.double_value(&[]) / images.numel() as f64
}
