//! Where a batch's values live while they are computed.

use super::pairs::{Factors, RowPairs};
use super::{Network, Precision, Stage};
use crate::aligned::Aligned;

/// Buffers for the values and gradients of a batch, allocated once.
#[derive(Debug)]
pub struct Workspace {
    /// Rows of a chunk.
    chunk_rows: usize,
    /// Values of one sample: input, then behind each stage.
    sizes: Vec<usize>,
    /// Input and the outputs of all stages, each `[rows, size]`.
    values: Vec<Aligned<f32>>,
    /// Their gradients, alike.
    gradients: Vec<Aligned<f32>>,
    /// Each chunk's own gradients of small weights, for each stage.
    partials: Vec<Aligned<f32>>,
    partial_sizes: Vec<usize>,
    scratch: Aligned<f32>,
    scratch_size: usize,
    row_pairs: RowPairs,
    /// One for each chunk.
    factors: Vec<Factors>,
}

/// The part of a workspace that belongs to some rows.
#[derive(Debug)]
pub struct Chunk<'a> {
    pub(super) rows: usize,
    pub(super) values: Vec<&'a mut [f32]>,
    pub(super) gradients: Vec<&'a mut [f32]>,
    pub(super) partials: Vec<&'a mut [f32]>,
    pub(super) scratch: &'a mut [f32],
    /// For each stage what went in and the gradients behind it, where its products are bfloat16.
    pub(super) input_pairs: Vec<&'a mut [u32]>,
    pub(super) gradient_pairs: Vec<&'a mut [u32]>,
    pub(super) factors: &'a mut Factors,
}

impl Workspace {
    /// Buffers for up to `rows` rows, handled in chunks of `chunk_rows`, with products of this precision.
    ///
    /// # Panics
    /// Where `chunk_rows` is 0.
    pub fn new(
        network: &Network,
        (rows, chunk_rows): (usize, usize),
        precision: Precision,
    ) -> Workspace {
        let chunks = rows.div_ceil(chunk_rows);
        let sizes: Vec<usize> =
            std::iter::once(network.inputs).chain(network.sizes.iter().copied()).collect();
        let buffers =
            |sizes: &[usize], count| sizes.iter().map(|size| Aligned::new(size * count)).collect();
        let partial_sizes: Vec<usize> = network.stages.iter().map(Stage::partial_len).collect();
        let scratch_size = network.stages.iter().map(Stage::scratch_len).max().unwrap_or(0);
        Workspace {
            chunk_rows,
            values: buffers(&sizes, rows),
            gradients: buffers(&sizes, rows),
            partials: buffers(&partial_sizes, chunks),
            scratch: Aligned::new(scratch_size * chunks),
            sizes,
            partial_sizes,
            scratch_size,
            row_pairs: RowPairs::new(&network.stages, (rows, chunk_rows), precision),
            factors: std::iter::repeat_with(Factors::default).take(chunks).collect(),
        }
    }

    /// The first `rows` rows, cut into chunks: `chunk_rows` in each, what is left in the last one. They
    /// hold what the batch before left there.
    ///
    /// # Panics
    /// Where there are not so many rows.
    pub fn chunks(&mut self, rows: usize) -> Vec<Chunk<'_>> {
        let starts: Vec<usize> = (0..rows).step_by(self.chunk_rows).collect();
        let mut chunks: Vec<Chunk> = starts
            .iter()
            .zip(&mut self.factors)
            .map(|(start, factors)| Chunk {
                rows: self.chunk_rows.min(rows - start),
                values: Vec::with_capacity(self.values.len()),
                gradients: Vec::with_capacity(self.gradients.len()),
                partials: Vec::with_capacity(self.partials.len()),
                scratch: &mut [],
                input_pairs: Vec::with_capacity(self.partials.len()),
                gradient_pairs: Vec::with_capacity(self.partials.len()),
                factors,
            })
            .collect();
        for ((values, gradients), size) in
            self.values.iter_mut().zip(&mut self.gradients).zip(&self.sizes)
        {
            let size = |chunk: &Chunk| chunk.rows * size;
            deal(values, &mut chunks, size, |chunk, part| chunk.values.push(part));
            deal(gradients, &mut chunks, size, |chunk, part| chunk.gradients.push(part));
        }
        for (buffer, &size) in self.partials.iter_mut().zip(&self.partial_sizes) {
            deal(buffer, &mut chunks, |_| size, |chunk, part| chunk.partials.push(part));
        }
        let size = self.scratch_size;
        deal(&mut self.scratch, &mut chunks, |_| size, |chunk, part| chunk.scratch = part);
        for [(inputs, input), (gradients, output)] in self.row_pairs.buffers_mut() {
            let size = |width: usize| move |chunk: &Chunk| chunk.rows.div_ceil(2) * width;
            deal(inputs, &mut chunks, size(input), |chunk, part| chunk.input_pairs.push(part));
            deal(gradients, &mut chunks, size(output), |chunk, part| {
                chunk.gradient_pairs.push(part);
            });
        }
        chunks
    }

    /// Values in front of a stage, of the first `rows` rows.
    pub(super) fn inputs(&self, stage: usize, rows: usize) -> &[f32] {
        &self.values[stage][..rows * self.sizes[stage]]
    }

    /// Gradients behind a stage, of the first `rows` rows.
    pub(super) fn gradients(&self, stage: usize, rows: usize) -> &[f32] {
        &self.gradients[stage + 1][..rows * self.sizes[stage + 1]]
    }

    /// What went into a linear stage and the gradients behind it, in pairs of rows, of the first `rows` rows.
    pub(super) fn row_pairs(&self, stage: usize, rows: usize) -> [&[u32]; 2] {
        self.row_pairs.of_rows(stage, rows)
    }

    /// A stage's own gradients in each of the chunks of the first `rows` rows.
    pub(super) fn partials(&self, stage: usize, rows: usize) -> impl Iterator<Item = &[f32]> {
        let chunks = rows.div_ceil(self.chunk_rows);
        self.partials[stage].chunks_exact(self.partial_sizes[stage].max(1)).take(chunks)
    }
}

/// Hands each chunk its part of a buffer.
fn deal<'a, T>(
    mut buffer: &'a mut [T],
    chunks: &mut [Chunk<'a>],
    size: impl Fn(&Chunk) -> usize,
    mut give: impl FnMut(&mut Chunk<'a>, &'a mut [T]),
) {
    for chunk in chunks {
        let (part, rest) = buffer.split_at_mut(size(chunk));
        buffer = rest;
        give(chunk, part);
    }
}

impl Chunk<'_> {
    /// Rows in the chunk.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The network's input, `[rows, inputs]`: to be written before a forward pass.
    pub fn input(&mut self) -> &mut [f32] {
        self.values[0]
    }

    /// The network's output, and where its gradient goes, both `[rows, outputs]`.
    pub fn output(&mut self) -> (&[f32], &mut [f32]) {
        match (self.values.last(), self.gradients.last_mut()) {
            (Some(values), Some(gradients)) => (values, gradients),
            _ => (&[], &mut []),
        }
    }

    /// Gradient of the input, `[rows, inputs]`, after a backward pass.
    pub fn input_gradient(&self) -> &[f32] {
        self.gradients[0]
    }
}
