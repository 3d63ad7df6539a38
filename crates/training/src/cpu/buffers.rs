//! The rows of a batch while they are moved.

use autodecoder_kernels::{Chunk, RowIndices, Workspace};

use super::tables::Tables;
use crate::batch_noise::GROUP;

/// Values of one image in each buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    pub row: usize,
    /// How many values the optimiser keeps for each one of a row.
    pub slots: usize,
    pub latent: usize,
    pub pixels: usize,
}

/// Everything that a batch needs besides the decoder's own values.
#[derive(Debug)]
pub(super) struct Buffers {
    widths: Widths,
    rows: Vec<f32>,
    /// One buffer a slot.
    state: Vec<Vec<f32>>,
    steps: Vec<f32>,
    pixels: Vec<f32>,
    noise: Vec<f32>,
    kl: Vec<f32>,
    z_gradient: Vec<f32>,
    gradient: Vec<f32>,
}

/// The part of a batch that one thread handles.
pub(super) struct Group<'a> {
    pub number: usize,
    pub indices: RowIndices<'a>,
    pub widths: Widths,
    pub rows: &'a mut [f32],
    pub state: Vec<&'a mut [f32]>,
    pub steps: &'a mut [f32],
    pub pixels: &'a mut [f32],
    pub noise: &'a mut [f32],
    pub kl: &'a mut [f32],
    pub z_gradient: &'a mut [f32],
    pub gradient: &'a mut [f32],
    pub chunk: Chunk<'a>,
}

impl Buffers {
    /// For up to `rows` rows.
    pub fn new(widths: Widths, rows: usize) -> Buffers {
        let zeros = |width: usize| vec![0.0; width * rows];
        Buffers {
            widths,
            rows: zeros(widths.row),
            state: vec![zeros(widths.row); widths.slots],
            steps: zeros(1),
            pixels: zeros(widths.pixels),
            noise: zeros(widths.latent),
            kl: zeros(1),
            z_gradient: zeros(widths.latent),
            gradient: zeros(widths.row),
        }
    }

    /// The groups of the rows at `indices`.
    pub fn groups<'a>(
        &'a mut self,
        indices: RowIndices<'a>,
        workspace: &'a mut Workspace,
    ) -> Vec<Group<'a>> {
        let widths = self.widths;
        let mut rows = Parts::new(&mut self.rows, widths.row);
        let mut state: Vec<Parts> =
            self.state.iter_mut().map(|slot| Parts::new(slot, widths.row)).collect();
        let mut steps = Parts::new(&mut self.steps, 1);
        let mut pixels = Parts::new(&mut self.pixels, widths.pixels);
        let mut noise = Parts::new(&mut self.noise, widths.latent);
        let mut kl = Parts::new(&mut self.kl, 1);
        let mut z_gradient = Parts::new(&mut self.z_gradient, widths.latent);
        let mut gradient = Parts::new(&mut self.gradient, widths.row);
        let chunks = workspace.chunks(indices.len()).into_iter().zip(indices.groups(GROUP));
        chunks
            .enumerate()
            .map(|(number, (chunk, indices))| Group {
                number,
                indices,
                widths,
                rows: rows.take(indices.len()),
                state: state.iter_mut().map(|slot| slot.take(indices.len())).collect(),
                steps: steps.take(indices.len()),
                pixels: pixels.take(indices.len()),
                noise: noise.take(indices.len()),
                kl: kl.take(indices.len()),
                z_gradient: z_gradient.take(indices.len()),
                gradient: gradient.take(indices.len()),
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

/// What is left of a buffer of `width` values a row.
struct Parts<'a> {
    left: &'a mut [f32],
    width: usize,
}

impl<'a> Parts<'a> {
    fn new(left: &'a mut [f32], width: usize) -> Parts<'a> {
        Parts { left, width }
    }

    /// The values of the next `rows` rows.
    fn take(&mut self, rows: usize) -> &'a mut [f32] {
        let (part, left) = std::mem::take(&mut self.left).split_at_mut(rows * self.width);
        self.left = left;
        part
    }
}
