//! Nothing that is not finite counts as learned.

use tch::{Device, Kind, Tensor};

use super::Trainer;
use crate::Error;

impl Trainer<'_> {
    /// The sums of the steps of the epoch under way as numbers, if they are finite and all that was
    /// learned is. The CPU waits for the device here.
    ///
    /// # Errors
    /// [`Error::Diverged`].
    pub(super) fn finite_sums(&self) -> Result<Vec<[f64; 3]>, Error> {
        let sums = match self.under_way.stacked()? {
            Some(sums) => numbers(&sums)?,
            None => Vec::new(),
        };
        if let Some(batch) = sums.iter().position(|[objective, ..]| !objective.is_finite()) {
            return Err(self.diverged("objective", self.epoch(), batch, sums[batch][0]));
        }
        // The last update of a parameter or row has not been through an objective yet.
        let learned = self.decoder.parameters().iter().chain([self.table.rows()]);
        let finite: Vec<Tensor> = learned.map(|tensor| tensor.isfinite().all()).collect();
        if Tensor::stack(&finite, 0).all().int64_value(&[]) == 0 {
            let (epoch, batch) = self.last_step();
            return Err(self.diverged("decoder or a row", epoch, batch, f64::NAN));
        }
        Ok(sums)
    }

    /// Epoch and batch, from 0, of the step that was taken last, or of the first one.
    fn last_step(&self) -> (u32, usize) {
        match (self.epoch(), self.under_way.steps()) {
            (0, 0) => (0, 0),
            (epoch, 0) => (epoch - 1, self.batches() - 1),
            (epoch, steps) => (epoch, steps - 1),
        }
    }

    fn diverged(&self, what: &'static str, epoch: u32, batch: usize, value: f64) -> Error {
        Error::Diverged {
            model: self.model.spec().name.clone(),
            what,
            epoch: epoch + 1,
            batch: batch + 1,
            batches: self.batches(),
            value,
        }
    }
}

/// Rows `[N, 3]` as numbers.
fn numbers(sums: &Tensor) -> Result<Vec<[f64; 3]>, Error> {
    let flat = sums.reshape([-1]).to_kind(Kind::Double).to_device(Device::Cpu);
    let flat = Vec::<f64>::try_from(flat).map_err(autodecoder_models::Error::from)?;
    Ok(flat.as_chunks::<3>().0.to_vec())
}
