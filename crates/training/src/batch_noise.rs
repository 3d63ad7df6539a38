//! The noise of a batch's latent steps.

use autodecoder_distributions::Noise;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Tensor};

use crate::Streams;
use crate::noise::{draw, placed};

/// Rows that share a stream. A thread handles so many at a time, or several times as many.
pub(crate) const GROUP: usize = 16;

/// Where the noise of a batch comes from. The rows of a batch are cut into groups of 16, and each
/// group has a stream of its own in each latent step: the numbers do not depend on who draws them
/// first.
#[derive(Debug, Clone, Copy)]
pub struct BatchNoise<'a> {
    streams: &'a Streams,
    name: &'static str,
    counters: &'a [u64],
    kind: Noise,
    silent: bool,
    first_step: u64,
}

impl<'a> BatchNoise<'a> {
    /// Noise of a kind from the streams `name` at `counters`, latent step and group.
    pub fn new(
        streams: &'a Streams,
        name: &'static str,
        counters: &'a [u64],
        kind: Noise,
    ) -> BatchNoise<'a> {
        BatchNoise { streams, name, counters, kind, silent: false, first_step: 0 }
    }

    /// The noise's median in place of every draw, where `silent` holds.
    #[must_use]
    pub fn silenced(self, silent: bool) -> BatchNoise<'a> {
        BatchNoise { silent, ..self }
    }

    /// The noise of the latent steps from `first_step` on, which are counted from 0 there.
    #[must_use]
    pub fn from_step(self, first_step: u64) -> BatchNoise<'a> {
        BatchNoise { first_step, ..self }
    }

    /// Writes the noise of the groups from `first` on in one latent step, `columns` values for each row.
    pub(crate) fn fill(&self, latent_step: u64, first: usize, columns: usize, values: &mut [f32]) {
        let groups = values.chunks_mut(GROUP * columns).zip(first..);
        groups.for_each(|(values, group)| self.fill_group(latent_step, group, values));
    }

    fn fill_group(&self, latent_step: u64, group: usize, values: &mut [f32]) {
        match (self.kind, self.silent) {
            (Noise::None | Noise::Normal, true) => values.fill(0.0),
            (Noise::Uniform, true) => values.fill(0.5),
            (kind, false) => draw(kind, &mut self.rng(latent_step, group), values),
        }
    }

    /// The noise of all rows in one latent step, `[rows, columns]` on `device`.
    pub fn tensor(&self, latent_step: u64, rows: i64, columns: i64, device: Device) -> Tensor {
        let mut values = vec![0.0f32; (rows * columns) as usize];
        self.fill(latent_step, 0, columns as usize, &mut values);
        placed(&values, [rows, columns], device)
    }

    fn rng(&self, latent_step: u64, group: usize) -> ChaCha8Rng {
        let step = self.first_step + latent_step;
        let counters = [self.counters, &[step, group as u64]].concat();
        self.streams.rng(self.name, &counters)
    }
}
