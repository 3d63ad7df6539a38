//! Likelihoods against closed forms and numerical integrals.

use approx::assert_relative_eq;
use autodecoder_models::{Bernoulli, ContinuousBernoulli, Gaussian, Likelihood, Observation};
use tch::{Device, Kind, Tensor};

use crate::gradients::assert_gradient;
use crate::make::{numbers, wave};

/// Around zero, around the switch to the Taylor series, and far out.
const LOGITS: [f64; 17] = [
    -30.0, -10.0, -2.5, -0.3, -0.0501, -0.0499, -0.01, -1e-6, 0.0, 1e-6, 0.01, 0.0499, 0.0501, 0.3,
    2.5, 10.0, 30.0,
];
const PIXELS: [f64; 3] = [0.0, 0.3, 1.0];

fn all() -> Vec<Box<dyn Likelihood>> {
    let mut all = of_pixels();
    all.push(Box::new(Gaussian::fixed(0.5).with_identity_mean()));
    all
}

/// Those whose means lie in [0, 1], whatever the logits.
pub fn of_pixels() -> Vec<Box<dyn Likelihood>> {
    vec![
        Box::new(Bernoulli),
        Box::new(ContinuousBernoulli),
        Box::new(Gaussian::fixed(0.02)),
        Box::new(Gaussian::learned(Device::Cpu)),
    ]
}

/// Nats of images of one pixel.
fn nats(likelihood: &dyn Likelihood, logits: &[f64], pixels: &[f64]) -> Vec<f64> {
    let images = |values: &[f64]| Tensor::from_slice(values).reshape([-1, 1, 1, 1]);
    numbers(&likelihood.negative_log_prob(&images(logits), &images(pixels).into()))
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn bernoulli_equals_its_closed_form() {
    for x in PIXELS {
        for logit in LOGITS {
            // log λ and log(1 − λ) by log1p, which keeps the digits at both ends.
            let (log, log_rest) = (-(-logit).exp().ln_1p(), -logit.exp().ln_1p());
            let expected = -(x * log + (1.0 - x) * log_rest);
            let found = nats(&Bernoulli, &[logit], &[x])[0];
            assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12);
        }
    }
}

#[test]
fn gaussian_equals_its_closed_form() {
    let learned = Gaussian::learned(Device::Cpu);
    let raw = numbers(&learned.named_parameters()[0].1)[0];
    let start = (12.0 * (raw / 12.0).tanh()).exp();
    for (likelihood, variance) in
        [(Gaussian::fixed(0.02), 0.02), (Gaussian::fixed(3.0), 3.0), (learned, start)]
    {
        for x in PIXELS {
            for logit in LOGITS {
                let error = x - sigmoid(logit);
                let log_determinant = (2.0 * std::f64::consts::PI * variance).ln();
                let expected = error * error / (2.0 * variance) + 0.5 * log_determinant;
                // A learned log-variance is f32.
                let found = nats(&likelihood, &[logit], &[x])[0];
                assert_relative_eq!(found, expected, epsilon = 1e-6, max_relative = 1e-6);
            }
        }
    }
}

/// Values of a table are not bounded.
#[test]
fn gaussian_with_an_identity_mean_equals_its_closed_form() {
    let likelihood = Gaussian::fixed(0.7).with_identity_mean();
    for x in [-40.0, -1.0, 0.0, 0.3, 25.0] {
        for logit in LOGITS {
            let log_determinant = (2.0 * std::f64::consts::PI * 0.7).ln();
            let expected = (x - logit).powi(2) / 1.4 + 0.5 * log_determinant;
            let found = nats(&likelihood, &[logit], &[x])[0];
            assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12);
        }
    }
    assert_eq!(numbers(&likelihood.mean(&Tensor::from_slice(&LOGITS))), LOGITS);
}

/// Between two pixels' values lie the values of the pixels between them, for those that say so and
/// for no others.
#[test]
fn a_likelihood_is_affine_in_pixels_where_it_says_so() {
    for likelihood in all() {
        let at = |pixel: f64| nats(likelihood.as_ref(), &LOGITS, &[pixel; LOGITS.len()]);
        let (dark, bright, between) = (at(0.0), at(1.0), at(0.3));
        let apart = dark.iter().zip(&bright).zip(&between).map(|((dark, bright), between)| {
            (0.7 * dark + 0.3 * bright - between).abs() / between.abs().max(1.0)
        });
        let worst = apart.fold(0.0, f64::max);
        assert_eq!(likelihood.is_affine_in_pixels(), worst < 1e-6, "{likelihood:?}: {worst}");
    }
}

