//! The importance-weighted objective of a group: several samples of each row, weighed by what they explain.

use autodecoder_kernels::Wanted;

use super::buffers::{Group, Widths};
use super::engine::LatentStep;
use super::group::Shared;

impl Group<'_> {
    /// As [`Group::descend`], for several samples of each row, with noise in place: the objective and the gradients
    /// of [`weighted`](crate::importance_weighted::weighted).
    pub fn descend_weighted(&mut self, shared: &Shared, step: &LatentStep, wanted: Wanted) {
        let Shared { decoder, parts, .. } = shared;
        let latent_dim = self.widths.latent;
        let posterior = parts.posterior.as_ref();
        self.repeat_rows();
        posterior.sample(self.weighing.rows, self.noise, latent_dim, self.chunk.input(), self.kl);
        posterior.log_ratio(
            self.weighing.rows,
            self.noise,
            latent_dim,
            self.weighing.ratio,
            self.weighing.ratio_gradient,
        );
        decoder.forward(&mut self.chunk);
        self.measure(parts.loss.as_ref(), shared.images.observed);
        let ratio_weight = parts.beta * step.regulariser_weight;
        self.weigh(ratio_weight);
        decoder.backward(&mut self.chunk, wanted);
        self.weigh_gradients(ratio_weight as f32);
        posterior.gradient(
            self.weighing.rows,
            self.noise,
            latent_dim,
            self.z_gradient,
            0.0,
            self.weighing.gradient,
        );
        self.add_gradients();
    }

    fn repeat_rows(&mut self) {
        let Widths { row, samples, .. } = self.widths;
        let rows = self.rows.chunks_exact(row);
        for (row, repeated) in rows.zip(self.weighing.rows.chunks_exact_mut(row * samples)) {
            repeated.chunks_exact_mut(row.len()).for_each(|copy| copy.copy_from_slice(row));
        }
    }

    /// Leaves each row's terms in place, of the last two their means over samples. Puts each sample's share of its
    /// row's weights in the place of its loss, and weighs the output's gradient by it.
    fn weigh(&mut self, ratio_weight: f64) {
        let Widths { pixels, samples, .. } = self.widths;
        let ratios = self.weighing.ratio.chunks_exact(samples);
        let rows = self.losses.chunks_exact_mut(samples).zip(ratios);
        for (terms, (weights, ratios)) in self.terms.iter_mut().zip(rows) {
            let reconstruction = weights.iter().sum::<f64>() / samples as f64;
            let ratio = ratios.iter().map(|&ratio| f64::from(ratio)).sum::<f64>() / samples as f64;
            for (weight, &ratio) in weights.iter_mut().zip(ratios) {
                *weight = ratio_weight * f64::from(ratio) - *weight;
            }
            *terms = [(samples as f64).ln() - normalise(weights), reconstruction, -ratio];
        }
        let (_, gradient) = self.chunk.output();
        for (gradient, &weight) in gradient.chunks_exact_mut(pixels).zip(&*self.losses) {
            gradient.iter_mut().for_each(|value| *value *= weight as f32);
        }
    }

    /// The gradients of `z` that move the rows: what comes from the decoder is weighed by the share already.
    fn weigh_gradients(&mut self, ratio_weight: f32) {
        let width = self.widths.latent;
        let from_decoder = self.chunk.input_gradient().chunks_exact(width);
        let from_ratio = self.weighing.ratio_gradient.chunks_exact(width);
        let weights = self.losses.iter().map(|&weight| weight as f32);
        let outputs = self.z_gradient.chunks_exact_mut(width).zip(weights);
        for ((output, weight), (decoder, ratio)) in outputs.zip(from_decoder.zip(from_ratio)) {
            let again = 1.0 - ratio_weight + ratio_weight * weight;
            for ((output, &decoder), &ratio) in output.iter_mut().zip(decoder).zip(ratio) {
                *output = again * (decoder - weight * ratio_weight * ratio);
            }
        }
    }

    fn add_gradients(&mut self) {
        let Widths { row, samples, .. } = self.widths;
        self.gradient.fill(0.0);
        let each = self.weighing.gradient.chunks_exact(row * samples);
        for (sum, gradients) in self.gradient.chunks_exact_mut(row).zip(each) {
            for gradient in gradients.chunks_exact(row) {
                sum.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
            }
        }
    }
}

/// A share below it counts for nothing in a sum of f32. Its products could be subnormal numbers, for which
/// Intel's processors take a hundred times as long.
const NEGLIGIBLE: f64 = 1e-20;

/// Logarithms to shares of the sum, whose own logarithm is returned. NaN where one of them is NaN.
fn normalise(logarithms: &mut [f64]) -> f64 {
    let highest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logarithms.iter().map(|value| (value - highest).exp()).sum();
    for value in logarithms {
        let share = (*value - highest).exp() / sum;
        *value = if share < NEGLIGIBLE { 0.0 } else { share };
    }
    highest + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_extremes_do_not_overflow() {
        let mut weights = [-1000.0, -1000.0 + 3f64.ln()];
        assert!((normalise(&mut weights) - (-1000.0 + 4f64.ln())).abs() < 1e-12);
        assert!((weights[0] - 0.25).abs() < 1e-12 && (weights[1] - 0.75).abs() < 1e-12);
        let mut weights = [0.0, -60.0];
        normalise(&mut weights);
        assert_eq!(weights, [1.0, 0.0]);
        let mut weights = [0.0, f64::NAN];
        assert!(normalise(&mut weights).is_nan() && weights[0].is_nan());
    }
}
