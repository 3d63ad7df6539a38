//! What happens to a group of rows, from gathering them to their last move.

use autodecoder_kernels::{Loss, Reparameterisation, Update, Wanted, apply_observed};

use super::buffers::{Group, Widths};
use super::engine::LatentStep;
use super::images::ImageSlices;
use super::side::Pass;
use super::tables::Tables;
use crate::BatchNoise;

/// What all groups of a batch read.
pub(super) struct Shared<'a> {
    pub images: ImageSlices<'a>,
    pub decoder: Pass<'a>,
    pub parts: &'a Parts,
    pub noise: &'a BatchNoise<'a>,
    pub wanted: Wanted,
}

/// What a model and its rows' optimiser consist of besides networks.
#[derive(Debug)]
pub(super) struct Parts {
    pub loss: Box<dyn Loss>,
    pub posterior: Box<dyn Reparameterisation>,
    pub rule: Box<dyn Update>,
    /// Weight of the KL term in the regulariser.
    pub beta: f64,
    /// Weight of `‖z‖²` in the regulariser.
    pub l2: f64,
}

/// Objective, reconstruction and KL, in nats.
pub(super) type Terms = [f64; 3];

impl Group<'_> {
    /// Copies the rows at the group's indices, with what belongs to them, and their images.
    pub fn gather(&mut self, tables: &Tables<&[f32]>, images: &ImageSlices) {
        let Widths { row, pixels, .. } = self.widths;
        self.indices.gather(tables.rows, row, self.rows);
        for (table, slot) in tables.state.iter().zip(&mut self.state) {
            self.indices.gather(table, row, slot);
        }
        self.indices.gather(tables.steps, 1, self.steps);
        images.gather(self.indices, pixels, self.pixels);
        images.compact(self.indices, pixels, self.pixels);
    }

    /// Takes all latent steps; the last one's terms stay in place.
    pub fn fit(&mut self, shared: &Shared, steps: &[LatentStep]) {
        for (number, step) in steps.iter().enumerate() {
            let last = number + 1 == steps.len();
            let wanted = if last { shared.wanted } else { Wanted::Input };
            self.descend(shared, number as u64, step, wanted);
            self.move_rows(shared.parts.rule.as_ref(), step.rate);
        }
    }

    /// Leaves the rows' gradients and terms in the latent step `number` in place.
    pub fn descend(&mut self, shared: &Shared, number: u64, step: &LatentStep, wanted: Wanted) {
        let columns = self.widths.latent * self.widths.samples;
        shared.noise.fill(number, self.first_noise, columns, self.noise);
        if self.widths.samples > 1 {
            return self.descend_weighted(shared, step, wanted);
        }
        let Shared { decoder, parts, .. } = shared;
        let latent_dim = self.widths.latent;
        parts.posterior.sample(self.rows, self.noise, latent_dim, self.chunk.input(), self.kl);
        decoder.forward(&mut self.chunk);
        self.measure(parts.loss.as_ref(), shared.images.observed);
        self.add_up(parts, step.regulariser_weight);
        decoder.backward(&mut self.chunk, wanted);
        self.z_gradient.copy_from_slice(self.chunk.input_gradient());
        self.penalise(parts.l2, step.regulariser_weight);
        parts.posterior.gradient(
            self.rows,
            self.noise,
            latent_dim,
            self.z_gradient,
            (parts.beta * step.regulariser_weight) as f32,
            self.gradient,
        );
    }

    /// Each row's terms, from its loss, its KL and `‖z‖²`.
    fn add_up(&mut self, parts: &Parts, weight: f64) {
        let latents = self.chunk.input().chunks_exact(self.widths.latent);
        let rows = self.losses.iter().zip(&*self.kl).zip(latents);
        for (terms, ((&reconstruction, &kl), z)) in self.terms.iter_mut().zip(rows) {
            let kl = f64::from(kl);
            let regulariser = parts.beta * kl + penalty(parts.l2, z);
            *terms = [reconstruction + weight * regulariser, reconstruction, kl];
        }
    }

    /// Leaves each sample's loss in place; its gradient takes the place of the output's.
    pub fn measure(&mut self, loss: &dyn Loss, observed: Option<&[u8]>) {
        let Widths { pixels: width, samples, .. } = self.widths;
        let (logits, gradient) = self.chunk.output();
        gradient.copy_from_slice(logits);
        let images = gradient
            .chunks_exact_mut(width * samples)
            .zip(self.losses.chunks_exact_mut(samples))
            .zip(self.pixels.chunks_exact(width));
        let mut flags = observed.map(|observed| self.indices.rows(observed, width));
        for ((logits, losses), pixels) in images {
            let flags = flags.as_mut().and_then(Iterator::next);
            for (logits, value) in logits.chunks_exact_mut(width).zip(losses) {
                *value = match flags {
                    None => loss.apply(logits, pixels),
                    Some(flags) => apply_observed(loss, logits, pixels, flags),
                };
            }
        }
    }

    /// Adds the gradient of `l2 · ‖z‖²`, weighted, to that of the latents.
    fn penalise(&mut self, l2: f64, weight: f64) {
        if l2 == 0.0 {
            return;
        }
        let factor = (2.0 * l2 * weight) as f32;
        let latents = self.z_gradient.iter_mut().zip(&*self.chunk.input());
        latents.for_each(|(gradient, &z)| *gradient += factor * z);
    }

    fn move_rows(&mut self, rule: &dyn Update, rate: f64) {
        let width = self.widths.row;
        let rows = self.rows.chunks_exact_mut(width).zip(self.gradient.chunks_exact(width));
        let mut state: Vec<_> =
            self.state.iter_mut().map(|slot| slot.chunks_exact_mut(width)).collect();
        let mut slots = Vec::with_capacity(state.len());
        for ((values, gradient), steps) in rows.zip(&mut *self.steps) {
            slots.clear();
            slots.extend(state.iter_mut().filter_map(Iterator::next));
            *steps += 1.0;
            rule.update(values, gradient, &mut slots, f64::from(*steps), rate);
        }
    }
}

/// `l2 · ‖z‖²`.
fn penalty(l2: f64, z: &[f32]) -> f64 {
    // Infinite latents times nothing would be NaN.
    if l2 == 0.0 {
        return 0.0;
    }
    l2 * z.iter().map(|&z| f64::from(z) * f64::from(z)).sum::<f64>()
}
