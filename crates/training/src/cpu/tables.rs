//! A latent table as slices.

use super::slices::{floats, floats_mut};
use crate::LatentTable;

/// The parts of a table, shared or to be changed.
pub(crate) struct Tables<S> {
    /// `[N, row_width]`.
    pub rows: S,
    /// One a slot, each `[N, row_width]`.
    pub state: Vec<S>,
    /// `[N]`.
    pub steps: S,
}

/// To be read.
pub(super) fn shared(table: &LatentTable) -> Option<Tables<&[f32]>> {
    let (rows, state, steps) = table.tensors();
    let rows = floats(rows)?;
    let state = floats(state)?.chunks_exact(rows.len()).collect();
    Some(Tables { rows, state, steps: floats(steps)? })
}

/// To be changed.
pub(super) fn exclusive(table: &mut LatentTable) -> Option<Tables<&mut [f32]>> {
    let (rows, state, steps) = table.tensors_mut();
    let rows = floats_mut(rows)?;
    let state = floats_mut(state)?.chunks_exact_mut(rows.len()).collect();
    Some(Tables { rows, state, steps: floats_mut(steps)? })
}
