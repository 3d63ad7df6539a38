//! What to test of a posterior of one's own; the crate `distributions` has the same checks.

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

use autodecoder_distributions::{Noise, Posterior};
use autodecoder_training::{Streams, latent_noise};
use tch::{Device, Kind, Tensor};

use crate::posterior::FixedGaussian;

const SIGMA: f64 = 0.3;
const SAMPLES: i64 = 20_000;
const POSTERIOR: FixedGaussian = FixedGaussian { sigma: SIGMA };

/// `SAMPLES` copies of one row of two coordinates, and noise for them.
fn rows_and_noise() -> (Tensor, Tensor) {
    let rows = Tensor::from_slice(&[0.5f32, -1.0]).reshape([1, 2]).repeat([SAMPLES, 1]);
    let mut rng = Streams::new(1).rng("test", &[]);
    (rows, latent_noise(Noise::Normal, SAMPLES, 2, Device::Cpu, &mut rng))
}

#[test]
fn the_closed_divergence_agrees_with_monte_carlo() {
    let (rows, noise) = rows_and_noise();
    let z = POSTERIOR.rsample(&rows, &noise);
    let terms = POSTERIOR.log_prob(&rows, &z).unwrap() - POSTERIOR.prior().log_prob(&z);
    let closed = POSTERIOR.kl(&rows, &noise).value().unwrap().double_value(&[0]);
    let error = terms.std(true).double_value(&[]) / (SAMPLES as f64).sqrt();
    let estimate = terms.mean(Kind::Double).double_value(&[]);
    assert!((estimate - closed).abs() < 4.0 * error, "{estimate} against {closed} ± {error}");
}

/// Kolmogorov and Smirnov: `√n · D` is beyond 1.95 once in a thousand tries if the CDF is right.
#[test]
fn samples_follow_the_distribution_function() {
    let (rows, noise) = rows_and_noise();
    let standard = (POSTERIOR.rsample(&rows, &noise) - rows).to_kind(Kind::Double) / SIGMA;
    let steps = Tensor::arange(SAMPLES, (Kind::Double, Device::Cpu)).unsqueeze(1);
    for coordinate in 0..2 {
        let (sorted, _) = standard.narrow(1, coordinate, 1).sort(0, false);
        let cdf = ((sorted / 2f64.sqrt()).erf() + 1.0) / 2.0;
        // The empirical function's step at each sample, and both its ends.
        let (below, above) = (&cdf - &steps / SAMPLES, (&steps + 1) / SAMPLES - &cdf);
        let statistic = below.maximum(&above).max().double_value(&[]) * (SAMPLES as f64).sqrt();
        assert!(statistic < 1.95, "coordinate {coordinate}: {statistic}");
    }
}

/// Everything that training computes from rows, as one number with unequal weights.
fn outputs(rows: &Tensor, noise: &Tensor) -> [(&'static str, Tensor); 3] {
    let weighted = |output: Tensor| {
        let count = output.numel() as i64;
        let weights = Tensor::arange(count, (output.kind(), Device::Cpu)).view_(output.size());
        (output * (weights + 1)).sum(None)
    };
    let z = POSTERIOR.rsample(rows, noise);
    let density = POSTERIOR.log_prob(rows, &(&z * 2)).unwrap();
    let divergence = POSTERIOR.kl(rows, noise).value().unwrap().shallow_clone();
    [("rsample", weighted(z)), ("log_prob", weighted(density)), ("kl", weighted(divergence))]
}

fn gradient(rows: &Tensor, noise: &Tensor, output: usize) -> Tensor {
    let rows = rows.copy().set_requires_grad(true);
    outputs(&rows, noise)[output].1.backward();
    rows.grad()
}

#[test]
fn gradients_agree_with_central_differences() {
    let rows = Tensor::from_slice(&[0.5, -1.0, 2.0, 0.1]).reshape([2, 2]);
    let noise = Tensor::from_slice(&[0.3, -0.7, 1.1, 0.2]).reshape([2, 2]);
    let step = 1e-5;
    for output in 0..outputs(&rows, &noise).len() {
        let found = gradient(&rows, &noise, output).reshape([4]);
        for element in 0..4 {
            let moved = |by: f64| {
                let rows = rows.copy();
                let _ = rows.view(4).get(element).g_add_scalar_(by);
                let (name, value) = &outputs(&rows, &noise)[output];
                (*name, value.double_value(&[]))
            };
            let ((name, up), (_, down)) = (moved(step), moved(-step));
            let (expected, found) = ((up - down) / (2.0 * step), found.double_value(&[element]));
            let off = (found - expected).abs() / (1.0 + expected.abs());
            assert!(off < 1e-6, "{name}, element {element}: {found}, not {expected}");
        }
    }
}

#[test]
fn extreme_rows_stay_finite() {
    for mean in [0.0f32, 1e-30, -100.0, 1e4, -1e4] {
        for noise in [-6.0f32, 0.0, 6.0] {
            let one = |x: f32| Tensor::from_slice(&[x]).reshape([1, 1]);
            let (rows, noise) = (one(mean), one(noise));
            for (output, (name, value)) in outputs(&rows, &noise).iter().enumerate() {
                let slope = gradient(&rows, &noise, output).double_value(&[0, 0]);
                let value = value.double_value(&[]);
                assert!(value.is_finite() && slope.is_finite(), "{name} at {mean}: {value}");
            }
        }
    }
}

/// The table is changed in place: it must not share memory with what it was started from.
#[test]
fn a_start_copies_its_location() {
    let location = Tensor::from_slice(&[1.0f32, 2.0]).reshape([1, 2]);
    let before = location.copy();
    let _ = POSTERIOR.start(&location, 1.0).fill_(9.0);
    let _ = POSTERIOR.unconstrain(&[location.shallow_clone()]).fill_(9.0);
    assert_eq!(location, before);
}
