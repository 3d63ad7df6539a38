//! What kind of file a user gives, by what it holds rather than what it is called.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::OwnDataError;
use super::arrays::shape;
use super::pictures::is_picture;
use crate::Error;

/// The kinds of data that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A folder of PNG or JPEG pictures.
    Pictures,
    /// Text: a table of numbers.
    Table,
    /// numpy's `.npy` or `.npz`.
    Array,
    /// IDX images, plain or gzip.
    Idx,
}

/// The kind of the file or folder at `path`.
///
/// # Errors
/// [`Error::Missing`], [`Error::Read`], [`Error::Empty`], and [`OwnDataError::Kind`] for a file of a kind
/// that is not read.
pub fn file_kind(path: impl AsRef<Path>) -> Result<FileKind, Error> {
    let path = path.as_ref();
    if path.is_dir() {
        return Ok(FileKind::Pictures);
    }
    let mut start = [0; 8];
    let mut file = File::open(path).map_err(|e| Error::read(path, e))?;
    let count = file.read(&mut start).map_err(|e| Error::read(path, e))?;
    let other = |found: &str| {
        Err(OwnDataError::Kind { path: path.to_owned(), found: found.to_owned() }.into())
    };
    match &start[..count] {
        [] => Err(Error::Empty { path: path.to_owned() }),
        [0x93, b'N', b'U', b'M', ..] | [b'P', b'K', 3, 4, ..] => Ok(FileKind::Array),
        [0, 0, ..] | [0x1f, 0x8b, ..] => Ok(FileKind::Idx),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => {
            other("is a single picture: name the folder that holds the pictures")
        }
        start if start.contains(&0) => other("holds binary data of an unknown kind"),
        _ => Ok(FileKind::Table),
    }
}

/// Whether the file at `path` holds a table: text, or an array of two dimensions.
///
/// # Errors
/// As [`file_kind`], and whatever is wrong with an array's header.
pub fn is_table(path: impl AsRef<Path>) -> Result<bool, Error> {
    let path = path.as_ref();
    match file_kind(path)? {
        FileKind::Table => Ok(true),
        FileKind::Array => Ok(shape(path)?.len() == 2),
        FileKind::Pictures | FileKind::Idx => Ok(false),
    }
}

/// Whether `path` is what [`read_own`](super::read_own) reads: a file, or a folder with a picture in it
/// or in one of the folders right inside it.
pub fn holds_own_data(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    let inside = |folder: &Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let first = inside(path);
    path.is_file()
        || first.iter().any(|entry| is_picture(entry))
        || first.iter().any(|folder| inside(folder).iter().any(|entry| is_picture(entry)))
}
