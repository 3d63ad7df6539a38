//! Principal components against what defines them.

use approx::assert_relative_eq;
use autodecoder_data::{ImageSet, ImageShape};
use autodecoder_training::{DeviceImages, Pca};
use tch::Device;

use crate::make::numbers;

const PIXELS: usize = 12;

/// Images whose pixels vary independently, each pixel more than the one before it: directions of
/// different variance, none of them degenerate.
fn images(count: usize) -> DeviceImages {
    let pixel = |i: usize| (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
    let pixels = (0..count * PIXELS).map(|i| (pixel(i) as usize * (i % PIXELS + 4) / 16) as u8);
    let shape = ImageShape::grey(3, 4);
    let set = ImageSet::new(shape, pixels.collect(), vec![0; count]).unwrap();
    DeviceImages::new(&set, Device::Cpu)
}

/// Pixels in [0, 1], one vector an image.
fn vectors(images: &DeviceImages) -> Vec<Vec<f64>> {
    let flat = numbers(&images.range(0, images.len()).pixels);
    flat.chunks(images.shape().numel() as usize).map(<[f64]>::to_vec).collect()
}

fn columns(scores: &tch::Tensor) -> Vec<Vec<f64>> {
    (0..scores.size()[1]).map(|column| numbers(&scores.select(1, column))).collect()
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>() / a.len() as f64
}

/// The covariance matrix's largest eigenvalue, by power iteration.
fn largest_eigenvalue(vectors: &[Vec<f64>]) -> f64 {
    let pixels = vectors[0].len();
    let column = |j: usize| vectors.iter().map(|x| x[j]).collect::<Vec<f64>>();
    let columns: Vec<Vec<f64>> = (0..pixels).map(column).collect();
    let matrix: Vec<Vec<f64>> = (0..pixels)
        .map(|i| (0..pixels).map(|j| covariance(&columns[i], &columns[j])).collect())
        .collect();
    let mut direction = vec![1.0; pixels];
    let mut eigenvalue = 0.0;
    for _ in 0..2000 {
        let product: Vec<f64> =
            matrix.iter().map(|row| row.iter().zip(&direction).map(|(a, b)| a * b).sum()).collect();
        eigenvalue = product.iter().map(|x| x * x).sum::<f64>().sqrt();
        direction = product.iter().map(|x| x / eigenvalue).collect();
    }
    eigenvalue
}

#[test]
fn two_pixels_on_a_line_have_one_component() {
    // Pixels (0, 0), (51, 102), (102, 204): a line in the direction (1, 2) / √5.
    let pixels = vec![0, 0, 51, 102, 102, 204];
    let set = ImageSet::new(ImageShape::grey(1, 2), pixels, vec![0; 3]).unwrap();
    let images = DeviceImages::new(&set, Device::Cpu);
    let scores = Pca::fit(&images, 1).scores(&images);
    assert_eq!(scores.size(), [3, 1]);
    // Evenly spaced, mean 0, variance 1, rising with the larger entry of the direction.
    let expected = [-(1.5f64.sqrt()), 0.0, 1.5f64.sqrt()];
    for (found, expected) in numbers(&scores).into_iter().zip(expected) {
        assert_relative_eq!(found, expected, epsilon = 1e-5);
    }
}

#[test]
fn all_components_keep_distances_and_the_first_has_unit_variance() {
    let images = images(40);
    let vectors = vectors(&images);
    let scores = Pca::fit(&images, PIXELS as i64).scores(&images);
    let unit = largest_eigenvalue(&vectors);
    let distance =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    for (i, j) in [(0, 1), (3, 17), (20, 39)] {
        let found = distance(&numbers(&scores.get(i)), &numbers(&scores.get(j)));
        let expected = distance(&vectors[i as usize], &vectors[j as usize]) / unit;
        assert_relative_eq!(found, expected, max_relative = 1e-4);
    }
    assert_relative_eq!(
        covariance(&columns(&scores)[0], &columns(&scores)[0]),
        1.0,
        epsilon = 1e-4
    );
}

#[test]
fn components_are_uncorrelated_and_fall_in_variance() {
    let images = images(40);
    let columns = columns(&Pca::fit(&images, 5).scores(&images));
    for (i, a) in columns.iter().enumerate() {
        for b in &columns[..i] {
            assert!(covariance(a, b).abs() < 1e-5);
            assert!(covariance(b, b) >= covariance(a, a));
        }
        assert_relative_eq!(a.iter().sum::<f64>() / 40.0, 0.0, epsilon = 1e-5);
    }
}

#[test]
fn whitened_scores_have_unit_variance() {
    let images = images(40);
    let pca = Pca::fit(&images, 4);
    assert_eq!(pca.components(), 4);
    for column in columns(&pca.whitened_scores(&images)) {
        assert_relative_eq!(covariance(&column, &column), 1.0, epsilon = 1e-3);
    }
}

/// The covariance of a score with a pixel has the sign of the pixel's entry in the direction.
#[test]
fn the_largest_entry_of_a_direction_is_positive() {
    let images = images(40);
    let vectors = vectors(&images);
    for score in columns(&Pca::fit(&images, 8).scores(&images)) {
        let pixel = |j: usize| vectors.iter().map(|x| x[j]).collect::<Vec<f64>>();
        let entries = (0..PIXELS).map(|j| covariance(&score, &pixel(j)));
        let largest = entries.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
        assert!(largest > 0.0, "{largest}");
    }
}

#[test]
fn several_chunks_are_one_set() {
    let images = images(9000);
    let columns = columns(&Pca::fit(&images, PIXELS as i64).scores(&images));
    let total: f64 = columns.iter().map(|column| covariance(column, column)).sum();
    let vectors = vectors(&images);
    let pixel = |j: usize| vectors.iter().map(|x| x[j]).collect::<Vec<f64>>();
    let trace: f64 = (0..PIXELS).map(|j| covariance(&pixel(j), &pixel(j))).sum();
    assert_relative_eq!(total, trace / largest_eigenvalue(&vectors), max_relative = 1e-4);
}

#[test]
fn identical_images_give_zeros_and_too_many_components_are_cut() {
    let set = ImageSet::new(ImageShape::grey(1, 3), [9, 99, 200].repeat(5), vec![0; 5]).unwrap();
    let images = DeviceImages::new(&set, Device::Cpu);
    let pca = Pca::fit(&images, 10);
    assert_eq!(pca.components(), 3);
    for scores in [pca.scores(&images), pca.whitened_scores(&images)] {
        assert!(numbers(&scores).iter().all(|score| score.abs() < 0.01), "{scores}");
    }
}
