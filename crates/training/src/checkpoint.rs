//! Checkpoints: one safetensors file per saved epoch.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use autodecoder_models::tensor_file::{self, TensorFile};
use sha2::{Digest, Sha256};
use tch::Tensor;

use crate::{EpochRecord, Error};

const PREFIX: &str = "epoch-";
const SUFFIX: &str = ".safetensors";
const KEPT: usize = 2;
/// The metadata that holds the file's checksum.
const CHECKSUM: &str = "sha256";

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
        let history = serde_json::to_string(self.history).map_err(problem(&path))?;
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
        let checksum = checksum(tensors.collect(), &history, self.fingerprint)?;
        let metadata = HashMap::from([
            ("history".to_owned(), history),
            ("fingerprint".to_owned(), self.fingerprint.to_owned()),
            (CHECKSUM.to_owned(), checksum),
        ]);
        tensor_file::write(&path, &self.tensors, Some(metadata))?;
        prune_checkpoints(folder, KEPT)
    }

    /// Reads a file that a run with the same settings wrote, if it is whole to the last bit.
    pub fn read(path: &Path, fingerprint: &str) -> Result<(TensorFile, Vec<EpochRecord>), Error> {
        let file = tensor_file::read(path)?;
        let text = |key| file.metadata.get(key).map(String::as_str).unwrap_or_default();
        let (history, found) = (text("history"), text("fingerprint"));
        if text(CHECKSUM) != checksum(file.tensors().collect(), history, found)? {
            return Err(problem(path)("its checksum is not that of its contents"));
        }
        if found != fingerprint {
            return Err(Error::OtherSettings { path: path.to_owned() });
        }
        let history = serde_json::from_str(history).map_err(problem(path))?;
        Ok((file, history))
    }
}

/// SHA-256 of everything that a resume takes from the file, in hexadecimal digits.
fn checksum(
    mut tensors: Vec<(&str, &Tensor)>,
    history: &str,
    fingerprint: &str,
) -> Result<String, Error> {
    let mut digest = Sha256::new();
    for text in [history, fingerprint] {
        digest.update(text);
        digest.update([0]);
    }
    tensors.sort_by_key(|(name, _)| *name);
    for (name, tensor) in tensors {
        digest.update(format!("{name} {:?} {:?} ", tensor.kind(), tensor.size()));
        digest.update(tensor_file::bytes(tensor)?);
    }
    Ok(format!("{:x}", digest.finalize()))
}

/// Renames a checkpoint file so that it is taken for one no more.
pub(crate) fn set_damaged_aside(path: &Path) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    std::fs::rename(path, name).map_err(io(path))
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
pub(crate) fn checkpoints(folder: &Path) -> Result<Vec<PathBuf>, Error> {
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

fn problem<P: ToString>(path: &Path) -> impl FnOnce(P) -> Error {
    let path = path.to_owned();
    move |problem| {
        let problem = problem.to_string();
        Error::Model(autodecoder_models::Error::Malformed { path, problem })
    }
}
