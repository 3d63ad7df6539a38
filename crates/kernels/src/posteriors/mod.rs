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
}
