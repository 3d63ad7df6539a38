//! The training loop.

mod epoch;
mod finite;
mod position;
mod rescale;
mod saved;
mod stopwatch;
mod under_way;

use std::path::Path;

use autodecoder_distributions::Registry;
use autodecoder_models::LatentModel;
use tch::{Kind, Tensor};

pub use epoch::epoch_order;
pub use position::Position;

use saved::{fingerprint, tensor_digest};
use under_way::UnderWay;

use crate::binarised::Binarised;
use crate::decoder_state::DecoderState;
use crate::{
    CpuEngine, DeviceImages, EpochRecord, Error, LatentTable, Observer, Optimiser, OptimiserFamily,
    PixelKind, Streams, TrainingConfig, encoded_rows,
};

/// Fits a model's decoder and the rows of its training images.
#[derive(Debug)]
pub struct Trainer<'a> {
    model: &'a LatentModel,
    images: &'a DeviceImages,
    /// What training sees of the images, where that is drawn anew in every epoch.
    binarised: Option<Binarised>,
    config: &'a TrainingConfig,
    streams: Streams,
    row_optimiser: Box<dyn Optimiser>,
    decoder: DecoderState,
    table: LatentTable,
    /// Takes the steps on the CPU, where every part has a kernel.
    engine: Option<CpuEngine>,
    silent: bool,
    history: Vec<EpochRecord>,
    under_way: UnderWay,
    checkpoint_seconds: f64,
    fingerprint: String,
    /// The resolved experiment as TOML, if anybody told of one.
    experiment: String,
}

