//! Samples, divergences and gradients of rows against closed forms and central differences in float64.

use autodecoder_kernels::{GaussianPosterior, Point, Reparameterisation};
use proptest::prelude::*;

use crate::make::{assert_close, numbers, numbers_within, slopes, wide};

/// Latents and divergences of some rows.
fn sample(
    posterior: &dyn Reparameterisation,
    rows: &[f32],
    noise: &[f32],
    latent_dim: usize,
) -> (Vec<f32>, Vec<f32>) {
    let mut z = vec![f32::NAN; noise.len()];
    let mut kl = vec![f32::NAN; noise.len() / latent_dim];
    posterior.sample(rows, noise, latent_dim, &mut z, &mut kl);
    (z, kl)
}

fn gradient(
    posterior: &dyn Reparameterisation,
    (rows, noise, latent_dim): (&[f32], &[f32], usize),
    z_gradient: &[f32],
    kl_weight: f32,
) -> Vec<f32> {
    let mut gradient = vec![f32::NAN; rows.len()];
    posterior.gradient(rows, noise, latent_dim, z_gradient, kl_weight, &mut gradient);
    gradient
}

/// Latent and divergence of one row.
fn reference(row: &[f64], noise: &[f64], limit: f64) -> (Vec<f64>, f64) {
    let (means, raws) = row.split_at(noise.len());
    let log_variances: Vec<f64> = raws.iter().map(|raw| limit * (raw / limit).tanh()).collect();
    let deviations = log_variances.iter().map(|log_variance| (0.5 * log_variance).exp());
    let z = means.iter().zip(deviations).zip(noise);
    let terms = means.iter().zip(&log_variances);
    let twice =
        terms.map(|(mean, log_variance)| mean * mean + log_variance.exp() - 1.0 - log_variance);
    (
        z.map(|((mean, deviation), noise)| mean + deviation * noise).collect(),
        0.5 * twice.sum::<f64>(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn gaussian_samples_and_divergences_equal_plain_loops(
        rows in 0..6usize,
        latent_dim in 1..35usize,
        limit in prop::sample::select(vec![1.0f32, 8.0, 20.0]),
        spread in prop::sample::select(vec![0.01f32, 1.5, 30.0]),
        seed in 0..1000u64,
    ) {
        let values = numbers_within(spread, 2 * rows * latent_dim, seed);
        let noise = numbers_within(3.0, rows * latent_dim, seed + 1000);
        let posterior = GaussianPosterior { log_variance_limit: limit };
        let (z, kl) = sample(&posterior, &values, &noise, latent_dim);
        let (values, noise) = (wide(&values), wide(&noise));
        let each = values.chunks(2 * latent_dim).zip(noise.chunks(latent_dim));
        let expected = each.map(|(row, noise)| reference(row, noise, f64::from(limit)));
        let (latents, divergences): (Vec<Vec<f64>>, Vec<f64>) = expected.unzip();
        // Means and noise may cancel: what is left is as exact as they are.
        assert_close(&z, &latents.concat(), 5e-6, 5e-6 * f64::from(spread));
        assert_close(&kl, &divergences, 1e-5, 1e-6 * latent_dim as f64);
    }

    #[test]
    fn gaussian_ratios_equal_plain_loops(
        rows in 0..5usize,
        latent_dim in 1..35usize,
        limit in prop::sample::select(vec![1.0f32, 8.0]),
        seed in 0..1000u64,
    ) {
        let values = numbers_within(2.0, 2 * rows * latent_dim, seed);
        let noise = numbers_within(3.0, rows * latent_dim, seed + 1000);
        let mut ratio = vec![f32::NAN; rows];
        let mut gradient = vec![f32::NAN; rows * latent_dim];
        let posterior = GaussianPosterior { log_variance_limit: limit };
        posterior.log_ratio(&values, &noise, latent_dim, &mut ratio, &mut gradient);
        let (values, noise) = (wide(&values), wide(&noise));
        let (mut ratios, mut gradients) = (Vec::new(), Vec::new());
        for (row, noise) in values.chunks(2 * latent_dim).zip(noise.chunks(latent_dim)) {
            let (means, raws) = row.split_at(latent_dim);
            let (z, _) = reference(row, noise, f64::from(limit));
            let mut sum = 0.0;
            for ((z, mean), raw) in z.iter().zip(means).zip(raws) {
                let variance = (f64::from(limit) * (raw / f64::from(limit)).tanh()).exp();
                let log_normal = |x: f64, mean: f64, variance: f64| {
                    -0.5 * ((x - mean).powi(2) / variance + (std::f64::consts::TAU * variance).ln())
                };
                sum += log_normal(*z, 0.0, 1.0) - log_normal(*z, *mean, variance);
                gradients.push((z - mean) / variance - z);
            }
            ratios.push(sum);
        }
        assert_close(&ratio, &ratios, 2e-5, 2e-5 * latent_dim as f64);
        assert_close(&gradient, &gradients, 2e-5, 2e-5);
    }

    #[test]
    fn gaussian_gradients_equal_central_differences(
        rows in 1..4usize,
        latent_dim in 1..20usize,
        limit in prop::sample::select(vec![1.0f32, 8.0]),
        kl_weight in prop::sample::select(vec![0.0f32, 0.7, 4.0]),
        seed in 0..1000u64,
    ) {
        let values = numbers_within(4.0, 2 * rows * latent_dim, seed);
        let noise = numbers_within(3.0, rows * latent_dim, seed + 1000);
        let z_gradient = numbers(rows * latent_dim, seed + 2000);
        let posterior = GaussianPosterior { log_variance_limit: limit };
        let batch = (&values[..], &noise[..], latent_dim);
        let found = gradient(&posterior, batch, &z_gradient, kl_weight);
        let objective = |row: &[f64], number: usize| {
            let part = number * latent_dim..(number + 1) * latent_dim;
            let (z, kl) = reference(row, &wide(&noise[part.clone()]), f64::from(limit));
            let weighted = z.iter().zip(&z_gradient[part]).map(|(z, &dz)| z * f64::from(dz));
            weighted.sum::<f64>() + f64::from(kl_weight) * kl
        };
        for (number, row) in values.chunks(2 * latent_dim).enumerate() {
            let expected = slopes(&wide(row), 1e-5, |row| objective(row, number));
            let found = &found[number * 2 * latent_dim..][..2 * latent_dim];
            assert_close(found, &expected, 1e-5, 2e-5);
        }
    }

    #[test]
    fn a_point_is_its_row(rows in 0..6usize, latent_dim in 1..20usize, seed in 0..1000u64) {
        let values = numbers(rows * latent_dim, seed);
        let (z, kl) = sample(&Point, &values, &values, latent_dim);
        prop_assert_eq!((&z, kl), (&values, vec![0.0; rows]));
        let dz = numbers(rows * latent_dim, seed + 1000);
        prop_assert_eq!(gradient(&Point, (&values, &values, latent_dim), &dz, 3.0), dz);
    }
}

/// At the prior itself, `N(0, 1)`.
#[test]
fn the_prior_diverges_from_itself_by_nothing() {
    let posterior = GaussianPosterior { log_variance_limit: 8.0 };
    let (z, kl) = sample(&posterior, &[0.0; 6], &[-1.0, 0.0, 2.5], 3);
    assert_eq!((z, kl), (vec![-1.0, 0.0, 2.5], vec![0.0]));
    let slopes = gradient(&posterior, (&[0.0; 6], &[1.0; 3], 3), &[0.0; 3], 5.0);
    assert_eq!(slopes, [0.0; 6]);
}

/// Beyond the bound the log-variance is the bound, and what pulls at it vanishes.
#[test]
fn extreme_rows_stay_finite() {
    let posterior = GaussianPosterior { log_variance_limit: 8.0 };
    for raw in [1e3f32, 1e30, f32::MAX].into_iter().flat_map(|raw| [raw, -raw]) {
        for mean in [0.0f32, 1e4, -1e15] {
            for noise in [-6.0f32, 0.0, 6.0] {
                let row = [mean, raw];
                let (z, kl) = sample(&posterior, &row, &[noise], 1);
                let (latent, divergence) = reference(&wide(&row), &[f64::from(noise)], 8.0);
                assert_close(&z, &latent, 1e-5, 1e-5);
                assert_close(&kl, &[divergence], 1e-5, 1e-5);
                let found = gradient(&posterior, (&row, &[noise], 1), &[0.5], 2.0);
                assert_close(&found, &[0.5 + 2.0 * f64::from(mean), 0.0], 1e-6, 1e-30);
            }
        }
    }
}

/// A diverged run must not look sane.
#[test]
fn a_nan_in_a_row_reaches_its_latent_and_its_divergence() {
    let posterior = GaussianPosterior { log_variance_limit: 8.0 };
    for place in 0..6 {
        let mut rows = vec![0.5; 12];
        rows[place] = f32::NAN;
        let (z, kl) = sample(&posterior, &rows, &[1.0; 6], 3);
        for (at, value) in z.iter().enumerate() {
            assert_eq!(value.is_nan(), at == place % 3, "latent {at}");
        }
        assert!(kl[0].is_nan() && kl[1].is_finite());
        let slopes = gradient(&posterior, (&rows, &[1.0; 6], 3), &[1.0; 6], 1.0);
        assert!(slopes[place].is_nan() && slopes[6..].iter().all(|slope| slope.is_finite()));
    }
}
