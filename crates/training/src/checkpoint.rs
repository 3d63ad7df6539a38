//! Checkpoints: one safetensors file per saved epoch.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use autodecoder_models::tensor_file::{self, TensorFile};
use tch::Tensor;

use crate::{EpochRecord, Error};

const PREFIX: &str = "epoch-";
const SUFFIX: &str = ".safetensors";
const KEPT: usize = 2;

/// The state of a run between two epochs.
pub(crate) struct Checkpoint<'a> {
    /// Decoder, rows, and the state of both optimisers.
    pub tensors: Vec<(String, Tensor)>,
    /// One record per complete epoch.
    pub history: &'a [EpochRecord],
    /// The settings that the run was started with.
    pub fingerprint: &'a str,
}

impl Checkpoint<'_> {
    /// Writes the file for the last epoch of the history, then removes all but the newest files.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(io(folder))?;
        let path = folder.join(format!("{PREFIX}{:07}{SUFFIX}", self.history.len()));
        let history = serde_json::to_string(self.history).map_err(malformed(&path))?;
        let metadata = HashMap::from([
            ("history".to_owned(), history),
            ("fingerprint".to_owned(), self.fingerprint.to_owned()),
        ]);
        tensor_file::write(&path, &self.tensors, Some(metadata))?;
        prune_checkpoints(folder, KEPT)
    }

    /// Reads a file that a run with the same settings wrote.
    pub fn read(path: &Path, fingerprint: &str) -> Result<(TensorFile, Vec<EpochRecord>), Error> {
        let file = tensor_file::read(path)?;
        if file.metadata.get("fingerprint").map(String::as_str) != Some(fingerprint) {
            return Err(Error::OtherSettings { path: path.to_owned() });
        }
        let history = file.metadata.get("history").map(String::as_str).unwrap_or_default();
        let history = serde_json::from_str(history).map_err(malformed(path))?;
        Ok((file, history))
    }
}

/// The newest checkpoint file in `folder`, if there is one.
///
/// # Errors
/// [`Error::Io`] where the folder exists but cannot be read.
pub fn latest_checkpoint(folder: &Path) -> Result<Option<PathBuf>, Error> {
    Ok(checkpoints(folder)?.pop())
}

/// Removes all but the newest `keep` checkpoint files of `folder`.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be read or a file cannot be removed.
pub fn prune_checkpoints(folder: &Path, keep: usize) -> Result<(), Error> {
    let files = checkpoints(folder)?;
    for path in files.iter().take(files.len().saturating_sub(keep)) {
        std::fs::remove_file(path).map_err(io(path))?;
    }
    Ok(())
}

/// Checkpoint files by rising epoch.
fn checkpoints(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

fn malformed(path: &Path) -> impl FnOnce(serde_json::Error) -> Error {
    let path = path.to_owned();
    move |error| {
        let problem = error.to_string();
        Error::Model(autodecoder_models::Error::Malformed { path, problem })
    }
}
