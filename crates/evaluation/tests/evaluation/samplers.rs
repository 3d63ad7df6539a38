//! Fitted samplers against known densities and brute force.

use std::sync::Arc;

use approx::assert_relative_eq;
use autodecoder_distributions::{Gaussian, Posterior, Prior, StandardNormal};
use autodecoder_evaluation::{
    KernelDensity, Mixture, Sampler, SamplerError, SamplerFamily, fit_sampler, load_sampler,
    posterior_samples, samplers, save_sampler,
};
use autodecoder_training::{Streams, latent_noise, standard_normal};
use tch::{Device, Kind, Tensor};

use crate::make::{numbers, wave};

fn family(name: &str) -> Arc<dyn SamplerFamily> {
    samplers().get(name).unwrap()
}

fn fit(family: &dyn SamplerFamily, latents: &Tensor) -> Box<dyn Sampler> {
    fit_sampler(family, latents, &mut Streams::new(1).rng("fit", &[])).unwrap()
}

fn draw(sampler: &dyn Sampler, count: i64) -> Tensor {
    sampler.sample(count, &StandardNormal, &mut Streams::new(1).rng("draw", &[]))
}

fn normal(rows: i64, columns: i64, seed: u64) -> Tensor {
    standard_normal(rows, columns, Device::Cpu, &mut Streams::new(seed).rng("normal", &[]))
}

/// Mean and covariance of rows, in f64.
fn moments(rows: &Tensor) -> (Tensor, Tensor) {
    let rows = rows.to_kind(Kind::Double);
    let mean = rows.mean_dim([0i64].as_slice(), false, None::<Kind>);
    (mean, rows.tr().cov(1, None::<&Tensor>, None::<&Tensor>))
}

fn assert_close(found: &Tensor, expected: &Tensor, epsilon: f64) {
    let (found, expected) = (numbers(found), numbers(expected));
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(&expected) {
        assert!((a - b).abs() < epsilon, "{found:?} against {expected:?}");
    }
}

/// Units of the dimensions of [`two_groups`]: a fit must not care.
fn units() -> Tensor {
    Tensor::from_slice(&[1.0f32, 0.01])
}

/// 2,000 latents of two Gaussians with other shapes: 1,500 around (0, 0), stretched along the diagonal,
/// and 500 around (10, −10), all in [`units`].
fn two_groups() -> Tensor {
    let factor = Tensor::from_slice(&[1.0f32, 0.0, 0.9, 0.3]).reshape([2, 2]);
    let first = normal(1500, 2, 1).matmul(&factor.tr());
    let second = normal(500, 2, 2) * 0.5 + Tensor::from_slice(&[10.0f32, -10.0]);
    Tensor::cat(&[first, second], 0) * units()
}

