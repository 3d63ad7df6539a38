//! One test for every kind of bad file: the error is the right one, and its message names the file.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

/// Asserts that an error is of one kind, and prints its message where it is not.
macro_rules! is {
    ($error:expr, $kind:pat) => {{
        let error = &$error;
        assert!(matches!(error, $kind), "{error}");
    }};
}

mod csv;
mod folder;
mod idx;

use std::fmt::Debug;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use autodecoder_data::Error;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// Two images of 2 × 3 pixels.
const IMAGES: [u8; 28] = [
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, // header
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

/// Two labels.
const LABELS: [u8; 10] = [0, 0, 8, 1, 0, 0, 0, 2, 3, 4];

/// A file in a folder of its own, removed when this is dropped.
struct OneFile {
    _folder: TempDir,
    path: PathBuf,
}

impl OneFile {
    fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("the-file");
        fs::write(&path, bytes).unwrap();
        OneFile { _folder: folder, path }
    }
}

/// The error, which must name the file before all else.
fn refused<T: Debug>(path: &Path, result: Result<T, Error>) -> Error {
    let error = result.unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(path.to_str().unwrap()), "{message}");
    error
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
