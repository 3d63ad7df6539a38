//! Masked pixels: they count nothing, whatever they hold.

use approx::assert_relative_eq;
use autodecoder_models::Observation;
use tch::{Device, Kind, Tensor};

use crate::likelihoods::of_pixels;
use crate::make::{numbers, wave};

const SHAPE: [i64; 4] = [3, 2, 2, 5];

/// Images in which every third pixel is missing and holds `fill`; the last image has none at all.
fn images(fill: f64) -> Observation {
    let pixels = wave(&SHAPE, Kind::Double).abs();
    let missing = Tensor::arange(60, (Kind::Int64, Device::Cpu)).remainder(3).eq(0).reshape(SHAPE);
    let _ = missing.narrow(0, 2, 1).fill_(1);
    let pixels = pixels.masked_fill(&missing, fill);
    Observation { pixels, observed: Some(missing.logical_not()) }
}

#[test]
fn only_observed_pixels_are_summed() {
    let logits = wave(&SHAPE, Kind::Double).flip([0]);
    for likelihood in of_pixels() {
        let pixels = likelihood.pixel_nats(&logits, &images(0.0).pixels);
        let each = numbers(&pixels);
        let sum = |image: usize| -> f64 {
            let observed =
                (0..20).filter(|pixel| image < 2 && !(20 * image + pixel).is_multiple_of(3));
            observed.map(|pixel| each[20 * image + pixel]).sum()
        };
        let found = numbers(&likelihood.negative_log_prob(&logits, &images(0.7)));
        for (image, found) in found.iter().enumerate() {
            assert_relative_eq!(*found, sum(image), epsilon = 1e-9, max_relative = 1e-6);
        }
    }
}

#[test]
fn neither_nats_nor_gradients_see_what_a_missing_pixel_holds() {
    for likelihood in of_pixels() {
        let outcome = |fill: f64| {
            let logits = wave(&SHAPE, Kind::Double).set_requires_grad(true);
            let nats = likelihood.negative_log_prob(&logits, &images(fill));
            let gradient =
                Tensor::run_backward(&[nats.sum(Kind::Double)], &[&logits], false, false).remove(0);
            (numbers(&nats), numbers(&gradient))
        };
        let expected = outcome(0.0);
        for fill in [1.0, f64::NAN, f64::INFINITY, -1e300] {
            assert_eq!(outcome(fill), expected, "{likelihood:?} with {fill}");
        }
        let missing = |pixel: usize| pixel >= 40 || pixel.is_multiple_of(3);
        for (pixel, gradient) in expected.1.iter().enumerate() {
            assert_eq!(*gradient == 0.0, missing(pixel), "{likelihood:?}: pixel {pixel}");
        }
    }
}

#[test]
fn filling_and_masks_follow_the_observed_pixels() {
    let images = images(f64::NAN);
    assert_eq!(images.len(), 3);
    let filled = numbers(&images.zero_filled());
    let mask = numbers(&images.mask());
    for (pixel, (value, observed)) in filled.iter().zip(&mask).enumerate() {
        let expected = f64::from(u8::from(pixel < 40 && !pixel.is_multiple_of(3)));
        assert_eq!(*observed, expected);
        assert!(value.is_finite() && (*observed == 1.0 || *value == 0.0));
    }
    let complete = Observation::from(wave(&SHAPE, Kind::Float));
    assert_eq!(numbers(&complete.mask()), vec![1.0; 60]);
    assert_eq!(numbers(&complete.zero_filled()), numbers(&complete.pixels));
}
