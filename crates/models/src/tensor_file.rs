//! Named tensors in safetensors files, written atomically and read strictly.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use crate::Error;

/// Tensors by name, with the string metadata of the file.
#[derive(Debug)]
pub struct TensorFile {
    path: PathBuf,
    tensors: BTreeMap<String, Tensor>,
    /// Strings stored beside the tensors.
    pub metadata: HashMap<String, String>,
}

/// Writes tensors (`f32` or `i64`) to `path`, by way of a temporary name and a rename. Strings of
/// `metadata` come in any order, so a file with two of them has not the same bytes each time.
///
/// # Errors
/// [`Error::Io`] where the file cannot be written, [`Error::Malformed`] for tensors of another type;
/// an existing file is then left as it was.
pub fn write(
    path: &Path,
    tensors: &[(String, Tensor)],
    metadata: Option<HashMap<String, String>>,
) -> Result<(), Error> {
    let mut buffers = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        buffers.push((name, dtype(path, name, tensor)?, shape(tensor), bytes(tensor)?));
    }
    let mut views = Vec::with_capacity(buffers.len());
    for (name, dtype, shape, bytes) in &buffers {
        let view = TensorView::new(*dtype, shape.clone(), bytes);
        views.push((name, view.map_err(|error| malformed(path, error))?));
    }
    let bytes = safetensors::serialize(views, metadata).map_err(|error| malformed(path, error))?;
    write_atomically(path, &bytes)
}

/// Reads a safetensors file onto the CPU.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, [`Error::Malformed`] where it is not a whole safetensors
/// file of `f32` and `i64` tensors.
pub fn read(path: &Path) -> Result<TensorFile, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| malformed(path, e))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| malformed(path, e))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.tensors() {
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::I64 => Kind::Int64,
            other => return Err(malformed(path, format!("{name} has the type {other:?}"))),
        };
        let size: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
        tensors.insert(name, Tensor::f_from_data_size(view.data(), &size, kind)?);
    }
    let metadata = header.metadata().clone().unwrap_or_default();
    Ok(TensorFile { path: path.to_owned(), tensors, metadata })
}

/// Reads only the strings that a safetensors file holds beside its tensors, which may be many
/// gigabytes.
///
/// # Errors
/// As [`read`], as far as the file's header goes.
pub fn read_strings(path: &Path) -> Result<HashMap<String, String>, Error> {
    /// What the header says of the file itself.
    #[derive(Deserialize)]
    struct Header {
        #[serde(default, rename = "__metadata__")]
        strings: HashMap<String, String>,
    }
    let header = read_header(path).map_err(Error::io(path))?;
    let header: Header = serde_json::from_slice(&header).map_err(|e| malformed(path, e))?;
    Ok(header.strings)
}

/// The bytes of the header, or as many of them as there are.
fn read_header(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let mut header = Vec::new();
    file.take(u64::from_le_bytes(length)).read_to_end(&mut header)?;
    Ok(header)
}

/// Writes `bytes` to `path` by way of a temporary name in the same folder, flushed and renamed, so
/// that `path` is never half-written.
///
/// # Errors
/// [`Error::Io`]; an existing file is then left as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let result = write_and_rename(&temporary, path, bytes);
    if result.is_err() {
        // Best effort: the first error is the one worth reporting.
        let _ = std::fs::remove_file(&temporary);
    }
    result.map_err(Error::io(path))
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(temporary)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(temporary, path)
}

impl TensorFile {
    /// Takes the `f32` tensor `name`, which must have the given shape, to `device`.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it is missing, or has another shape or type.
    pub fn take(&mut self, name: &str, shape: &[i64], device: Device) -> Result<Tensor, Error> {
        Ok(self.take_kind(name, shape, Kind::Float)?.to_device(device))
    }

    /// Takes the `i64` tensor `name`, which must have one dimension, as numbers.
    ///
    /// # Errors
    /// As [`TensorFile::take`].
    pub fn take_integers(&mut self, name: &str) -> Result<Vec<i64>, Error> {
        let length = self.tensors.get(name).map_or(0, |tensor| tensor.numel() as i64);
        Ok(Vec::try_from(self.take_kind(name, &[length], Kind::Int64)?)?)
    }

    fn take_kind(&mut self, name: &str, shape: &[i64], kind: Kind) -> Result<Tensor, Error> {
        let tensor = self
            .tensors
            .remove(name)
            .ok_or_else(|| malformed(&self.path, format!("the tensor {name} is missing")))?;
        let found = (tensor.size(), tensor.kind());
        if (found.0.as_slice(), found.1) != (shape, kind) {
            let (size, kind_found) = found;
            let problem = format!("{name} is {kind_found:?} {size:?}, expected {kind:?} {shape:?}");
            return Err(malformed(&self.path, problem));
        }
        Ok(tensor)
    }

