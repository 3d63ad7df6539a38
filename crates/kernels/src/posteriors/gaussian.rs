//! A Gaussian with a diagonal covariance; the prior is `N(0, I)`.

use multiversion::multiversion;

use super::Reparameterisation;
use crate::math::{exp, tanh};

/// Rows of means, then raw log-variances: `log σ² = limit · tanh(raw / limit)`,
/// `z = mean + σ · noise`, `KL = ½ Σ (mean² + σ² − 1 − log σ²)`.
#[derive(Debug, Clone, Copy)]
pub struct Gaussian {
    /// The log-variance stays within ± this, which is above 0 and at most 80: so that the variance is
    /// a normal f32.
    pub log_variance_limit: f32,
}

impl Reparameterisation for Gaussian {
    fn sample(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        z: &mut [f32],
        kl: &mut [f32],
    ) {
        let rows = rows.chunks_exact(2 * latent_dim).zip(noise.chunks_exact(latent_dim));
        for (((row, noise), z), kl) in rows.zip(z.chunks_exact_mut(latent_dim)).zip(kl) {
            *kl = sample_row(row.split_at(latent_dim), noise, self.log_variance_limit, z);
        }
    }

    fn gradient(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        z_gradient: &[f32],
        kl_weight: f32,
        gradient: &mut [f32],
    ) {
        let rows = rows.chunks_exact(2 * latent_dim).zip(noise.chunks_exact(latent_dim));
        let gradients = z_gradient.chunks_exact(latent_dim);
        let outputs = gradient.chunks_exact_mut(2 * latent_dim);
        for (((row, noise), z_gradient), output) in rows.zip(gradients).zip(outputs) {
            let weights = (self.log_variance_limit, kl_weight);
            let output = output.split_at_mut(latent_dim);
            row_gradient(row.split_at(latent_dim), noise, z_gradient, weights, output);
        }
    }

    fn log_ratio(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        ratio: &mut [f32],
        z_gradient: &mut [f32],
    ) {
        let rows = rows.chunks_exact(2 * latent_dim).zip(noise.chunks_exact(latent_dim));
        let outputs = z_gradient.chunks_exact_mut(latent_dim).zip(ratio);
        for ((row, noise), (z_gradient, ratio)) in rows.zip(outputs) {
            let limit = self.log_variance_limit;
            *ratio = row_ratio(row.split_at(latent_dim), noise, limit, z_gradient);
        }
    }
}

/// Writes the sample and returns the divergence.
#[multiversion(targets = "simd")]
fn sample_row((means, raws): (&[f32], &[f32]), noise: &[f32], limit: f32, z: &mut [f32]) -> f32 {
    let mut twice = 0.0f32;
    for (((z, &mean), &raw), &noise) in z.iter_mut().zip(means).zip(raws).zip(noise) {
        let log_variance = limit * tanh(raw / limit);
        let deviation = exp(0.5 * log_variance);
        *z = mean + deviation * noise;
        twice += mean * mean + (deviation * deviation - 1.0) - log_variance;
    }
    0.5 * twice
}

#[multiversion(targets = "simd")]
fn row_gradient(
    (means, raws): (&[f32], &[f32]),
    noise: &[f32],
    z_gradient: &[f32],
    (limit, kl_weight): (f32, f32),
    (mean_gradient, raw_gradient): (&mut [f32], &mut [f32]),
) {
    let rows = means.iter().zip(raws).zip(noise.iter().zip(z_gradient));
    let gradients = mean_gradient.iter_mut().zip(raw_gradient);
    for (((&mean, &raw), (&noise, &dz)), (mean_gradient, raw_gradient)) in rows.zip(gradients) {
        let t = tanh(raw / limit);
        let deviation = exp(0.5 * limit * t);
        let log_variance_gradient =
            0.5 * (dz * deviation * noise + kl_weight * (deviation * deviation - 1.0));
        *mean_gradient = dz + kl_weight * mean;
        *raw_gradient = log_variance_gradient * (1.0 - t * t);
    }
}

/// Writes the gradient and returns `½ Σ (ε² + log σ² − z²)`: with `z − mean = σ ε`, `2π` cancels.
#[multiversion(targets = "simd")]
fn row_ratio(
    (means, raws): (&[f32], &[f32]),
    noise: &[f32],
    limit: f32,
    z_gradient: &mut [f32],
) -> f32 {
    let mut twice = 0.0f32;
    let rows = means.iter().zip(raws).zip(noise);
    for (((&mean, &raw), &noise), z_gradient) in rows.zip(z_gradient) {
        let log_variance = limit * tanh(raw / limit);
        let deviation = exp(0.5 * log_variance);
        let z = mean + deviation * noise;
        *z_gradient = noise / deviation - z;
        twice += noise * noise + log_variance - z * z;
    }
    0.5 * twice
}
