//! Checkpoints: one safetensors file per saved point of a run.

mod info;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use autodecoder_models::tensor_file::{self, TensorFile};
use sha2::{Digest, Sha256};
use tch::Tensor;

pub use info::CheckpointInfo;

use crate::Error;

const PREFIX: &str = "step-";
const SUFFIX: &str = ".safetensors";
const KEPT: usize = 2;
/// The metadata that holds the file's checksum.
const CHECKSUM: &str = "sha256";

/// The state of a run between two steps.
pub(crate) struct Checkpoint {
    /// Decoder, rows, the state of both optimisers, and the sums of the epoch under way.
    pub tensors: Vec<(String, Tensor)>,
    /// Everything else.
    pub info: CheckpointInfo,
}

impl Checkpoint {
    /// Writes the file, then removes all but the newest files.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(io(folder))?;
        // Names must sort like steps: there are at most 10⁶ epochs of at most 5 · 10⁸ steps.
        let path = folder.join(format!("{PREFIX}{:015}{SUFFIX}", self.info.steps_taken()));
        let mut strings = self.info.to_strings().map_err(problem(&path))?;
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
        strings.insert(CHECKSUM.to_owned(), checksum(tensors.collect(), &strings)?);
        tensor_file::write(&path, &self.tensors, Some(strings))?;
        prune_checkpoints(folder, KEPT)
    }

    /// Reads a file that a run with the same settings wrote, if it is whole to the last bit.
    pub fn read(path: &Path, fingerprint: &str) -> Result<(TensorFile, CheckpointInfo), Error> {
        let mut file = tensor_file::read(path)?;
        let found = file.metadata.remove(CHECKSUM).unwrap_or_default();
        if found != checksum(file.tensors().collect(), &file.metadata)? {
            return Err(problem(path)("its checksum is not that of its contents"));
        }
        let info = CheckpointInfo::from_strings(&file.metadata).map_err(problem(path))?;
        if info.fingerprint != fingerprint {
            return Err(Error::OtherSettings { path: path.to_owned() });
        }
        Ok((file, info))
    }
}

/// SHA-256 of everything in the file, in hexadecimal digits.
fn checksum(
    mut tensors: Vec<(&str, &Tensor)>,
    strings: &HashMap<String, String>,
) -> Result<String, Error> {
    let mut digest = Sha256::new();
    let mut strings: Vec<_> = strings.iter().collect();
    strings.sort();
    for (key, text) in strings {
        digest.update(format!("{key} {} ", text.len()));
        digest.update(text);
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

/// Checkpoint files by rising step.
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
