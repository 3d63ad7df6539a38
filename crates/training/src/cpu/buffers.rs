//! The rows of a batch while they are moved.

use autodecoder_kernels::{Chunk, RowIndices, Workspace};

use super::group::Terms;
use super::tables::Tables;
use crate::batch_noise::GROUP;

/// Values of one image in each buffer, and how many samples they are for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    pub row: usize,
    /// How many values the optimiser keeps for each one of a row.
    pub slots: usize,
    pub latent: usize,
    pub pixels: usize,
    /// How many samples are drawn of its row at a time.
    pub samples: usize,
}

/// Everything that a batch needs besides the decoder's own values.
#[derive(Debug)]
pub(super) struct Buffers {
    widths: Widths,
    /// Images of a group.
    group_images: usize,
    rows: Vec<f32>,
    /// One buffer a slot.
    state: Vec<Vec<f32>>,
    steps: Vec<f32>,
    pixels: Vec<f32>,
    noise: Vec<f32>,
    kl: Vec<f32>,
    losses: Vec<f64>,
    terms: Vec<Terms>,
    z_gradient: Vec<f32>,
    gradient: Vec<f32>,
    weighing: WeighingBuffers,
}

/// What several samples of a row need besides, as [`Weighing`] has it; empty where there is one.
#[derive(Debug)]
struct WeighingBuffers([Vec<f32>; 4]);

/// A group's part of them. Values of each sample, one after another, those of a row's samples side by side.
pub(super) struct Weighing<'a> {
    /// Each row as often as it has samples, `[samples, row]`.
    pub rows: &'a mut [f32],
    /// Gradients of these, alike.
    pub gradient: &'a mut [f32],
    /// `log p(z) − log q(z)`.
    pub ratio: &'a mut [f32],
    /// Its gradient, `[samples, latent]`.
    pub ratio_gradient: &'a mut [f32],
}

impl Widths {
    /// Values of one image in each of the buffers that several samples need.
    fn weighing(&self) -> [usize; 4] {
        let samples = if self.samples > 1 { self.samples } else { 0 };
        [self.row, self.row, 1, self.latent].map(|width| width * samples)
    }
}

/// The part of a batch that one thread handles.
pub(super) struct Group<'a> {
    /// The first of the batch's groups of noise that are the group's.
    pub first_noise: usize,
    pub indices: RowIndices<'a>,
    pub widths: Widths,
    pub rows: &'a mut [f32],
    pub state: Vec<&'a mut [f32]>,
    pub steps: &'a mut [f32],
    pub pixels: &'a mut [f32],
    /// Of each sample, as `z_gradient`.
    pub noise: &'a mut [f32],
    /// Of each sample.
    pub kl: &'a mut [f32],
    /// Of each sample, in nats.
    pub losses: &'a mut [f64],
    /// What each row's image says in the step.
    pub terms: &'a mut [Terms],
    pub z_gradient: &'a mut [f32],
    pub gradient: &'a mut [f32],
    pub weighing: Weighing<'a>,
    /// Has a row for each sample.
    pub chunk: Chunk<'a>,
}

impl Buffers {
    /// For up to `rows` rows, in groups of `group_images`, a multiple of the groups of noise.
    pub fn new(widths: Widths, rows: usize, group_images: usize) -> Buffers {
        let zeros = |width: usize| vec![0.0; width * rows];
        let Widths { row, latent, samples, .. } = widths;
        let weighing = WeighingBuffers(widths.weighing().map(zeros));
        Buffers {
            widths,
            group_images,
            rows: zeros(row),
            state: vec![zeros(row); widths.slots],
            steps: zeros(1),
            pixels: zeros(widths.pixels),
            noise: zeros(latent * samples),
            kl: zeros(samples),
            losses: vec![0.0; samples * rows],
            terms: vec![[0.0; 3]; rows],
            z_gradient: zeros(latent * samples),
            gradient: zeros(row),
            weighing,
        }
    }

    /// Images of a group.
    pub fn group_images(&self) -> usize {
        self.group_images
    }

    /// How many samples are drawn of a row at a time.
    pub fn samples(&self) -> usize {
        self.widths.samples
    }