impl<'a> Trainer<'a> {
    /// A trainer at the beginning of a run: fresh rows, no history. It takes the model's parameters over:
    /// an earlier trainer of the same model must not go on.
    ///
    /// # Errors
    /// For settings out of range, optimisers that do not exist or do not take their options, a start
    /// that the images cannot give, and bfloat16 where the kernels cannot take the steps.
    pub fn new(
        model: &'a LatentModel,
        images: &'a DeviceImages,
        config: &'a TrainingConfig,
        optimisers: &Registry<dyn OptimiserFamily>,
        streams: Streams,
    ) -> Result<Trainer<'a>, Error> {
        config.check()?;
        config.check_posterior(model.posterior())?;
        let row_optimiser = config.latents.build(optimisers)?;
        let rows = match model.encoder() {
            // The encoder gives the rows: there are none to keep.
            Some(_) => Tensor::zeros([0, model.row_width()], (Kind::Float, images.device())),
            None => config.start.rows(model, images, &streams, "row start")?,
        };
        let table = LatentTable::new(rows, row_optimiser.as_ref());
        let decoder = DecoderState::new(model, config.decoder.build(optimisers)?);
        let kernels = || config.kernels(model, row_optimiser.as_ref(), config.batch_size as usize);
        let engine = decoder.has_kernel().then(kernels).flatten();
        config.precision.check_engine("training", engine.as_ref(), model)?;
        let fingerprint = fingerprint(model, images, config, &streams, PixelKind::Grey);
        Ok(Trainer {
            model,
            images,
            binarised: None,
            config,
            streams,
            row_optimiser,
            decoder,
            table,
            engine,
            silent: false,
            history: Vec::new(),
            under_way: UnderWay::default(),
            checkpoint_seconds: 0.0,
            fingerprint,
            experiment: String::new(),
        })
    }

    /// The posterior's noise is its median in every step from now on: two programs can be compared so, with one
    /// sample of each row.
    #[must_use]
    pub fn without_noise(self) -> Trainer<'a> {
        Trainer { silent: true, ..self }
    }

    /// What training sees of the images from now on: their grey values, or pixels that are binarised
    /// anew in every epoch. Rows start where the grey values put them.
    ///
    /// Where rows are kept, a row stands for all binarisations of its image. A likelihood that is affine
    /// in the pixels, such as the Bernoulli, has the grey image's value for its mean over them, and the
    /// grey values are used in place of draws that would only add noise. An encoder sees what was drawn, and
    /// so do several samples of a row, which each draw weighs its own way.
    ///
    /// # Errors
    /// Where the images cannot be copied from the device.
    pub fn with_pixels(mut self, pixels: PixelKind) -> Result<Trainer<'a>, Error> {
        let exact = self.model.encoder().is_none()
            && self.model.likelihood().is_affine_in_pixels()
            && self.config.importance_samples == 1;
        self.binarised = match pixels {
            PixelKind::Binarised if !exact => Some(Binarised::new(self.images)?),
            _ => None,
        };
        self.fingerprint = fingerprint(self.model, self.images, self.config, &self.streams, pixels);
        Ok(self)
    }

    /// The rows begin as `rows` `[N, row_width]`, whatever the start's settings say. A model with an
    /// encoder has none, and stays as it is. A checkpoint of other first rows is one of other settings.
    #[must_use]
    pub fn with_rows(mut self, rows: &Tensor) -> Trainer<'a> {
        if self.model.encoder().is_none() {
            self.fingerprint += &format!(" rows {}", tensor_digest(rows));
            self.table = LatentTable::new(rows.copy(), self.row_optimiser.as_ref());
        }
        self
    }

    /// Whether the kernels take the steps, and not libtorch.
    pub fn uses_kernels(&self) -> bool {
        self.engine.is_some()
    }

    /// Notes the resolved experiment in every checkpoint, so that one alone tells what it is of. It
    /// changes nothing else.
    pub fn note_experiment(&mut self, toml: String) {
        self.experiment = toml;
    }

    /// Trains to the end, writing a checkpoint into `folder` (if any) whenever `due` says so after
    /// a step, and at the end. A checkpoint is only written of what is finite.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the objective is not finite, [`Error::Stopped`] where the observer
    /// asked for a stop (a checkpoint is written first), and whatever a checkpoint's write returns.
    pub fn run(
        &mut self,
        folder: Option<&Path>,
        due: impl FnMut() -> bool,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        self.run_until(self.config.epochs, folder, due, observer)
    }

    /// As [`Trainer::run`], but only until `epochs` epochs are complete, which is no end that a
    /// checkpoint is due for.
    ///
    /// # Errors
    /// As [`Trainer::run`].
    pub fn run_until(
        &mut self,
        epochs: u32,
        folder: Option<&Path>,
        mut due: impl FnMut() -> bool,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        let epochs = epochs.min(self.config.epochs);
        self.train(|trainer| trainer.run_steps(epochs, folder, &mut due, observer))
    }

    /// Takes `steps` steps, over the ends of epochs, or those that are left where these are fewer.
    /// No checkpoint is written.
    ///
    /// # Errors
    /// As [`Trainer::run`].
    pub fn advance(&mut self, steps: u64, observer: &mut dyn Observer) -> Result<(), Error> {
        self.train(|trainer| {
            for left in (0..steps).rev() {
                if trainer.is_complete() {
                    break;
                }
                trainer.step(observer)?;
                if left > 0 {
                    trainer.check_stop(observer)?;
                }
            }
            Ok(())
        })
    }

    /// What surrounds all training.
    fn train(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        // They were packed when the trainer was made; a checkpoint may have come since.
        if let Some(engine) = &mut self.engine {
            let _ = engine.refresh();
        }
        self.decoder.set_requires_grad(self.engine.is_none());
        self.under_way.watch.start();
        let result = work(self);
        self.under_way.watch.pause();
        self.decoder.set_requires_grad(false);
        result
    }

    fn run_steps(
        &mut self,
        epochs: u32,
        folder: Option<&Path>,
        due: &mut dyn FnMut() -> bool,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        while self.epoch() < epochs {
            self.step(observer)?;
            let stopped = self.check_stop(observer);
            if let Some(folder) = folder
                && (self.is_complete() || stopped.is_err() || due())
            {
                self.save(folder, observer)?;
            }
            stopped?;
        }
        Ok(())
    }

    /// A wish to stop after the last step is no interruption.
    fn check_stop(&self, observer: &dyn Observer) -> Result<(), Error> {
        let stop = observer.should_stop() && !self.is_complete();
        if stop { Err(Error::Stopped { position: self.position() }) } else { Ok(()) }
    }

    fn is_complete(&self) -> bool {
        self.epoch() >= self.config.epochs
    }

    /// The steps that are complete.
    pub fn position(&self) -> Position {
        Position { epoch: self.epoch(), step: self.under_way.steps() as u64 }
    }

    /// Steps since the beginning of the run.
    fn steps_taken(&self) -> u64 {
        u64::from(self.epoch()) * self.batches() as u64 + self.under_way.steps() as u64
    }

    /// Epochs that are complete.
    pub fn epoch(&self) -> u32 {
        self.history.len() as u32
    }

    /// One record per complete epoch.
    pub fn history(&self) -> &[EpochRecord] {
        &self.history
    }

    /// The latent table; without rows where an encoder gives them.
    pub fn table(&self) -> &LatentTable {
        &self.table
    }

    /// The rows of all training images, `[N, row_width]`: the table's, or what the encoder gives.
    pub fn rows(&self) -> Tensor {
        match self.model.encoder() {
            Some(encoder) => encoded_rows(encoder, self.images),
            None => self.table.rows().shallow_clone(),
        }
    }
}
