//! The cost that t-SNE minimises, without approximation.

use rayon::prelude::*;

use super::{check_map, options::check_perplexity};
use crate::error::{Error, Result};

/// How far the entropy of a row may lie from the logarithm of the perplexity, in nats.
const ENTROPY_TOLERANCE: f64 = 1e-10;

/// KL divergence of a map from its data, in nats: `Σ p ln(p / q)` over all ordered pairs of samples.
///
/// - `p(j|i) ∝ exp(−βᵢ ‖xᵢ − xⱼ‖²)` over `j ≠ i`, with `βᵢ` such that its entropy is
///   `ln perplexity`; `p(i, j) = (p(j|i) + p(i|j)) / 2N`.
/// - `q(i, j) ∝ 1 / (1 + ‖yᵢ − yⱼ‖²)` over `i ≠ j`.
///
/// (van der Maaten and Hinton, 2008, equations 1, 4 and 5.) All in double precision, over all
/// `samples²` pairs, in memory proportional to `samples`. Use it to compare maps of the *same* data and
/// perplexity.
///
/// `data` holds `samples × dimensions` numbers, row after row; `points` one point per sample.
///
/// # Errors
///
/// [`Error::Length`], [`Error::Empty`] and [`Error::NotFinite`] for data or points of the wrong length or
/// with a NaN or an infinity; [`Error::Range`] for a perplexity of 1 or less;
/// [`Error::PerplexityTooLarge`] unless `3 × perplexity < samples − 1`.
pub fn exact_kl(
    data: &[f32],
    samples: usize,
    dimensions: usize,
    points: &[[f32; 2]],
    perplexity: f64,
) -> Result<f64> {
    check_map(data, samples, dimensions, points)?;
    if perplexity.is_nan() || perplexity <= 1.0 {
        return Err(Error::Range {
            what: "t-SNE perplexity",
            found: perplexity,
            expected: "above 1",
        });
    }
    check_perplexity(perplexity, samples)?;
    let scaled = super::pca::standardise(data, samples, dimensions);
    Ok(divergence(&scaled, dimensions, points, perplexity))
}

/// [`exact_kl`] of checked, standardised data.
pub(super) fn divergence(
    data: &[f32],
    dimensions: usize,
    points: &[[f32; 2]],
    perplexity: f64,
) -> f64 {
    let rows: Vec<&[f32]> = data.chunks_exact(dimensions).collect();
    let kernels: Vec<Kernel> = (0..rows.len())
        .into_par_iter()
        .map(|index| Kernel::fit(&squared_distances(&rows, index), index, perplexity))
        .collect();
    let sums: Vec<RowSums> =
        (0..rows.len()).into_par_iter().map(|i| row_sums(&rows, points, &kernels, i)).collect();
    // Summed in order, so that the result does not depend on the threads.
    let total = sums.iter().fold(RowSums::default(), |a, b| RowSums {
        p_log_p: a.p_log_p + b.p_log_p,
        p_log_weight: a.p_log_weight + b.p_log_weight,
        weight: a.weight + b.weight,
    });
    // ln q = ln weight − ln Σ weight, and the p sum to one.
    total.p_log_p - total.p_log_weight + total.weight.ln()
}

/// One sample's conditional distribution over the others.
struct Kernel {
    /// Inverse bandwidth.
    beta: f64,
    /// Smallest squared distance to another sample; exponents are taken relative to it.
    nearest: f64,
    /// Sum of the exponentials.
    normaliser: f64,
}

impl Kernel {
    /// Finds `β` by Newton steps on `ln β`, kept inside a bracket that bisection narrows.
    fn fit(squares: &[f64], index: usize, perplexity: f64) -> Kernel {
        let others = || squares.iter().enumerate().filter(|(j, _)| *j != index).map(|(_, &d)| d);
        let nearest = others().fold(f64::INFINITY, f64::min);
        let mean = others().map(|d| d - nearest).sum::<f64>() / (squares.len() as f64 - 1.0);
        // Entropy falls as β grows. Equal distances give ln(N − 1) whatever β is: take any.
        let middle = if mean > 0.0 { -mean.ln() } else { 0.0 };
        let (mut low, mut high) = (middle - 30.0, middle + 60.0);
        let mut log_beta = middle + 1.0;
        let mut kernel = Kernel { beta: log_beta.exp(), nearest, normaliser: 1.0 };
        for _ in 0..200 {
            kernel.beta = log_beta.exp();
            let (excess, slope) = kernel.evaluate(others(), perplexity);
            if excess.abs() < ENTROPY_TOLERANCE || high - low < 1e-14 {
                break;
            }
            if excess > 0.0 {
                low = log_beta
            } else {
                high = log_beta
            }
            let newton = log_beta - excess / slope;
            let inside = newton > low && newton < high;
            log_beta = if inside { newton } else { 0.5 * (low + high) };
        }
        kernel
    }

    /// Sets the normaliser; returns the entropy minus `ln perplexity`, and its derivative by
    /// `ln β`, which is `−β²` times the variance of the squared distance.
    fn evaluate(&mut self, squares: impl Iterator<Item = f64>, perplexity: f64) -> (f64, f64) {
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        for square in squares {
            let exponent = self.beta * (square - self.nearest);
            let weight = (-exponent).exp();
            sum += weight;
            first += weight * exponent;
            second += weight * exponent * exponent;
        }
        self.normaliser = sum;
        let mean = first / sum;
        (sum.ln() + mean - perplexity.ln(), mean * mean - second / sum)
    }

    /// `p(j|i)` of a sample at this squared distance.
    fn probability(&self, square: f64) -> f64 {
        (-self.beta * (square - self.nearest)).exp() / self.normaliser
    }
}

/// Sums over the pairs `(i, j)` of one `i`.
#[derive(Default)]
struct RowSums {
    p_log_p: f64,
    p_log_weight: f64,
    weight: f64,
}

fn row_sums(rows: &[&[f32]], points: &[[f32; 2]], kernels: &[Kernel], i: usize) -> RowSums {
    let mut sums = RowSums::default();
    let scale = 0.5 / rows.len() as f64;
    for j in (0..rows.len()).filter(|&j| j != i) {
        let square = squared_distance(rows[i], rows[j]);
        let p = scale * (kernels[i].probability(square) + kernels[j].probability(square));
        let weight = (1.0 + squared_distance(&points[i], &points[j])).recip();
        sums.weight += weight;
        // p ln p tends to 0 with p, and an underflow to 0 must not become NaN.
        if p > 0.0 {
            sums.p_log_p += p * p.ln();
            sums.p_log_weight += p * weight.ln();
        }
    }
    sums
}

/// Squared Euclidean distances of all rows from one of them.
pub(super) fn squared_distances(rows: &[&[f32]], index: usize) -> Vec<f64> {
    rows.iter().map(|other| squared_distance(rows[index], other)).collect()
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum()
}
