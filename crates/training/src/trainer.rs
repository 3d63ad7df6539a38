//! The training loop.

use std::path::Path;
use std::time::Instant;

use autodecoder_models::LatentModel;
use rand::seq::SliceRandom;
use tch::{Kind, Tensor};

use crate::checkpoint::Checkpoint;
use crate::{
    DeviceImages, EpochRecord, Error, LatentTable, Observer, Optimiser, OptimiserFamily, RowStep,
    Streams, TrainingConfig, latent_noise, row_step,
};
use autodecoder_distributions::Registry;

/// Fits a model's decoder and the rows of its training images.
#[derive(Debug)]
pub struct Trainer<'a> {
    model: &'a LatentModel,
    images: &'a DeviceImages,
    config: &'a TrainingConfig,
    streams: Streams,
    row_optimiser: Box<dyn Optimiser>,
    decoder: DecoderState,
    table: LatentTable,
    history: Vec<EpochRecord>,
}

/// The decoder's side: its parameters and their optimiser's state.
#[derive(Debug)]
struct DecoderState {
    optimiser: Box<dyn Optimiser>,
    names: Vec<String>,
    parameters: Vec<Tensor>,
    state: Vec<Vec<Tensor>>,
    steps: Tensor,
}

impl<'a> Trainer<'a> {
    /// A trainer at the beginning of a run: fresh rows, no history.
    ///
    /// # Errors
    /// For optimisers that do not exist or do not take their options, and for a start that the
    /// images cannot give.
    pub fn new(
        model: &'a LatentModel,
        images: &'a DeviceImages,
        config: &'a TrainingConfig,
        optimisers: &Registry<dyn OptimiserFamily>,
        streams: Streams,
    ) -> Result<Trainer<'a>, Error> {
        let row_optimiser = config.latents.build(optimisers)?;
        let rows = config.start.rows(model, images, &streams, "row start")?;
        let table = LatentTable::new(rows, row_optimiser.as_ref());
        let decoder = DecoderState::new(model, config.decoder.build(optimisers)?, images);
        let history = Vec::new();
        Ok(Trainer { model, images, config, streams, row_optimiser, decoder, table, history })
    }

    /// Trains to the end, writing a checkpoint into `folder` (if any) whenever `due` says so after
    /// an epoch, and at the end.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the objective is not finite, [`Error::Stopped`] where the observer
    /// asked for a stop (a checkpoint is written first), and whatever a checkpoint's write returns.
    pub fn run(
        &mut self,
        folder: Option<&Path>,
        mut due: impl FnMut() -> bool,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        self.set_requires_grad(true);
        while self.epoch() < self.config.epochs {
            let record = self.run_epoch(observer)?;
            observer.epoch(&record);
            self.history.push(record);
            let last = self.epoch() == self.config.epochs;
            let stop = observer.should_stop() && !last;
            if let Some(folder) = folder
                && (last || stop || due())
            {
                self.write_checkpoint(folder)?;
            }
            if stop {
                return Err(Error::Stopped { epoch: self.epoch() });
            }
        }
        self.set_requires_grad(false);
        Ok(())
    }

    /// Epochs that are complete.
    pub fn epoch(&self) -> u32 {
        self.history.len() as u32
    }

    /// One record per complete epoch.
    pub fn history(&self) -> &[EpochRecord] {
        &self.history
    }

    /// The rows of all training images.
    pub fn table(&self) -> &LatentTable {
        &self.table
    }

    fn batches(&self) -> usize {
        self.images.len().unsigned_abs().div_ceil(u64::from(self.config.batch_size)) as usize
    }

    fn progress(&self, batch: usize) -> f64 {
        let batches = self.batches() as f64;
        (f64::from(self.epoch()) + batch as f64 / batches) / f64::from(self.config.epochs)
    }

    fn run_epoch(&mut self, observer: &mut dyn Observer) -> Result<EpochRecord, Error> {
        let started = Instant::now();
        let batches = self.batches();
        let order = self.order();
        let total = u64::from(self.config.epochs) * batches as u64;
        let mut sums = Vec::with_capacity(batches);
        for batch in 0..batches {
            let start = batch as i64 * i64::from(self.config.batch_size);
            let count = i64::from(self.config.batch_size).min(self.images.len() - start);
            sums.push(self.run_batch(batch, &order.narrow(0, start, count)));
            observer.step(u64::from(self.epoch()) * batches as u64 + batch as u64 + 1, total);
        }
        // The only point of an epoch at which the CPU waits for the device.
        let sums = Tensor::stack(&sums, 0).to_kind(Kind::Double);
        self.check_finite(&sums)?;
        Ok(self.record(&sums, started.elapsed().as_secs_f64()))
    }

    fn order(&self) -> Tensor {
        let mut order: Vec<i64> = (0..self.images.len()).collect();
        order.shuffle(&mut self.streams.rng("order", &[u64::from(self.epoch())]));
        Tensor::from_slice(&order).to_device(self.images.device())
    }

    /// Sums of objective, reconstruction and KL at the batch's last latent step, `[3]`.
    fn run_batch(&mut self, batch: usize, indices: &Tensor) -> Tensor {
        let progress = self.progress(batch);
        let images = self.images.batch(indices);
        let mut rows = self.table.gather(indices);
        let steps = self.config.latent_steps;
        for latent_step in 0..steps {
            let noise = self.noise(batch, latent_step, indices.size()[0]);
            let inputs = RowStep {
                images: &images,
                noise: &noise,
                regulariser_weight: self.config.regulariser_weight(progress),
                rate: self.config.latents.rate_at(progress),
            };
            let joint = latent_step + 1 == steps;
            let parameters = if joint { self.decoder.parameters.as_slice() } else { &[] };
            let optimiser = self.row_optimiser.as_ref();
            let outcome = row_step(self.model, &mut rows, &inputs, optimiser, parameters);
            if joint {
                let rate = self.config.decoder.rate_at(progress);
                self.decoder.update(&outcome.gradients, indices.size()[0], rate);
                self.table.scatter(indices, &rows);
                return outcome.sums;
            }
        }
        unreachable!("latent_steps is at least 1, and the last step returns")
    }

    fn noise(&self, batch: usize, latent_step: u32, rows: i64) -> Tensor {
        let counters = [u64::from(self.epoch()), batch as u64, u64::from(latent_step)];
        latent_noise(
            self.model.posterior().noise(),
            rows,
            self.model.spec().latent_dim,
            self.images.device(),
            &mut self.streams.rng("noise", &counters),
        )
    }

    fn check_finite(&self, sums: &Tensor) -> Result<(), Error> {
        for batch in 0..self.batches() {
            let value = sums.double_value(&[batch as i64, 0]);
            if !value.is_finite() {
                return Err(Error::Diverged {
                    model: self.model.spec().name.clone(),
                    epoch: self.epoch() + 1,
                    batch: batch + 1,
                    batches: self.batches(),
                    value,
                });
            }
        }
        Ok(())
    }

    fn record(&self, sums: &Tensor, seconds: f64) -> EpochRecord {
        let images = self.images.len() as f64;
        let mean = |column| sums.select(1, column).sum(Kind::Double).double_value(&[]) / images;
        let progress = self.progress(self.batches() - 1);
        EpochRecord {
            epoch: self.epoch() + 1,
            objective: mean(0),
            reconstruction: mean(1),
            kl: (self.model.spec().kind == autodecoder_models::ModelKind::VariationalAutoDecoder)
                .then(|| mean(2)),
            regulariser_weight: self.config.regulariser_weight(progress),
            decoder_rate: self.config.decoder.rate_at(progress),
            latent_rate: self.config.latents.rate_at(progress),
            seconds,
            images_per_second: images / seconds,
        }
    }

    fn set_requires_grad(&self, wanted: bool) {
        for parameter in &self.decoder.parameters {
            let _ = parameter.set_requires_grad(wanted);
        }
    }

    /// Writes everything that a resume needs.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write_checkpoint(&self, folder: &Path) -> Result<(), Error> {
        let mut tensors = self.decoder.named_tensors();
        tensors.extend(self.table.named_tensors());
        let fingerprint = self.fingerprint();
        Checkpoint { tensors, history: &self.history, fingerprint: &fingerprint }.write(folder)
    }

    /// Continues from the checkpoint file at `path`.
    ///
    /// # Errors
    /// Where the file is damaged, or was written by other settings.
    pub fn resume(&mut self, path: &Path) -> Result<(), Error> {
        let (mut file, history) = Checkpoint::read(path, &self.fingerprint())?;
        let device = self.images.device();
        let mut take = |name: &str, shape: &[i64]| file.take(name, shape, device);
        self.decoder.restore(&mut take)?;
        self.table.restore(|name, shape, _| take(name, shape))?;
        file.finish()?;
        self.history = history;
        Ok(())
    }

    /// What must be equal for a checkpoint to be continued.
    fn fingerprint(&self) -> String {
        let spec = self.model.spec();
        serde_json::json!({
            "model": spec, "training": self.config, "streams": self.streams.seed(),
            "images": self.images.len(),
        })
        .to_string()
    }
}

