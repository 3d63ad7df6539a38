//! Losses and their gradients against loops and central differences in float64.

use autodecoder_kernels::{
    Bernoulli, GaussianLoss, IdentityGaussian, Loss, apply_observed, compact,
};
use proptest::prelude::*;

use crate::make::{assert_close, slopes, wide};

/// `ln(1 + eˡ) − x · l`, without overflow.
fn bernoulli(logit: f64, pixel: f64) -> f64 {
    logit.max(0.0) + (-logit.abs()).exp().ln_1p() - pixel * logit
}

fn gaussian(variance: f64) -> impl Fn(f64, f64) -> f64 {
    move |logit, pixel| {
        let mean = 1.0 / (1.0 + (-logit).exp());
        let scale = (std::f64::consts::TAU * variance).ln();
        (mean - pixel).powi(2) / (2.0 * variance) + 0.5 * scale
    }
}

/// Compares value and gradient; rounding is measured in units of `scale`.
#[track_caller]
fn check(
    loss: &dyn Loss,
    reference: impl Fn(f64, f64) -> f64,
    (logits, pixels): (&[f32], &[f32]),
    scale: f64,
) {
    let (at, wide_pixels) = (wide(logits), wide(pixels));
    let total = |logits: &[f64]| {
        logits.iter().zip(&wide_pixels).map(|(&logit, &pixel)| reference(logit, pixel)).sum::<f64>()
    };
    let mut gradient = logits.to_vec();
    let value = loss.apply(&mut gradient, pixels);
    let expected = total(&at);
    let magnitude: f64 = at.iter().map(|logit| 1.0 + logit.abs()).sum::<f64>() * scale;
    let off = (value - expected).abs();
    assert!(off <= 1e-6 * magnitude + 1e-6 * expected.abs(), "{value}, not {expected}");
    // One logit at a time: a small slope would drown in the sum of large losses.
    let slopes: Vec<f64> = at
        .iter()
        .zip(&wide_pixels)
        .map(|(&logit, &pixel)| slopes(&[logit], 1e-4, |logit| reference(logit[0], pixel))[0])
        .collect();
    assert_close(&gradient, &slopes, 1e-6, 1e-6 * scale);
}

fn pixel() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0f32), Just(1.0), 0.0..=1.0f32]
}

fn logit() -> impl Strategy<Value = f32> {
    prop_oneof![4 => -12.0..12.0f32, 1 => -120.0..120.0f32, 1 => prop::sample::select(edges())]
}

fn edges() -> Vec<f32> {
    let positive = [0.0, f32::MIN_POSITIVE, 1e-30, 1e-4, 17.0, 87.0, 88.0, 89.0, 104.0, 1e4];
    positive.into_iter().flat_map(|logit| [logit, -logit]).collect()
}

/// Images of odd sizes, none at all included.
fn image() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
    prop::collection::vec((logit(), pixel()), 0..70).prop_map(|pairs| pairs.into_iter().unzip())
}

proptest! {
    #[test]
    fn the_bernoulli_loss_equals_a_plain_loop((logits, pixels) in image()) {
        check(&Bernoulli, bernoulli, (&logits, &pixels), 1.0);
    }

    #[test]
    fn the_gaussian_loss_equals_a_plain_loop(
        (logits, pixels) in image(),
        variance in prop::sample::select(vec![1e-6, 0.02, 1.0, 100.0]),
    ) {
        let loss = GaussianLoss { variance };
        check(&loss, gaussian(variance), (&logits, &pixels), 1.0 / variance);
    }
}

/// Values of any size, as in tables.
#[test]
fn the_identity_loss_equals_a_plain_loop() {
    let logits: Vec<f32> = (0..37).map(|i| (1.7 * i as f32).sin() * 5.0).collect();
    let values: Vec<f32> = (0..37).map(|i| (0.9 * i as f32).cos() * 4.0).collect();
    for variance in [0.02, 1.0, 100.0] {
        let scale = (std::f64::consts::TAU * variance).ln();
        let reference =
            |logit: f64, value: f64| (logit - value).powi(2) / (2.0 * variance) + 0.5 * scale;
        let loss = IdentityGaussian { variance };
        check(&loss, reference, (&logits, &values), 1.0 / variance);
    }
}

