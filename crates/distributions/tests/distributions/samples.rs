//! Samples against analytic CDFs and moments.

use autodecoder_distributions::{Noise, Point, Posterior, Uniform, standard};
use proptest::prelude::*;
use tch::{Kind, Tensor};

use crate::families::{Reference, families, noise, random_rows, values};

const SAMPLES: i64 = 20_000;

/// `√n · D` of Kolmogorov and Smirnov; beyond 1.95 once in a thousand tries if the CDF is right.
fn kolmogorov_smirnov(samples: &Tensor, reference: &Reference) -> f64 {
    let mut sorted = values(samples);
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let distance = sorted
        .iter()
        .enumerate()
        .map(|(i, &x)| ((reference.cdf)(x), i as f64))
        .map(|(cdf, i)| (cdf - i / count).max((i + 1.0) / count - cdf))
        .fold(0.0, f64::max);
    distance * count.sqrt()
}

#[test]
fn posterior_samples_follow_the_analytic_cdf() {
    for (seed, family) in (1..).zip(families()) {
        let coordinates = family.cases.len() as i64;
        let noise = noise(family.posterior.noise(), [SAMPLES, coordinates], seed);
        let rows = family.rows().expand([SAMPLES, -1], false);
        let z = family.posterior.rsample(&rows, &noise);
        for (i, &case) in (0..).zip(family.cases) {
            let statistic = kolmogorov_smirnov(&z.select(1, i), &(family.reference)(case));
            assert!(statistic < 1.95, "{:?} at {case:?}: {statistic}", family.posterior);
        }
    }
}

#[test]
fn prior_samples_follow_the_analytic_cdf() {
    for (seed, family) in (100..).zip(families()) {
        let prior = family.posterior.prior();
        let z = prior.sample(&noise(prior.noise(), [SAMPLES, 1], seed));
        let statistic = kolmogorov_smirnov(&z, &family.prior_reference());
        assert!(statistic < 1.95, "{prior:?}: {statistic}");
    }
}

/// Both tails to their very ends, where a careless inverse CDF loses its digits first. On the
/// right, `u` is taken back from the rounded `1 − u`.
#[test]
fn inverse_cdfs_are_exact_in_both_tails() {
    let tails = [3e-16, 1e-9, 2f64.powi(-20), 0.25];
    let (left, right) = (Tensor::from_slice(&tails), Tensor::from_slice(&tails.map(|u| 1.0 - u)));
    for family in families().iter().filter(|f| f.posterior.noise() == Noise::Uniform) {
        // A uniform sample near −1 is itself rounded to a multiple of ε/2.
        let rounding = if family.posterior.name() == "uniform" { f64::EPSILON } else { 0.0 };
        let reference = family.prior_reference();
        let sample = |u: &Tensor| values(&family.posterior.prior().sample(&u.unsqueeze(1)));
        for (&u, x) in tails.iter().zip(sample(&left)) {
            let off = ((reference.cdf)(x) - u).abs();
            assert!(off <= 1e-9 * u + rounding, "{:?} left at {u}: {x}", family.posterior);
        }
        for (u, x) in tails.map(|u| 1.0 - (1.0 - u)).into_iter().zip(sample(&right)) {
            let off = ((reference.survival)(x) - u).abs();
            assert!(off <= 1e-9 * u + rounding, "{:?} right at {u}: {x}", family.posterior);
        }
    }
}

/// Mean and variance of the samples, within 5 standard errors of what the family says.
fn check_moments(name: &str, samples: &Tensor, mean: f64, variance: f64) {
    let samples = values(samples);
    let count = samples.len() as f64;
    let moment = |f: &dyn Fn(f64) -> f64| samples.iter().map(|&x| f(x)).sum::<f64>() / count;
    let spread = moment(&|x| (x - mean).powi(2));
    let fourth = moment(&|x| (x - mean).powi(4));
    let error = (moment(&|x| x) - mean).abs() / (variance / count).sqrt();
    assert!(error < 5.0, "{name}: the mean is {error} standard errors off");
    let error = (spread - variance).abs() / ((fourth - spread * spread) / count).sqrt();
    assert!(error < 5.0, "{name}: the variance is {error} standard errors off");
}

#[test]
fn moments_are_those_of_the_samples() {
    for (seed, family) in (200..).zip(families()) {
        let posterior = &family.posterior;
        let coordinates = family.cases.len() as i64;
        let rows = family.rows();
        let noise = noise(posterior.noise(), [SAMPLES, coordinates], seed);
        let z = posterior.rsample(&rows.expand([SAMPLES, -1], false), &noise);
        let moments =
            values(&posterior.mean(&rows)).into_iter().zip(values(&posterior.variance(&rows)));
        for ((i, case), (mean, variance)) in (0..).zip(family.cases).zip(moments) {
            let name = format!("{posterior:?} at {case:?}");
            check_moments(&name, &z.select(1, i), mean, variance);
        }
        let prior = posterior.prior();
        let z = prior.sample(&noise.select(1, 0).unsqueeze(1));
        check_moments(prior.name(), &z, prior.mean(), prior.variance());
    }
}

#[test]
fn samples_are_a_function_of_the_noise_alone() {
    for name in standard().names() {
        let posterior = standard().get(name).unwrap();
        let rows = random_rows([5, posterior.row_width(3)], 1.0, 7);
        let noise = noise(posterior.noise(), [5, 3], 8);
        assert_eq!(posterior.rsample(&rows, &noise), posterior.rsample(&rows, &noise), "{name}");
    }
}

#[test]
fn a_point_is_its_own_sample_and_mean() {
    let rows = random_rows([4, 3], 1.0, 9);
    let no_noise = noise(Point.noise(), [4, 3], 10);
    assert_eq!(Point.rsample(&rows, &no_noise), rows);
    assert_eq!(Point.mean(&rows), rows);
    assert_eq!(values(&Point.variance(&rows)), [0.0; 12]);
    assert!(Point.log_prob(&rows, &rows).is_none());
    assert!(Point.kl(&rows, &no_noise).value().is_none());
}

/// Raw numbers of every size, and noise up to the last step before 0 and 1.
fn raw() -> impl Strategy<Value = f32> {
    prop_oneof![-3f32..3.0, -30f32..30.0, -1e4f32..1e4, Just(1e4f32), Just(-1e4f32)]
}

fn unit() -> impl Strategy<Value = f32> {
    let step = f32::EPSILON / 2.0;
    prop_oneof![step..1.0 - step, Just(step), Just(1.0 - step)]
}

proptest! {
    #[test]
    fn uniform_samples_stay_inside_the_prior(centre in raw(), width in raw(), u in unit()) {
        for kind in [Kind::Float, Kind::Double] {
            let rows = Tensor::from_slice(&[centre, width]).unsqueeze(0).to_kind(kind);
            let noise = Tensor::from_slice(&[u]).unsqueeze(0).to_kind(kind);
            let z = Uniform.rsample(&rows, &noise);
            prop_assert!(values(&z)[0].abs() < 1.0, "{:?} gave {:?}", rows, z);
            let log_prob = Uniform.log_prob(&rows, &z).unwrap();
            prop_assert!(values(&log_prob)[0].is_finite(), "{:?} lost its own sample", rows);
            let prior = values(&Uniform.prior().log_prob(&z))[0];
            prop_assert!((prior + 2f64.ln()).abs() < 1e-6);
        }
    }
}
