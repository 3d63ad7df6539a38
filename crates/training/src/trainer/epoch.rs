//! The steps of an epoch: every image once, in an order of its own.

use rand::seq::SliceRandom;
use tch::Tensor;

use super::Trainer;
use crate::encoder_batch::EncoderBatch;
use crate::tensor_batch::Batch;
use crate::{BatchNoise, EpochRecord, Error, LatentStep, Observer, Streams};

impl Trainer<'_> {
    /// Steps in an epoch.
    pub(super) fn batches(&self) -> usize {
        self.images.len().unsigned_abs().div_ceil(u64::from(self.config.batch_size)) as usize
    }

    fn progress(&self, batch: usize) -> f64 {
        let batches = self.batches() as f64;
        (f64::from(self.epoch()) + batch as f64 / batches) / f64::from(self.config.epochs)
    }

    /// One step: a batch and, where it is its epoch's last one, the epoch's record.
    pub(super) fn step(&mut self, observer: &mut dyn Observer) -> Result<(), Error> {
        let (batch, batches) = (self.under_way.steps(), self.batches());
        let indices = self.indices(batch);
        let sums = self.run_batch(batch, &indices);
        observer.objective(&|| sums.double_value(&[0]) / indices.size()[0] as f64);
        self.under_way.sums.push(sums);
        let total = u64::from(self.config.epochs) * batches as u64;
        observer.step(self.steps_taken(), total);
        if self.under_way.steps() == batches { self.end_epoch(observer) } else { Ok(()) }
    }

    /// The images of a batch of the epoch under way, on their device.
    fn indices(&mut self, batch: usize) -> Tensor {
        let (images, epoch) = (self.images, self.epoch());
        let batches = self.under_way.batches.get_or_insert_with(|| {
            let order = epoch_order(images.len(), &self.streams, epoch);
            let order = Tensor::from_slice(&order).to_device(images.device());
            order.split(i64::from(self.config.batch_size), 0)
        });
        batches[batch].shallow_clone()
    }

    fn end_epoch(&mut self, observer: &mut dyn Observer) -> Result<(), Error> {
        let sums = self.finite_sums();
        // Whatever is found, the epoch's steps are taken.
        let ended = std::mem::take(&mut self.under_way);
        self.under_way.watch.start();
        let record = self.record(&sums?, ended.watch.seconds());
        observer.epoch(&record);
        self.history.push(record);
        self.rescale();
        Ok(())
    }

    /// Sums of objective, reconstruction and KL at the batch's last latent step, `[3]`.
    fn run_batch(&mut self, number: usize, indices: &Tensor) -> Tensor {
        let progress = self.progress(number);
        let epoch = self.epoch();
        let counters = [u64::from(epoch), number as u64];
        let kind = self.model.posterior().noise();
        let noise = BatchNoise::new(&self.streams, "noise", &counters, kind).silenced(self.silent);
        let rows = LatentStep {
            rate: self.config.latents.rate_at(progress),
            regulariser_weight: self.config.regulariser_weight(progress),
        };
        let decoder = (&mut self.decoder, self.config.decoder.rate_at(progress));
        let latent_steps = self.config.latent_steps;
        let images = match &mut self.binarised {
            Some(binarised) => binarised.of_epoch(epoch, &self.streams),
            None => self.images,
        };
        if let Some(engine) = &mut self.engine {
            if self.model.encoder().is_some() {
                let sums = engine.encoder_step(images, indices, (rows, &noise), decoder);
                return Tensor::from_slice(&sums.map(|sum| sum as f32));
            }
            let steps = (&*vec![rows; latent_steps as usize], &noise);
            let sums = engine.step(&mut self.table, images, indices, steps, Some(decoder));
            return Tensor::from_slice(&sums.map(|sum| sum as f32));
        }
        let images = images.batch(indices);
        let samples = i64::from(self.config.importance_samples);
        if let Some(encoder) = self.model.encoder() {
            let (images, noise, networks) = (&images, &noise, decoder);
            let batch = EncoderBatch { images, noise, encoder, samples, networks };
            return batch.fit(self.model, rows.regulariser_weight);
        }
        let batch = Batch { images: &images, noise: &noise, rows, samples, decoder };
        let mut moved = self.table.gather(indices);
        let sums = batch.fit(self.model, &mut moved, self.row_optimiser.as_ref(), latent_steps);
        self.table.scatter(indices, &moved);
        sums
    }

    fn record(&self, sums: &[[f64; 3]], seconds: f64) -> EpochRecord {
        let images = self.images.len() as f64;
        let mean = |column: usize| sums.iter().map(|batch| batch[column]).sum::<f64>() / images;
        let progress = self.progress(self.batches() - 1);
        let kind = self.model.spec().kind;
        EpochRecord {
            epoch: self.epoch() + 1,
            objective: mean(0),
            reconstruction: mean(1),
            kl: kind.is_variational().then(|| mean(2)),
            regulariser_weight: self.config.regulariser_weight(progress),
            decoder_rate: self.config.decoder.rate_at(progress),
            latent_rate: if kind.has_encoder() {
                0.0
            } else {
                self.config.latents.rate_at(progress)
            },
            seconds,
            images_per_second: images / seconds,
        }
    }
}

/// The order in which an epoch, counted from 0, visits the images.
pub fn epoch_order(images: i64, streams: &Streams, epoch: u32) -> Vec<i64> {
    let mut order: Vec<i64> = (0..images).collect();
    order.shuffle(&mut streams.rng("order", &[u64::from(epoch)]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_and_seed_has_an_order_of_its_own() {
        let orders = [(1, 0), (1, 1), (2, 0)]
            .map(|(seed, epoch)| epoch_order(50, &Streams::new(seed), epoch));
        for (i, found) in orders.iter().enumerate() {
            assert!(orders[..i].iter().all(|other| other != found));
            let mut sorted = found.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..50).collect::<Vec<_>>());
            assert_ne!(*found, sorted);
        }
        assert_eq!(epoch_order(50, &Streams::new(1), 1), orders[1]);
    }
}
