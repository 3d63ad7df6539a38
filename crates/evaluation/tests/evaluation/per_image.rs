//! Distances between images against plain loops.

use approx::assert_relative_eq;
use autodecoder_evaluation::{course_reconstruction_loss, psnr, squared_errors};
use autodecoder_models::Observation;
use tch::{Device, Kind, Tensor};

use crate::make::{numbers, wave};

fn pair() -> (Tensor, Tensor) {
    (wave(&[5, 2, 3, 4], 0.0).abs(), wave(&[5, 2, 3, 4], 1.0).abs())
}

/// Squared differences of one image.
fn squares(pair: &(Tensor, Tensor), image: i64) -> Vec<f64> {
    let (a, b) = (numbers(&pair.0.get(image)), numbers(&pair.1.get(image)));
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).collect()
}

#[test]
fn squared_errors_are_sums_over_an_images_pixels() {
    let pair = pair();
    let (found, counts) = squared_errors(&Observation::from(&pair.0), &pair.1);
    assert_eq!((found.size(), numbers(&counts)), (vec![5], vec![24.0; 5]));
    for (image, found) in numbers(&found).into_iter().enumerate() {
        let expected = squares(&pair, image as i64).iter().sum::<f64>();
        assert_relative_eq!(found, expected, max_relative = 1e-5);
    }
}

/// Every third pixel is missing, and holds NaN.
#[test]
fn only_observed_pixels_count() {
    let pair = pair();
    let place = Tensor::arange(120, (Kind::Int64, Device::Cpu)).reshape([5, 2, 3, 4]);
    let missing = place.remainder(3).eq(1);
    let pixels = pair.0.masked_fill(&missing, f64::NAN);
    let images = Observation { pixels, observed: Some(missing.logical_not()) };
    let (found, counts) = squared_errors(&images, &pair.1);
    assert_eq!(numbers(&counts), [16.0; 5]);
    let mut total = 0.0;
    for (image, found) in numbers(&found).into_iter().enumerate() {
        let squares = squares(&pair, image as i64).into_iter().enumerate();
        let observed = squares.filter(|(pixel, _)| (24 * image + pixel) % 3 != 1);
        let expected = observed.map(|(_, square)| square).sum::<f64>();
        assert_relative_eq!(found, expected, max_relative = 1e-5);
        total += expected;
    }
    let loss = course_reconstruction_loss(&images, &pair.1);
    assert_relative_eq!(loss, total.sqrt() / 80.0, max_relative = 1e-5);
}

#[test]
fn psnr_is_decibels_below_one() {
    let errors = [1.0, 0.1, 0.01, 1e-4, 1e-10, 1e-12, 0.0];
    let found = numbers(&psnr(&Tensor::from_slice(&errors)));
    for (found, expected) in found.into_iter().zip([0.0, 10.0, 20.0, 40.0, 100.0, 100.0, 100.0]) {
        assert_relative_eq!(found, expected, epsilon = 1e-9);
    }
}

#[test]
fn the_courses_loss_is_the_root_of_the_sum_over_the_count() {
    let pair = pair();
    let sum: f64 = (0..5).flat_map(|image| squares(&pair, image)).sum();
    let found = course_reconstruction_loss(&Observation::from(&pair.0), &pair.1);
    assert_relative_eq!(found, sum.sqrt() / 120.0, max_relative = 1e-6);
}

/// torch 2.13.0: `torch.norm(torch.tensor([[3.], [0.]]) - torch.tensor([[0.], [4.]])) / 2` is 2.5.
#[test]
fn the_courses_loss_of_two_pixels() {
    let images = Tensor::from_slice(&[3.0f32, 0.0]).reshape([2, 1, 1, 1]);
    let others = Tensor::from_slice(&[0.0f32, 4.0]).reshape([2, 1, 1, 1]);
    assert_eq!(course_reconstruction_loss(&images.into(), &others), 2.5);
}