    /// Objective, reconstruction and KL, summed over the first `rows` rows in their order, in nats.
    pub fn sums(&self, rows: usize) -> Terms {
        let zero = [0.0; 3];
        let add = |all: Terms, terms: &Terms| std::array::from_fn(|term| all[term] + terms[term]);
        self.terms[..rows].iter().fold(zero, add)
    }

    /// The groups of the rows at `indices`.
    pub fn groups<'a>(
        &'a mut self,
        indices: RowIndices<'a>,
        workspace: &'a mut Workspace,
    ) -> Vec<Group<'a>> {
        let widths = self.widths;
        let Widths { row, latent, pixels, samples, .. } = widths;
        let mut rows = Parts::new(&mut self.rows, row);
        let mut state: Vec<Parts<f32>> =
            self.state.iter_mut().map(|slot| Parts::new(slot, row)).collect();
        let mut steps = Parts::new(&mut self.steps, 1);
        let mut pixels = Parts::new(&mut self.pixels, pixels);
        let mut noise = Parts::new(&mut self.noise, latent * samples);
        let mut kl = Parts::new(&mut self.kl, samples);
        let mut losses = Parts::new(&mut self.losses, samples);
        let mut terms = Parts::new(&mut self.terms, 1);
        let mut z_gradient = Parts::new(&mut self.z_gradient, latent * samples);
        let mut gradient = Parts::new(&mut self.gradient, row);
        let mut weighing = self.weighing.parts(widths);
        let chunks = workspace.chunks(indices.len() * samples).into_iter();
        chunks
            .zip(indices.groups(self.group_images))
            .zip((0..).step_by(self.group_images / GROUP))
            .map(|((chunk, indices), first_noise)| Group {
                first_noise,
                indices,
                widths,
                rows: rows.take(indices.len()),
                state: state.iter_mut().map(|slot| slot.take(indices.len())).collect(),
                steps: steps.take(indices.len()),
                pixels: pixels.take(indices.len()),
                noise: noise.take(indices.len()),
                kl: kl.take(indices.len()),
                losses: losses.take(indices.len()),
                terms: terms.take(indices.len()),
                z_gradient: z_gradient.take(indices.len()),
                gradient: gradient.take(indices.len()),
                weighing: take_weighing(&mut weighing, indices.len()),
                chunk,
            })
            .collect()
    }

    /// Writes the batch's rows, with what belongs to them, back into their table.
    pub fn scatter(&self, indices: RowIndices, tables: &mut Tables<&mut [f32]>) {
        let width = self.widths.row;
        indices.scatter(tables.rows, width, &self.rows);
        for (table, slot) in tables.state.iter_mut().zip(&self.state) {
            indices.scatter(table, width, slot);
        }
        indices.scatter(tables.steps, 1, &self.steps);
    }
}

impl WeighingBuffers {
    fn parts(&mut self, widths: Widths) -> [Parts<'_, f32>; 4] {
        let [rows, gradient, ratio, ratio_gradient] = &mut self.0;
        let [row, gradient_width, one, latent] = widths.weighing();
        [
            Parts::new(rows, row),
            Parts::new(gradient, gradient_width),
            Parts::new(ratio, one),
            Parts::new(ratio_gradient, latent),
        ]
    }
}

/// What belongs to the next `rows` rows.
fn take_weighing<'a>(parts: &mut [Parts<'a, f32>; 4], rows: usize) -> Weighing<'a> {
    let [repeated, gradient, ratio, ratio_gradient] = parts.each_mut().map(|part| part.take(rows));
    Weighing { rows: repeated, gradient, ratio, ratio_gradient }
}

/// What is left of a buffer of `width` values a row.
struct Parts<'a, T> {
    left: &'a mut [T],
    width: usize,
}

impl<'a, T> Parts<'a, T> {
    fn new(left: &'a mut [T], width: usize) -> Parts<'a, T> {
        Parts { left, width }
    }

    /// The values of the next `rows` rows.
    fn take(&mut self, rows: usize) -> &'a mut [T] {
        let (part, left) = std::mem::take(&mut self.left).split_at_mut(rows * self.width);
        self.left = left;
        part
    }
}
