//! The latent table: one row of parameters per image, each with its optimiser's state.

use tch::{Device, Kind, Tensor};

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
    state: Vec<Tensor>,
    steps: Tensor,
}

/// Some rows of a table, with their state and step counts.
#[derive(Debug)]
pub struct RowBatch {
    /// `[B, width]`.
    pub rows: Tensor,
    /// One tensor `[B, width]` for each state of the optimiser.
    pub state: Vec<Tensor>,
    /// Updates that each row has seen, `f32`, `[B, 1]`.
    pub steps: Tensor,
}

impl RowBatch {
    /// Rows that were never updated, with the state that `optimiser` wants.
    pub fn fresh(rows: Tensor, optimiser: &dyn Optimiser) -> RowBatch {
        let state = optimiser.state_names().iter().map(|_| rows.zeros_like()).collect();
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
        let pick = |tensor: &Tensor| tensor.index_select(0, indices);
        RowBatch {
            rows: pick(&self.rows),
            state: self.state.iter().map(pick).collect(),
            steps: pick(&self.steps),
        }
    }

    /// Writes the rows at `indices` back.
    pub fn scatter(&mut self, indices: &Tensor, batch: &RowBatch) {
        let _ = self.rows.index_copy_(0, indices, &batch.rows);
        for (tensor, part) in self.state.iter_mut().zip(&batch.state) {
            let _ = tensor.index_copy_(0, indices, part);
        }
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

    /// Everything that a checkpoint must hold, by name.
    pub(crate) fn named_tensors(&self) -> Vec<(String, Tensor)> {
        let mut named = vec![
            ("rows".to_owned(), self.rows.shallow_clone()),
            ("rows_steps".to_owned(), self.steps.shallow_clone()),
        ];
        for (index, tensor) in self.state.iter().enumerate() {
            named.push((format!("rows_state.{index}"), tensor.shallow_clone()));
        }
        named
    }

    /// Replaces everything by what `take(name, shape)` hands out, under the names of
    /// [`LatentTable::named_tensors`].
    pub(crate) fn restore<E>(
        &mut self,
        mut take: impl FnMut(&str, &[i64], Device) -> Result<Tensor, E>,
    ) -> Result<(), E> {
        let device = self.rows.device();
        self.rows = take("rows", &self.rows.size(), device)?;
        self.steps = take("rows_steps", &self.steps.size(), device)?;
        for (index, tensor) in self.state.iter_mut().enumerate() {
            *tensor = take(&format!("rows_state.{index}"), &tensor.size(), device)?;
        }
        Ok(())
    }
}