impl DecoderState {
    fn new(model: &LatentModel, optimiser: Box<dyn Optimiser>, images: &DeviceImages) -> Self {
        let (names, parameters): (Vec<_>, Vec<_>) = model.named_parameters().into_iter().unzip();
        let zeros = |parameter: &Tensor| {
            optimiser.state_names().iter().map(|_| parameter.zeros_like()).collect()
        };
        let state = parameters.iter().map(zeros).collect();
        let steps = Tensor::zeros([1], (Kind::Float, images.device()));
        DecoderState { optimiser, names, parameters, state, steps }
    }

    /// Moves the parameters by the gradients of a batch's summed objective, averaged over its
    /// `images`.
    fn update(&mut self, gradients: &[Tensor], images: i64, rate: f64) {
        tch::no_grad(|| {
            let _ = self.steps.g_add_scalar_(1.0);
            for ((parameter, state), gradient) in
                self.parameters.iter_mut().zip(&mut self.state).zip(gradients)
            {
                let mean = gradient / images as f64;
                let update = self.optimiser.update(&mean, state, &self.steps, rate);
                let _ = parameter.g_sub_(&update);
            }
        });
    }

    fn named_tensors(&self) -> Vec<(String, Tensor)> {
        let mut named = vec![("decoder_steps".to_owned(), self.steps.shallow_clone())];
        for ((name, parameter), state) in self.names.iter().zip(&self.parameters).zip(&self.state) {
            named.push((format!("decoder.{name}"), parameter.shallow_clone()));
            for (index, tensor) in state.iter().enumerate() {
                named.push((format!("decoder_state.{index}.{name}"), tensor.shallow_clone()));
            }
        }
        named
    }

    /// Copies a checkpoint's values into the tensors that the model shares.
    fn restore(
        &mut self,
        mut take: impl FnMut(&str, &[i64]) -> Result<Tensor, autodecoder_models::Error>,
    ) -> Result<(), autodecoder_models::Error> {
        let mut load = |name: String, into: &mut Tensor| -> Result<(), autodecoder_models::Error> {
            let found = take(&name, &into.size())?;
            tch::no_grad(|| into.copy_(&found));
            Ok(())
        };
        load("decoder_steps".to_owned(), &mut self.steps)?;
        for ((name, parameter), state) in
            self.names.iter().zip(&mut self.parameters).zip(&mut self.state)
        {
            load(format!("decoder.{name}"), parameter)?;
            for (index, tensor) in state.iter_mut().enumerate() {
                load(format!("decoder_state.{index}.{name}"), tensor)?;
            }
        }
        Ok(())
    }
}
