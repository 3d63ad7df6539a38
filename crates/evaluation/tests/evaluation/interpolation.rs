//! Straight lines between latents.

use approx::assert_relative_eq;
use autodecoder_evaluation::interpolate;

use crate::make::{numbers, wave};

#[test]
fn ends_are_exact_and_points_evenly_spaced() {
    let (from, to) = (wave(&[4], 0.0), wave(&[4], 2.0) * 10.0);
    let (first, last) = (numbers(&from), numbers(&to));
    for between in [0, 1, 5] {
        let points = interpolate(&from, &to, between);
        assert_eq!(points.size(), [i64::from(between) + 2, 4]);
        let points: Vec<f64> = numbers(&points);
        let points: Vec<&[f64]> = points.chunks(4).collect();
        assert_eq!(points[0], first);
        assert_eq!(points[points.len() - 1], last);
        for (i, point) in points.iter().enumerate() {
            let t = i as f64 / f64::from(between + 1);
            for ((found, a), b) in point.iter().zip(&first).zip(&last) {
                assert_relative_eq!(*found, a + t * (b - a), epsilon = 1e-5);
            }
        }
    }
}
