//! How a run is saved, and goes on from what was saved.

use std::path::{Path, PathBuf};
use std::time::Instant;

use autodecoder_models::LatentModel;
use autodecoder_models::tensor_file::TensorFile;
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use super::Trainer;
use super::under_way::UnderWay;
use crate::checkpoint::{Checkpoint, CheckpointInfo, checkpoints, set_damaged_aside};
use crate::{DeviceImages, Error, Observer, PixelKind, Precision, Streams, TrainingConfig};

/// The sums of the steps of the epoch under way; left out where there are none.
const SUMS: &str = "epoch_sums";

impl Trainer<'_> {
    fn named_tensors(&self) -> Vec<(String, Tensor)> {
        let mut tensors = self.decoder.named_tensors();
        tensors.extend(self.table.named_tensors());
        tensors
    }

    /// Writes everything that a resume needs.
    ///
    /// # Errors
    /// Where what was learned is not finite, and where the file cannot be written.
    pub fn write_checkpoint(&self, folder: &Path) -> Result<(), Error> {
        self.finite_sums()?;
        self.write(folder)
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        let mut tensors = self.named_tensors();
        tensors.extend(self.under_way.stacked()?.map(|sums| (SUMS.to_owned(), sums)));
        let info = CheckpointInfo {
            position: self.position(),
            steps_per_epoch: self.batches() as u64,
            epoch_seconds: self.under_way.watch.seconds(),
            checkpoint_seconds: self.checkpoint_seconds,
            history: self.history.clone(),
            fingerprint: self.fingerprint.clone(),
            experiment: self.experiment.clone(),
        };
        Checkpoint { tensors, info }.write(folder)
    }

    /// Writes a checkpoint in the middle of training, off the epoch's clock.
    pub(super) fn save(&mut self, folder: &Path, observer: &mut dyn Observer) -> Result<(), Error> {
        // Waits for the steps that the device still has to take: they are training.
        self.finite_sums()?;
        self.under_way.watch.pause();
        let started = Instant::now();
        self.write(folder)?;
        let seconds = started.elapsed().as_secs_f64();
        self.under_way.watch.start();
        self.checkpoint_seconds += seconds;
        observer.checkpoint(seconds);
        Ok(())
    }

    /// Seconds spent on checkpoints, those of earlier processes included.
    pub fn checkpoint_seconds(&self) -> f64 {
        self.checkpoint_seconds
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
        let (mut file, info) = Checkpoint::read(path, &self.fingerprint)?;
        let mut found = Vec::new();
        for (name, tensor) in self.named_tensors() {
            found.push((file.take(&name, &tensor.size(), tensor.device())?, tensor));
        }
        let sums = self.take_sums(&mut file, info.position.step)?;
        file.finish()?;
        tch::no_grad(|| found.iter_mut().for_each(|(from, into)| into.copy_(from)));
        self.under_way = UnderWay::resumed(sums, info.epoch_seconds);
        self.checkpoint_seconds = info.checkpoint_seconds;
        self.history = info.history;
        Ok(())
    }

    /// The sums of the `steps` that are complete of the epoch under way.
    fn take_sums(&self, file: &mut TensorFile, steps: u64) -> Result<Option<Tensor>, Error> {
        if steps == 0 {
            return Ok(None);
        }
        Ok(Some(file.take(SUMS, &[steps as i64, 3], self.images.device())?))
    }
}

/// SHA-256 of a tensor's values as f32, in hexadecimal digits.
pub(super) fn tensor_digest(tensor: &Tensor) -> String {
    let flat = tensor.reshape([-1]).to_kind(Kind::Float).to_device(Device::Cpu);
    let mut hash = Sha256::new();
    for value in flat.iter::<f64>().into_iter().flatten() {
        hash.update(value.to_le_bytes());
    }
    format!("{:x}", hash.finalize())
}

/// What must be equal for a checkpoint to be continued.
pub(super) fn fingerprint(
    model: &LatentModel,
    images: &DeviceImages,
    config: &TrainingConfig,
    streams: &Streams,
    pixels: PixelKind,
) -> String {
    let mut training = serde_json::json!(config);
    // So it was before there was a choice: checkpoints of then go on.
    let as_before = [
        ("precision", config.precision == Precision::F32),
        ("rescale", !config.rescale),
        ("importance_samples", config.importance_samples == 1),
    ];
    if let Some(keys) = training.as_object_mut() {
        keys.retain(|key, _| !as_before.contains(&(key.as_str(), true)));
    }
    serde_json::json!({
        "model": model.spec(),
        "training": training,
        "streams": streams.seed(),
        "pixels": pixels,
        "images": images.digest(),
    })
    .to_string()
}