/// `∫ f(x) dx` over [0, 1] by Simpson's rule, where `values` are `f` at evenly spaced points.
fn simpson(values: &[f64]) -> f64 {
    let last = values.len() - 1;
    let weight = |i: usize| match i {
        0 => 1.0,
        i if i == last => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let sum: f64 = values.iter().enumerate().map(|(i, value)| weight(i) * value).sum();
    sum / (3 * last) as f64
}

#[test]
fn continuous_bernoulli_is_a_density_with_its_mean() {
    let points: Vec<f64> = (0..=2000).map(|i| f64::from(i) / 2000.0).collect();
    for logit in LOGITS {
        let logits = vec![logit; points.len()];
        let nats = nats(&ContinuousBernoulli, &logits, &points);
        let density: Vec<f64> = nats.iter().map(|nats| (-nats).exp()).collect();
        // Simpson's rule itself is this precise where the density is flat.
        let tolerance = if logit.abs() < 1.0 { 1e-10 } else { 1e-6 };
        assert_relative_eq!(simpson(&density), 1.0, epsilon = tolerance);
        let weighted: Vec<f64> = density.iter().zip(&points).map(|(p, x)| p * x).collect();
        let mean = numbers(&ContinuousBernoulli.mean(&Tensor::from_slice(&[logit])))[0];
        assert_relative_eq!(simpson(&weighted), mean, epsilon = tolerance);
    }
}

#[test]
fn single_precision_keeps_five_digits_around_the_switch() {
    let doubles = Tensor::from_slice(&LOGITS).reshape([-1, 1, 1, 1]);
    let floats = doubles.to_kind(Kind::Float);
    let half = Observation::from(doubles.full_like(0.5));
    for likelihood in all() {
        let precise = numbers(&likelihood.mean(&doubles));
        let coarse = numbers(&likelihood.mean(&floats));
        let precise_nats = numbers(&likelihood.negative_log_prob(&doubles, &half));
        let half = half.pixels.to_kind(Kind::Float).into();
        let coarse_nats = numbers(&likelihood.negative_log_prob(&floats, &half));
        for i in 0..LOGITS.len() {
            assert_relative_eq!(coarse[i], precise[i], epsilon = 1e-5);
            assert_relative_eq!(
                coarse_nats[i],
                precise_nats[i],
                epsilon = 1e-5,
                max_relative = 1e-5
            );
        }
    }
}

#[test]
fn gradients_equal_finite_differences() {
    let mut logits: Vec<f64> = LOGITS.into();
    // A difference across the switch to the series would see the step between the two forms.
    logits.retain(|logit| (logit.abs() - 0.05).abs() > 5e-5);
    let logits = Tensor::from_slice(&logits).reshape([-1, 1, 1, 1]);
    for likelihood in all() {
        for x in PIXELS {
            let pixels = logits.full_like(x).into();
            assert_gradient(&format!("{likelihood:?}"), &logits, |logits| {
                likelihood.negative_log_prob(logits, &pixels)
            });
        }
    }
}

#[test]
fn a_learned_variance_has_the_gradient_of_its_closed_form_wherever_it_is() {
    let (logits, pixels) =
        (wave(&[2, 1, 3, 3], Kind::Double), wave(&[2, 1, 3, 3], Kind::Double).abs());
    let pairs = numbers(&logits).into_iter().zip(numbers(&pixels));
    let squares: f64 = pairs.map(|(l, x)| (sigmoid(l) - x).powi(2)).sum();
    for raw in [-3.0f64, 0.5, -13.0, -40.0, 40.0] {
        let likelihood = Gaussian::learned(Device::Cpu);
        let (_, parameter) = &mut likelihood.named_parameters()[0];
        let _ = parameter.fill_(raw).set_requires_grad(true);
        let nats = likelihood.negative_log_prob(&logits, &(&pixels).into()).sum(Kind::Double);
        let found = Tensor::run_backward(&[nats], &[&*parameter], false, false);
        let log_variance = 12.0 * (raw / 12.0).tanh();
        let slope = 1.0 - (raw / 12.0).tanh().powi(2);
        let expected = slope * (18.0 / 2.0 - squares / (2.0 * log_variance.exp()));
        assert!(expected != 0.0, "stuck at {raw}");
        assert_relative_eq!(numbers(&found[0])[0], expected, max_relative = 1e-3);
    }
}

#[test]
fn an_image_is_the_sum_of_its_pixels_and_no_other() {
    let logits = wave(&[3, 2, 2, 5], Kind::Double);
    let pixels = logits.flip([0]) * 0.5 + 0.5;
    for likelihood in all() {
        let images = likelihood.negative_log_prob(&logits, &(&pixels).into());
        assert_eq!(images.size(), [3], "{likelihood:?}");
        let single = nats(likelihood.as_ref(), &numbers(&logits), &numbers(&pixels));
        for (found, pixels) in numbers(&images).into_iter().zip(single.chunks(20)) {
            let expected: f64 = pixels.iter().sum();
            assert_relative_eq!(found, expected, epsilon = 1e-5, max_relative = 1e-6);
        }
    }
}

#[test]
fn extreme_logits_give_finite_nats_means_and_gradients() {
    for kind in [Kind::Float, Kind::Double] {
        for logit in [1e4, -1e4, 1e30, -1e30] {
            for x in PIXELS {
                let pixels = Tensor::full([1, 1, 1, 1], x, (kind, Device::Cpu));
                let logits = pixels.full_like(logit).set_requires_grad(true);
                for likelihood in of_pixels() {
                    let nats = likelihood.negative_log_prob(&logits, &(&pixels).into());
                    let mean = likelihood.mean(&logits);
                    let objective = nats.sum(kind) + mean.sum(kind);
                    let gradient = Tensor::run_backward(&[&objective], &[&logits], false, false);
                    let message = format!("{likelihood:?} at logit {logit} and pixel {x}");
                    assert!(numbers(&objective)[0].is_finite(), "{message}");
                    assert!(numbers(&gradient[0])[0].is_finite(), "{message}: gradient");
                    let mean = numbers(&mean)[0];
                    assert!((0.0..=1.0).contains(&mean), "{message}: mean {mean}");
                }
            }
        }
    }
}