    /// All tensors that were not taken yet, by rising name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The shape of the tensor `name`, if there is one.
    pub fn shape(&self, name: &str) -> Option<Vec<i64>> {
        self.tensors.get(name).map(Tensor::size)
    }

    /// Ends the reading: everything in the file must have been taken.
    ///
    /// # Errors
    /// [`Error::Malformed`] that names what is left.
    pub fn finish(self) -> Result<(), Error> {
        if self.tensors.is_empty() {
            return Ok(());
        }
        let left: Vec<_> = self.tensors.keys().cloned().collect();
        Err(malformed(&self.path, format!("unexpected tensors: {}", left.join(", "))))
    }
}

fn malformed(path: &Path, problem: impl ToString) -> Error {
    Error::Malformed { path: path.to_owned(), problem: problem.to_string() }
}

/// The type on disk; nothing is converted on the way.
fn dtype(path: &Path, name: &str, tensor: &Tensor) -> Result<Dtype, Error> {
    match tensor.kind() {
        Kind::Float => Ok(Dtype::F32),
        Kind::Int64 => Ok(Dtype::I64),
        other => Err(malformed(path, format!("{name} is {other:?}, expected Float or Int64"))),
    }
}

fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().iter().map(|&n| n as usize).collect()
}

/// A tensor's values as a file holds them.
///
/// # Errors
/// [`Error::Torch`] where libtorch cannot copy them.
pub fn bytes(tensor: &Tensor) -> Result<Vec<u8>, Error> {
    let flat = tensor.detach().to_device(Device::Cpu).contiguous();
    let count = flat.numel();
    let mut bytes = vec![0u8; count * flat.kind().elt_size_in_bytes()];
    flat.f_copy_data_u8(&mut bytes, count)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Vec<(String, Tensor)> {
        vec![
            ("a".to_owned(), Tensor::from_slice(&[1.5f32, -2.0, f32::MIN_POSITIVE])),
            ("b".to_owned(), Tensor::from_slice(&[i64::MAX, -1])),
        ]
    }

    #[test]
    fn round_trips_bits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let metadata = HashMap::from([("k".to_owned(), "v".to_owned())]);
        write(&path, &example(), Some(metadata.clone())).unwrap();
        let mut file = read(&path).unwrap();
        assert_eq!(file.metadata, metadata);
        assert_eq!(read_strings(&path).unwrap(), metadata);
        let a = file.take("a", &[3], Device::Cpu).unwrap();
        assert_eq!(Vec::<f32>::try_from(a).unwrap(), [1.5, -2.0, f32::MIN_POSITIVE]);
        assert_eq!(file.take_integers("b").unwrap(), [i64::MAX, -1]);
        file.finish().unwrap();
        write(&path, &example(), None).unwrap();
        assert!(read_strings(&path).unwrap().is_empty());
    }

    #[test]
    fn strings_of_what_is_no_whole_header_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        for bytes in [&b""[..], b"short", b"not a safetensors file", b"\x02\0\0\0\0\0\0\0{"] {
            std::fs::write(&path, bytes).unwrap();
            read_strings(&path).unwrap_err();
        }
    }

    #[test]
    fn rejects_truncation_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        write(&path, &example(), None).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(read(&path).is_err(), "{length} of {} bytes were accepted", whole.len());
        }
    }

    #[test]
    fn names_what_is_missing_misshapen_or_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        write(&path, &example(), None).unwrap();
        let mut file = read(&path).unwrap();
        assert!(
            file.take("c", &[1], Device::Cpu).unwrap_err().to_string().contains("c is missing")
        );
        let wrong = file.take("a", &[4], Device::Cpu).unwrap_err().to_string();
        assert!(wrong.contains("a is Float [3], expected Float [4]"), "{wrong}");
        assert!(file.finish().unwrap_err().to_string().contains("unexpected tensors: b"));
    }

    #[test]
    fn types_are_checked_both_ways() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let doubles = [("d".to_owned(), Tensor::from_slice(&[0.1f64]))];
        let refused = write(&path, &doubles, None).unwrap_err().to_string();
        assert!(refused.contains("d is Double, expected Float or Int64"), "{refused}");
        write(&path, &example(), None).unwrap();
        let floats = read(&path).unwrap().take("b", &[2], Device::Cpu).unwrap_err().to_string();
        assert!(floats.contains("b is Int64 [2], expected Float [2]"), "{floats}");
        let integers = read(&path).unwrap().take_integers("a").unwrap_err().to_string();
        assert!(integers.contains("a is Float [3], expected Int64 [3]"), "{integers}");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        write_atomically(&path, b"old").unwrap();
        std::fs::create_dir(folder.path().join("x.json.tmp")).unwrap(); // Blocks the temporary name.
        assert!(write_atomically(&path, b"new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }
}
