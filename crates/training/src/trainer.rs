//! The training loop.

mod epoch;

use std::path::{Path, PathBuf};

use autodecoder_distributions::Registry;
use autodecoder_models::LatentModel;
use tch::Tensor;

use crate::checkpoint::{Checkpoint, checkpoints, set_damaged_aside};
use crate::decoder_state::DecoderState;
use crate::{
    DeviceImages, EpochRecord, Error, LatentTable, Observer, Optimiser, OptimiserFamily, Streams,
    TrainingConfig,
};

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
    fingerprint: String,
}

impl<'a> Trainer<'a> {
    /// A trainer at the beginning of a run: fresh rows, no history.
    ///
    /// # Errors
    /// For settings out of range, optimisers that do not exist or do not take their options, and a
    /// start that the images cannot give.
    pub fn new(
        model: &'a LatentModel,
        images: &'a DeviceImages,
        config: &'a TrainingConfig,
        optimisers: &Registry<dyn OptimiserFamily>,
        streams: Streams,
    ) -> Result<Trainer<'a>, Error> {
        config.check()?;
        let row_optimiser = config.latents.build(optimisers)?;
        let rows = config.start.rows(model, images, &streams, "row start")?;
        let table = LatentTable::new(rows, row_optimiser.as_ref());
        let decoder = DecoderState::new(model, config.decoder.build(optimisers)?);
        let fingerprint = fingerprint(model, images, config, &streams);
        Ok(Trainer {
            model,
            images,
            config,
            streams,
            row_optimiser,
            decoder,
            table,
            history: Vec::new(),
            fingerprint,
        })
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
        self.decoder.set_requires_grad(true);
        let result = self.run_epochs(folder, &mut due, observer);
        self.decoder.set_requires_grad(false);
        result
    }

    fn run_epochs(
        &mut self,
        folder: Option<&Path>,
        due: &mut dyn FnMut() -> bool,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
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

    fn named_tensors(&self) -> Vec<(String, Tensor)> {
        let mut tensors = self.decoder.named_tensors();
        tensors.extend(self.table.named_tensors());
        tensors
    }

    /// Writes everything that a resume needs.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write_checkpoint(&self, folder: &Path) -> Result<(), Error> {
        let (tensors, fingerprint) = (self.named_tensors(), self.fingerprint.as_str());
        Checkpoint { tensors, history: &self.history, fingerprint }.write(folder)
    }

    /// Continues from the newest whole checkpoint in `folder`, if there is any checkpoint at all.
    /// Newer ones that are damaged get a name that ends in `.damaged`; what is wrong with each is
    /// returned.
    ///
    /// # Errors
    /// [`Error::NoWholeCheckpoint`] where all are damaged; where one was written by other settings, or
    /// cannot be read or renamed.
    pub fn resume_newest(&mut self, folder: &Path) -> Result<Vec<Error>, Error> {
        let (mut damaged, mut errors) = (Vec::new(), Vec::new());
        for path in checkpoints(folder)?.into_iter().rev() {
            match self.resume(&path) {
                Ok(()) => {
                    damaged.iter().try_for_each(|path: &PathBuf| set_damaged_aside(path))?;
                    return Ok(errors);
                }
                Err(error @ Error::Model(autodecoder_models::Error::Malformed { .. })) => {
                    damaged.push(path);
                    errors.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        match errors.first() {
            None => Ok(errors),
            Some(newest) => Err(Error::NoWholeCheckpoint {
                folder: folder.to_owned(),
                problem: newest.to_string(),
            }),
        }
    }

    /// Continues from the checkpoint file at `path`.
    ///
    /// # Errors
    /// Where the file is damaged, or was written by other settings; nothing has changed then.
    pub fn resume(&mut self, path: &Path) -> Result<(), Error> {
        let (mut file, history) = Checkpoint::read(path, &self.fingerprint)?;
        let mut found = Vec::new();
        for (name, tensor) in self.named_tensors() {
            found.push((file.take(&name, &tensor.size(), tensor.device())?, tensor));
        }
        file.finish()?;
        tch::no_grad(|| found.iter_mut().for_each(|(from, into)| into.copy_(from)));
        self.history = history;
        Ok(())
    }
}

/// What must be equal for a checkpoint to be continued.
fn fingerprint(
    model: &LatentModel,
    images: &DeviceImages,
    config: &TrainingConfig,
    streams: &Streams,
) -> String {
    serde_json::json!({
        "model": model.spec(),
        "training": config,
        "streams": streams.seed(),
        "images": images.digest(),
    })
    .to_string()
}