fn parameter(sampler: &dyn Sampler, name: &str) -> Tensor {
    sampler.parameters().into_iter().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn a_mixture_finds_the_groups_with_their_shares_and_shapes() {
    let sampler = fit(&Mixture { components: 2, ..Mixture::default() }, &two_groups());
    let weights = parameter(&*sampler, "weights");
    let means = parameter(&*sampler, "means") / units();
    let first = i64::from(weights.double_value(&[1]) > weights.double_value(&[0]));
    assert_relative_eq!(weights.double_value(&[first]), 0.75, epsilon = 1e-3);
    // Standard errors of the means: 0.026 and 0.022.
    assert_close(&means.get(first), &Tensor::from_slice(&[0.0, 0.0]), 0.11);
    assert_close(&means.get(1 - first), &Tensor::from_slice(&[10.0, -10.0]), 0.11);
    let scale = parameter(&*sampler, "scales").get(first) / units().unsqueeze(1);
    // A thousandth of the latents' variance, about 20, is added to each variance.
    let covariance = Tensor::from_slice(&[1.02, 0.9, 0.9, 0.92]).reshape([2, 2]);
    assert_close(&scale.matmul(&scale.tr()), &covariance, 0.15);
}

#[test]
fn a_mixtures_samples_have_the_moments_of_its_latents() {
    let latents = two_groups();
    let sampler = fit(&Mixture { components: 4, ..Mixture::default() }, &latents);
    let (mean, covariance) = moments(&(&latents / units()));
    let (found_mean, found_covariance) = moments(&(draw(&*sampler, 20_000) / units()));
    assert_close(&found_mean, &mean, 0.15);
    assert_close(&found_covariance, &covariance, 0.6);
}

#[test]
fn components_are_no_more_than_the_latents_bear() {
    let count = |rows: i64, columns: i64| {
        let sampler = fit(&Mixture::default(), &normal(rows, columns, 3));
        parameter(&*sampler, "weights").size()[0]
    };
    // Five latents a dimension and component: 60 of 4 dimensions bear 3 of the 20 components, and even
    // fewer than one of them bears one.
    assert!((1..=3).contains(&count(60, 4)));
    assert_eq!(count(6, 4), 1);
    assert_eq!(count(1, 4), 1);
}

#[test]
fn latents_that_all_agree_are_what_is_drawn() {
    let latents = Tensor::full([50, 3], 2.5, (Kind::Float, Device::Cpu));
    for name in ["mixture", "kde"] {
        let samples = draw(&*fit(&*family(name), &latents), 10);
        assert_close(&samples, &Tensor::full([10, 3], 2.5, (Kind::Float, Device::Cpu)), 1e-4);
    }
}

/// The leave-one-out log likelihood of `latents` under kernels of `bandwidth`, by plain loops.
fn leave_one_out(latents: &[&[f64]], bandwidth: &[f64]) -> f64 {
    let kernel = |a: &[f64], b: &[f64]| -> f64 {
        let terms = a.iter().zip(b).zip(bandwidth);
        terms.map(|((a, b), h)| (-0.5 * ((a - b) / h).powi(2)).exp() / h).product()
    };
    let likelihood = |(index, point): (usize, &&[f64])| -> f64 {
        let others = latents.iter().enumerate().filter(|(other, _)| *other != index);
        others.map(|(_, other)| kernel(point, other)).sum::<f64>().ln()
    };
    latents.iter().enumerate().map(likelihood).sum()
}

#[test]
fn no_other_width_explains_the_left_out_latents_better() {
    let latents = normal(300, 3, 4) * Tensor::from_slice(&[1.0f32, 10.0, 0.1]);
    let sampler = fit(&KernelDensity, &latents);
    let bandwidth = numbers(&parameter(&*sampler, "bandwidth"));
    let values = numbers(&latents);
    let rows: Vec<&[f64]> = values.chunks(3).collect();
    let scaled = |factor: f64| bandwidth.iter().map(|h| h * factor).collect::<Vec<f64>>();
    let best = leave_one_out(&rows, &bandwidth);
    // The widths beside it on the grid.
    for factor in [1.15, 1.0 / 1.15] {
        assert!(leave_one_out(&rows, &scaled(factor)) < best, "a factor of {factor} is better");
    }
    // One width in standard deviations, whatever a dimension's unit.
    let deviations =
        numbers(&latents.to_kind(Kind::Double).std_dim([0i64].as_slice(), false, false));
    let widths: Vec<f64> = bandwidth.iter().zip(deviations).map(|(h, s)| h / s).collect();
    assert_relative_eq!(widths[0], widths[1], max_relative = 1e-5);
    assert_relative_eq!(widths[0], widths[2], max_relative = 1e-5);
    assert!((0.1..0.9).contains(&widths[0]), "{widths:?}");
}

#[test]
fn kernel_samples_have_the_latents_moments_and_the_kernels_variance() {
    let latents = two_groups();
    let sampler = fit(&KernelDensity, &latents);
    let (mean, covariance) = moments(&(&latents / units()));
    let kernels = (parameter(&*sampler, "bandwidth") / units()).square();
    let kernels = kernels.to_kind(Kind::Double).diag(0);
    let (found_mean, found_covariance) = moments(&(draw(&*sampler, 20_000) / units()));
    assert_close(&found_mean, &mean, 0.15);
    assert_close(&found_covariance, &(covariance + kernels), 0.6);
}

#[test]
fn the_prior_draws_what_the_prior_draws() {
    let sampler = fit(&*family("prior"), &wave(&[40, 5], 0.0));
    let noise = latent_noise(
        StandardNormal.noise(),
        7,
        5,
        Device::Cpu,
        &mut Streams::new(1).rng("draw", &[]),
    );
    assert_eq!(draw(&*sampler, 7), StandardNormal.sample(&noise));
}

#[test]
fn a_file_gives_back_the_same_samples() {
    let folder = tempfile::tempdir().unwrap();
    let latents = two_groups();
    for name in samplers().names() {
        let (family, path) = (family(name), folder.path().join(name));
        let sampler = fit(&*family, &latents);
        save_sampler(&path, name, &*sampler).unwrap();
        let read = load_sampler(&path, &*family, 2, Device::Cpu).unwrap();
        assert_eq!(draw(&*sampler, 100), draw(&*read, 100), "{name}");
        if name != "prior" {
            assert!(load_sampler(&path, &*family, 3, Device::Cpu).is_err(), "{name}");
        }
    }
    let error = load_sampler(&folder.path().join("kde"), &*family("mixture"), 2, Device::Cpu);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("the sampler \"kde\", expected \"mixture\""), "{error}");
}

#[test]
fn the_same_stream_fits_and_draws_the_same() {
    let latents = two_groups();
    for name in samplers().names() {
        let once = draw(&*fit(&*family(name), &latents), 50);
        assert_eq!(once, draw(&*fit(&*family(name), &latents), 50), "{name}");
    }
}

#[test]
fn latents_that_are_no_numbers_are_refused() {
    let broken = Tensor::from_slice(&[0.0f32, f32::NAN]).reshape([2, 1]);
    let none = Tensor::zeros([0, 3], (Kind::Float, Device::Cpu));
    for latents in [broken, none] {
        for name in samplers().names() {
            let mut rng = Streams::new(1).rng("fit", &[]);
            let error = fit_sampler(&*family(name), &latents, &mut rng).unwrap_err();
            assert!(matches!(error, SamplerError::Latents), "{name}: {error}");
        }
    }
}

#[test]
fn posterior_samples_spread_by_mean_and_variance() {
    // Rows of mean 3 and log variance −2, all alike.
    let rows = Gaussian.unconstrain(&[
        Tensor::full([4000, 2], 3.0, (Kind::Float, Device::Cpu)),
        Tensor::full([4000, 2], -2.0, (Kind::Float, Device::Cpu)),
    ]);
    let samples = posterior_samples(&Gaussian, &rows, &mut Streams::new(1).rng("latents", &[]));
    let (mean, covariance) = moments(&samples);
    assert_close(&mean, &Tensor::from_slice(&[3.0, 3.0]), 0.03);
    let variance = (-2.0f64).exp();
    let expected = Tensor::from_slice(&[variance, 0.0, 0.0, variance]).reshape([2, 2]);
    assert_close(&covariance, &expected, 0.02);
}