#[test]
fn extreme_logits_cost_what_they_should() {
    for logit in edges() {
        for pixel in [0.0, 0.25, 1.0] {
            // Alone, in the last place of a block, and behind it.
            for (length, place) in [(1, 0), (16, 15), (17, 16), (35, 20)] {
                let (mut logits, mut pixels) = (vec![0.5; length], vec![0.5; length]);
                (logits[place], pixels[place]) = (logit, pixel);
                check(&Bernoulli, bernoulli, (&logits, &pixels), 1.0);
                let loss = GaussianLoss { variance: 0.1 };
                check(&loss, gaussian(0.1), (&logits, &pixels), 10.0);
            }
        }
    }
}

#[test]
fn a_sure_and_right_guess_costs_nothing_and_a_wrong_one_its_logit() {
    let cases = [(1e4, 1.0, 0.0, 0.0), (-1e4, 0.0, 0.0, 0.0), (1e4, 0.0, 1e4, 1.0)];
    for (logit, pixel, cost, slope) in cases {
        let mut gradient = [logit];
        assert!((Bernoulli.apply(&mut gradient, &[pixel]) - cost).abs() < 1e-30);
        assert_close(&gradient, &[slope], 0.0, 1e-30);
    }
}

#[test]
fn the_largest_logits_leave_no_nan() {
    for logit in [f32::MAX, -f32::MAX] {
        for pixel in [0.0, 0.5, 1.0] {
            for loss in [&Bernoulli as &dyn Loss, &GaussianLoss { variance: 0.02 }] {
                let mut gradient = [logit];
                let value = loss.apply(&mut gradient, &[pixel]);
                assert!(value.is_finite() && gradient[0].is_finite(), "{loss:?} at {logit:e}");
            }
        }
    }
}

/// A diverged run must not look sane.
#[test]
fn a_nan_among_the_logits_makes_the_loss_nan() {
    for loss in [
        &Bernoulli as &dyn Loss,
        &GaussianLoss { variance: 0.02 },
        &IdentityGaussian { variance: 0.02 },
    ] {
        for length in [1, 15, 16, 17, 33] {
            for place in 0..length {
                let mut gradient = vec![0.5; length];
                gradient[place] = f32::NAN;
                assert!(loss.apply(&mut gradient, &vec![1.0; length]).is_nan(), "{loss:?}");
                for (at, slope) in gradient.iter().enumerate() {
                    assert_eq!(slope.is_nan(), at == place, "{loss:?}: {at}, {place}");
                }
            }
        }
    }
}

#[test]
fn an_image_without_pixels_costs_nothing() {
    assert_eq!(Bernoulli.apply(&mut [], &[]), 0.0);
    assert_eq!(GaussianLoss { variance: 0.02 }.apply(&mut [], &[]), 0.0);
}

#[test]
#[should_panic(expected = "each logit needs a pixel")]
fn a_missing_pixel_is_refused() {
    Bernoulli.apply(&mut [0.0; 20], &[0.0; 17]);
}

/// Losses of the observed pixels alone, by the reference; what stands under the mask may be anything.
#[test]
fn a_masked_loss_is_that_of_the_observed_pixels() {
    let logits: Vec<f32> = (0..50).map(|i| (1.7 * i as f32).sin() * 4.0).collect();
    let pixels: Vec<f32> = (0..50).map(|i| (0.9 * i as f32).cos().abs()).collect();
    let masks: [fn(usize) -> bool; 4] = [|i| i % 3 != 1, |i| i > 20, |_| true, |_| false];
    let losses: [&dyn Loss; 2] = [&Bernoulli, &GaussianLoss { variance: 0.1 }];
    for seen in masks {
        let flags: Vec<u8> = (0..50).map(|i| u8::from(seen(i))).collect();
        for loss in losses {
            let pick = |values: &[f32]| -> Vec<f32> {
                (0..50).filter(|&i| seen(i)).map(|i| values[i]).collect()
            };
            let mut expected = pick(&logits);
            let value = loss.apply(&mut expected, &pick(&pixels));
            let mut hidden: Vec<f32> =
                (0..50).map(|i| if seen(i) { pixels[i] } else { f32::NAN }).collect();
            assert_eq!(compact(&mut hidden, &flags), expected.len());
            let mut gradient: Vec<f32> =
                (0..50).map(|i| if seen(i) { logits[i] } else { f32::NAN }).collect();
            assert_eq!(apply_observed(loss, &mut gradient, &hidden, &flags), value);
            assert_eq!(pick(&gradient), expected);
            let missing = (0..50).filter(|&i| !seen(i)).map(|i| gradient[i]);
            assert!(missing.into_iter().all(|slope| slope == 0.0));
        }
    }
}
