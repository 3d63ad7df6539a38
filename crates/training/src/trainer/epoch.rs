//! One epoch: every image once, in an order of its own.

use std::time::Instant;

use autodecoder_models::ModelKind;
use rand::seq::SliceRandom;
use tch::{Device, Kind, Tensor};

use super::Trainer;
use crate::{
    EpochRecord, Error, Observer, RowBatch, RowStep, StepOutcome, Streams, latent_noise, row_step,
};

/// What the latent steps of one batch share.
struct Batch {
    number: usize,
    images: Tensor,
    progress: f64,
}

impl Trainer<'_> {
    fn batches(&self) -> usize {
        self.images.len().unsigned_abs().div_ceil(u64::from(self.config.batch_size)) as usize
    }

    fn progress(&self, batch: usize) -> f64 {
        let batches = self.batches() as f64;
        (f64::from(self.epoch()) + batch as f64 / batches) / f64::from(self.config.epochs)
    }

    /// One pass over all images.
    pub(super) fn run_epoch(&mut self, observer: &mut dyn Observer) -> Result<EpochRecord, Error> {
        let started = Instant::now();
        let batches = self.batches();
        let order = order(self.images.len(), &self.streams, self.epoch());
        let order = Tensor::from_slice(&order).to_device(self.images.device());
        let total = u64::from(self.config.epochs) * batches as u64;
        let mut sums = Vec::with_capacity(batches);
        for batch in 0..batches {
            let start = batch as i64 * i64::from(self.config.batch_size);
            let count = i64::from(self.config.batch_size).min(self.images.len() - start);
            sums.push(self.run_batch(batch, &order.narrow(0, start, count)));
            observer.step(u64::from(self.epoch()) * batches as u64 + batch as u64 + 1, total);
        }
        let sums = self.finite_sums(&sums)?;
        Ok(self.record(&sums, started.elapsed().as_secs_f64()))
    }

    /// Sums of objective, reconstruction and KL at the batch's last latent step, `[3]`.
    fn run_batch(&mut self, number: usize, indices: &Tensor) -> Tensor {
        let progress = self.progress(number);
        let batch = Batch { number, images: self.images.batch(indices), progress };
        let mut rows = self.table.gather(indices);
        let alone = self.config.latent_steps - 1;
        for latent_step in 0..alone {
            self.latent_step(&mut rows, &batch, latent_step, &[]);
        }
        let joint = self.latent_step(&mut rows, &batch, alone, self.decoder.parameters());
        let rate = self.config.decoder.rate_at(progress);
        self.decoder.update(&joint.gradients, indices.size()[0], rate);
        self.table.scatter(indices, &rows);
        joint.sums
    }

    fn latent_step(
        &self,
        rows: &mut RowBatch,
        batch: &Batch,
        number: u32,
        parameters: &[Tensor],
    ) -> StepOutcome {
        let counters = [u64::from(self.epoch()), batch.number as u64, u64::from(number)];
        let noise = latent_noise(
            self.model.posterior().noise(),
            batch.images.size()[0],
            self.model.spec().latent_dim,
            self.images.device(),
            &mut self.streams.rng("noise", &counters),
        );
        let inputs = RowStep {
            images: &batch.images,
            noise: &noise,
            regulariser_weight: self.config.regulariser_weight(batch.progress),
            rate: self.config.latents.rate_at(batch.progress),
        };
        row_step(self.model, rows, &inputs, self.row_optimiser.as_ref(), parameters)
    }

    /// The batches' sums as numbers, if they are finite and all that was learned from them is. Only
    /// here does the CPU wait for the device.
    fn finite_sums(&self, sums: &[Tensor]) -> Result<Vec<[f64; 3]>, Error> {
        let flat = Tensor::cat(sums, 0).to_kind(Kind::Double).to_device(Device::Cpu);
        let flat = Vec::<f64>::try_from(flat).map_err(autodecoder_models::Error::from)?;
        let (sums, _) = flat.as_chunks::<3>();
        if let Some(batch) = sums.iter().position(|[objective, ..]| !objective.is_finite()) {
            return Err(self.diverged("objective", batch, sums[batch][0]));
        }
        // The last update of a parameter or row has not been through an objective yet.
        let learned = self.decoder.parameters().iter().chain([self.table.rows()]);
        let finite: Vec<Tensor> = learned.map(|tensor| tensor.isfinite().all()).collect();
        if Tensor::stack(&finite, 0).all().int64_value(&[]) == 0 {
            return Err(self.diverged("decoder or a row", self.batches() - 1, f64::NAN));
        }
        Ok(sums.to_vec())
    }

    fn diverged(&self, what: &'static str, batch: usize, value: f64) -> Error {
        Error::Diverged {
            model: self.model.spec().name.clone(),
            what,
            epoch: self.epoch() + 1,
            batch: batch + 1,
            batches: self.batches(),
            value,
        }
    }

    fn record(&self, sums: &[[f64; 3]], seconds: f64) -> EpochRecord {
        let images = self.images.len() as f64;
        let mean = |column: usize| sums.iter().map(|batch| batch[column]).sum::<f64>() / images;
        let progress = self.progress(self.batches() - 1);
        let variational = self.model.spec().kind == ModelKind::VariationalAutoDecoder;
        EpochRecord {
            epoch: self.epoch() + 1,
            objective: mean(0),
            reconstruction: mean(1),
            kl: variational.then(|| mean(2)),
            regulariser_weight: self.config.regulariser_weight(progress),
            decoder_rate: self.config.decoder.rate_at(progress),
            latent_rate: self.config.latents.rate_at(progress),
            seconds,
            images_per_second: images / seconds,
        }
    }
}

/// The order in which an epoch visits the images.
fn order(images: i64, streams: &Streams, epoch: u32) -> Vec<i64> {
    let mut order: Vec<i64> = (0..images).collect();
    order.shuffle(&mut streams.rng("order", &[u64::from(epoch)]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_and_seed_has_an_order_of_its_own() {
        let orders =
            [(1, 0), (1, 1), (2, 0)].map(|(seed, epoch)| order(50, &Streams::new(seed), epoch));
        for (i, found) in orders.iter().enumerate() {
            assert!(orders[..i].iter().all(|other| other != found));
            let mut sorted = found.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..50).collect::<Vec<_>>());
            assert_ne!(*found, sorted);
        }
        assert_eq!(order(50, &Streams::new(1), 1), orders[1]);
    }
}
