//! Distances between images against plain loops.

use approx::assert_relative_eq;
use autodecoder_evaluation::{course_reconstruction_loss, psnr, squared_errors};
use tch::Tensor;

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
fn squared_errors_are_means_over_an_images_pixels() {
    let pair = pair();
    let found = squared_errors(&pair.0, &pair.1);
    assert_eq!(found.size(), [5]);
    for (image, found) in numbers(&found).into_iter().enumerate() {
        let expected = squares(&pair, image as i64).iter().sum::<f64>() / 24.0;
        assert_relative_eq!(found, expected, max_relative = 1e-5);
    }
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
    let found = course_reconstruction_loss(&pair.0, &pair.1);
    assert_relative_eq!(found, sum.sqrt() / 120.0, max_relative = 1e-6);
}

/// torch 2.13.0: `torch.norm(torch.tensor([[3.], [0.]]) - torch.tensor([[0.], [4.]])) / 2` is 2.5.
#[test]
fn the_courses_loss_of_two_pixels() {
    let images = Tensor::from_slice(&[3.0f32, 0.0]).reshape([2, 1, 1, 1]);
    let others = Tensor::from_slice(&[0.0f32, 4.0]).reshape([2, 1, 1, 1]);
    assert_eq!(course_reconstruction_loss(&images, &others), 2.5);
}
