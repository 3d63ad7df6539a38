//! Straight lines between latents.

use tch::Tensor;

/// Both ends and `between` evenly spaced points of the line from `from` to `to` (each
/// `[latent_dim]`): `[between + 2, latent_dim]`.
pub fn interpolate(from: &Tensor, to: &Tensor, between: u32) -> Tensor {
    let last = f64::from(between + 1);
    let points: Vec<Tensor> =
        (0..=between + 1).map(|i| from.lerp(to, f64::from(i) / last)).collect();
    Tensor::stack(&points, 0)
}
