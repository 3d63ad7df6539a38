//! The latent table: one row of parameters per image, each with its optimiser's state.

use tch::{Kind, Tensor};

use crate::Optimiser;

/// The rows of all images, `[N, width]`, with their optimiser state and step counts.
///
/// Rows are read and written by index only: a batch is gathered, moved and scattered back, so the
/// cost of a step depends on the batch and not on N. Each row counts its own steps, as bias
/// correction needs: a dense optimiser over the whole table would decay the moments of rows whose
/// gradient is not even known.
#[derive(Debug)]
pub struct LatentTable {
    rows: Tensor,
    state: Tensor,
    steps: Tensor,
}

/// Some rows of a table, with their state and step counts.
#[derive(Debug)]
pub struct RowBatch {
    /// `[B, width]`.
    pub rows: Tensor,
    /// What the optimiser keeps, `[slots, B, width]`.
    pub state: Tensor,
    /// Updates that each row has seen, `f32`, `[B, 1]`.
    pub steps: Tensor,
}

impl RowBatch {
    /// Rows that were never updated, with the state that `optimiser` wants.
    pub fn fresh(rows: Tensor, optimiser: &dyn Optimiser) -> RowBatch {
        let state = optimiser.fresh_state(&rows);
        let steps = Tensor::zeros([rows.size()[0], 1], (Kind::Float, rows.device()));
        RowBatch { rows, state, steps }
    }
}

impl LatentTable {
    /// A table of rows `[N, width]` that were never updated.
    pub fn new(rows: Tensor, optimiser: &dyn Optimiser) -> LatentTable {
        let RowBatch { rows, state, steps } = RowBatch::fresh(rows, optimiser);
        LatentTable { rows, state, steps }
    }

    /// Copies the rows at `indices` (`i64`, `[B]`, distinct).
    pub fn gather(&self, indices: &Tensor) -> RowBatch {
        RowBatch {
            rows: self.rows.index_select(0, indices),
            state: self.state.index_select(1, indices),
            steps: self.steps.index_select(0, indices),
        }
    }

    /// Writes the rows at `indices` back.
    pub fn scatter(&mut self, indices: &Tensor, batch: &RowBatch) {
        let _ = self.rows.index_copy_(0, indices, &batch.rows);
        let _ = self.state.index_copy_(1, indices, &batch.state);
        let _ = self.steps.index_copy_(0, indices, &batch.steps);
    }

    /// All rows, `[N, width]`.
    pub fn rows(&self) -> &Tensor {
        &self.rows
    }

    /// Number of rows.
    pub fn len(&self) -> i64 {
        self.rows.size()[0]
    }

    /// Whether the table has no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Updates that each row has seen, `f32`, `[N, 1]`.
    pub fn steps(&self) -> &Tensor {
        &self.steps
    }

    /// Rows, state and step counts.
    pub(crate) fn tensors(&self) -> (&Tensor, &Tensor, &Tensor) {
        (&self.rows, &self.state, &self.steps)
    }

    /// Rows, state and step counts, to be changed.
    pub(crate) fn tensors_mut(&mut self) -> (&mut Tensor, &mut Tensor, &mut Tensor) {
        (&mut self.rows, &mut self.state, &mut self.steps)
    }

    /// Everything that a checkpoint must hold, by name; the tensors are shared, not copied.
    pub(crate) fn named_tensors(&self) -> Vec<(String, Tensor)> {
        [("rows", &self.rows), ("rows_state", &self.state), ("rows_steps", &self.steps)]
            .map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone()))
            .into()
    }
}
