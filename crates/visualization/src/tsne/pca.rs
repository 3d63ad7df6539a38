//! Where a map starts: the first two principal components.

use nalgebra::{DMatrix, SymmetricEigen};

/// Standard deviation of the start's first coordinate, as in scikit-learn and openTSNE. Small, so
/// that the first gradients see no spread-out map that they would have to undo.
const START_DEVIATION: f64 = 1e-4;

/// Centres the columns and divides everything by one number, so that values have mean square 1.
///
/// t-SNE does not change under shifts and a common scale, but squares of 1e30 would overflow.
pub(super) fn standardise(data: &[f32], samples: usize, dimensions: usize) -> Vec<f32> {
    let mut means = vec![0.0f64; dimensions];
    for row in data.chunks_exact(dimensions) {
        for (mean, &value) in means.iter_mut().zip(row) {
            *mean += f64::from(value) / samples as f64;
        }
    }
    let centred = || {
        let columns = means.iter().cycle();
        data.iter().zip(columns).map(|(&value, mean)| f64::from(value) - mean)
    };
    let scale = (centred().map(|value| value * value).sum::<f64>() / data.len() as f64).sqrt();
    let factor = if scale > 0.0 { scale.recip() } else { 0.0 };
    centred().map(|value| (value * factor) as f32).collect()
}

/// The start of the map, `samples × 2`, row after row, from centred data.
///
/// The signs of principal components are arbitrary: each is turned so that its largest entry is
/// positive. A last, far smaller, term separates equal samples, whose gradients would otherwise be equal
/// for ever.
pub(super) fn start(centred: &[f32], samples: usize, dimensions: usize) -> Vec<f32> {
    let axes = principal_axes(centred, samples, dimensions);
    let mut start: Vec<[f64; 2]> = centred
        .chunks_exact(dimensions)
        .map(|row| {
            [0, 1].map(|axis| row.iter().zip(&axes[axis]).map(|(&x, a)| f64::from(x) * a).sum())
        })
        .collect();
    let variance = start.iter().map(|point| point[0] * point[0]).sum::<f64>() / samples as f64;
    let factor = if variance > 0.0 { START_DEVIATION / variance.sqrt() } else { 0.0 };
    for (index, point) in start.iter_mut().enumerate() {
        let offsets = spread(index);
        for axis in [0, 1] {
            point[axis] = point[axis] * factor + offsets[axis] * START_DEVIATION * 1e-2;
        }
    }
    start.into_iter().flatten().map(|value| value as f32).collect()
}

/// The `index`-th point of a low-discrepancy sequence in (−½, ½)² (Roberts' R2): never twice the
/// same, and no generator to seed.
fn spread(index: usize) -> [f64; 2] {
    const STEPS: [f64; 2] = [0.754_877_666_246_693, 0.569_840_290_998_053];
    STEPS.map(|step| (step * (index as f64 + 1.0)).fract() - 0.5)
}

/// Unit vectors of the two directions of largest variance; zero where there are fewer dimensions.
fn principal_axes(centred: &[f32], samples: usize, dimensions: usize) -> [Vec<f64>; 2] {
    let values = centred.iter().map(|&value| f64::from(value));
    let rows = DMatrix::from_iterator(dimensions, samples, values);
    let covariance = &rows * rows.transpose();
    let eigen = SymmetricEigen::new(covariance);
    let mut order: Vec<usize> = (0..dimensions).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]).then(a.cmp(&b)));
    [0, 1].map(|axis| match order.get(axis) {
        Some(&column) => {
            with_fixed_sign(eigen.eigenvectors.column(column).iter().copied().collect())
        }
        None => vec![0.0; dimensions],
    })
}

/// Turns a vector so that its entry of largest magnitude is positive.
fn with_fixed_sign(mut vector: Vec<f64>) -> Vec<f64> {
    let largest = vector.iter().copied().fold(0.0f64, |a, b| if b.abs() > a.abs() { b } else { a });
    if largest < 0.0 {
        vector.iter_mut().for_each(|value| *value = -*value);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_axis_is_the_direction_of_largest_variance() {
        // Points on the line (3, −4)/5 with a little spread across it.
        let data: Vec<f32> = (-10..=10)
            .flat_map(|t| {
                let across = if t % 2 == 0 { 0.1 } else { -0.1 };
                let t = t as f32;
                [3.0 * t + 4.0 * across, -4.0 * t + 3.0 * across]
            })
            .collect();
        let axes = principal_axes(&standardise(&data, 21, 2), 21, 2);
        approx::assert_abs_diff_eq!(axes[0][0], -0.6, epsilon = 1e-3);
        approx::assert_abs_diff_eq!(axes[0][1], 0.8, epsilon = 1e-3);
    }

    #[test]
    fn the_start_has_the_documented_deviation() {
        let data: Vec<f32> = (0..300).map(|i| (i as f32 * 0.7).sin() * 1e20).collect();
        let start = start(&standardise(&data, 100, 3), 100, 3);
        let square = start.chunks(2).map(|point| f64::from(point[0]).powi(2)).sum::<f64>();
        approx::assert_relative_eq!((square / 100.0).sqrt(), 1e-4, max_relative = 0.01);
    }

    #[test]
    fn equal_samples_start_apart() {
        let start = start(&standardise(&[2.5; 30], 10, 3), 10, 3);
        let points: Vec<&[f32]> = start.chunks(2).collect();
        for (i, a) in points.iter().enumerate() {
            assert!(points[..i].iter().all(|b| a != b));
        }
    }
}
