//! Where a batch's factors in bfloat16 live.

use super::{Precision, Stage};
use crate::aligned::Aligned;
use crate::bf16::{Parts, pairs_of_columns, pairs_of_rows};

/// The rows of a batch in pairs, for the gradients of linear weights, which sum over them. A chunk with an odd
/// number of rows ends with one that is paired with zeros. Empty where products are f32.
#[derive(Debug)]
pub(super) struct RowPairs {
    /// Values of a line for a pair of rows: of what goes into each stage, and of what comes out of it.
    widths: Vec<[usize; 2]>,
    /// Lines of what went into each stage.
    pub inputs: Vec<Aligned<u32>>,
    /// Of the gradients behind it.
    pub gradients: Vec<Aligned<u32>>,
    chunk_rows: usize,
}

impl RowPairs {
    /// Room for up to `rows` rows, in chunks of `chunk_rows`.
    pub fn new(
        stages: &[Stage],
        (rows, chunk_rows): (usize, usize),
        precision: Precision,
    ) -> RowPairs {
        let widths = stages.iter().map(|stage| match (*stage, precision.parts()) {
            (Stage::Linear { inputs, outputs }, Some(parts)) => {
                [inputs, outputs].map(|width| parts.line(width))
            }
            _ => [0, 0],
        });
        let widths: Vec<[usize; 2]> = widths.collect();
        let pairs = count(rows, chunk_rows);
        let buffers = |side: usize| {
            widths.iter().map(|widths| Aligned::new(widths[side] * pairs)).collect::<Vec<_>>()
        };
        RowPairs { inputs: buffers(0), gradients: buffers(1), widths, chunk_rows }
    }

    /// Both buffers of every stage, each with the values of a pair.
    pub fn buffers_mut(&mut self) -> impl Iterator<Item = [(&mut [u32], usize); 2]> {
        let buffers = self.inputs.iter_mut().zip(&mut self.gradients).zip(&self.widths);
        buffers.map(|((inputs, gradients), &[input, output])| {
            [(&mut inputs[..], input), (&mut gradients[..], output)]
        })
    }

    /// What went into a stage and the gradients behind it, of the first `rows` rows.
    pub fn of_rows(&self, stage: usize, rows: usize) -> [&[u32]; 2] {
        let pairs = count(rows, self.chunk_rows);
        let [input, output] = self.widths[stage].map(|width| width * pairs);
        [&self.inputs[stage][..input], &self.gradients[stage][..output]]
    }
}

/// Pairs of `rows` rows in chunks of `chunk_rows`.
fn count(rows: usize, chunk_rows: usize) -> usize {
    rows / chunk_rows * chunk_rows.div_ceil(2) + (rows % chunk_rows).div_ceil(2)
}

/// Factors that a chunk needs for one product. They grow to the largest and stay.
#[derive(Debug, Default)]
pub(super) struct Factors {
    pub left: Factor,
    pub right: Factor,
    pub turned: Aligned<u32>,
}

/// One factor in pairs.
#[derive(Debug, Default)]
pub(super) struct Factor(Aligned<u32>);

impl Factor {
    /// `values`, `width` in each row, in pairs of columns.
    pub fn of_columns(&mut self, values: &[f32], width: usize, parts: Parts) -> &[u32] {
        self.0.resize(values.len() / width * parts.line(width.div_ceil(2)));
        pairs_of_columns(values, width, parts, &mut self.0);
        &self.0
    }

    /// `values`, `width` in each row, in pairs of rows.
    pub fn of_rows(&mut self, values: &[f32], width: usize, parts: Parts) -> &[u32] {
        self.0.resize((values.len() / width).div_ceil(2) * parts.line(width));
        pairs_of_rows(values, width, parts, &mut self.0);
        &self.0
    }
}
