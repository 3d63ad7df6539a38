//! Reparameterised samples and KL terms of rows, with their gradients.

use std::fmt::Debug;

mod gaussian;
mod point;

pub use gaussian::Gaussian;
pub use point::Point;

/// How rows become latents. Rows, noise and latents of several images lie one after another: each
/// latent and its noise `latent_dim` long (at least 1), and each row a whole multiple of that, two
/// parameters a coordinate for [`Gaussian`], one for [`Point`]. All slices are of the same images.
pub trait Reparameterisation: Debug + Send + Sync {
    /// Writes a sample of each row's posterior into `z`, and its KL divergence from the prior, in nats,
    /// into `kl`, one value an image (0 where it is undefined).
    fn sample(&self, rows: &[f32], noise: &[f32], latent_dim: usize, z: &mut [f32], kl: &mut [f32]);

    /// Writes each row's gradient of `L(z) + kl_weight · KL` into `gradient`, where `z_gradient` is
    /// that of `L` at the sample which `noise` gives.
    fn gradient(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        z_gradient: &[f32],
        kl_weight: f32,
        gradient: &mut [f32],
    );

    /// Writes `log p(z) − log q(z)` of the sample which `noise` gives of each row, in nats, into `ratio`, one
    /// value an image, and its gradient for `z`, the row held, into `z_gradient`. Both are 0 where the row has
    /// no density.
    fn log_ratio(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        ratio: &mut [f32],
        z_gradient: &mut [f32],
    );
}
