//! A point: what an auto-decoder stores.

use super::Reparameterisation;

/// The row is the latent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Point;

impl Reparameterisation for Point {
    fn sample(
        &self,
        rows: &[f32],
        _noise: &[f32],
        _latent_dim: usize,
        z: &mut [f32],
        kl: &mut [f32],
    ) {
        z.copy_from_slice(rows);
        kl.fill(0.0);
    }

    fn gradient(
        &self,
        _rows: &[f32],
        _noise: &[f32],
        _latent_dim: usize,
        z_gradient: &[f32],
        _kl_weight: f32,
        gradient: &mut [f32],
    ) {
        gradient.copy_from_slice(z_gradient);
    }

    fn log_ratio(
        &self,
        _rows: &[f32],
        _noise: &[f32],
        _latent_dim: usize,
        ratio: &mut [f32],
        z_gradient: &mut [f32],
    ) {
        ratio.fill(0.0);
        z_gradient.fill(0.0);
    }
}
