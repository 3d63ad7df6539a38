//! Reading a user's own file or folder, whatever its kind.

use std::path::{Path, PathBuf};

use super::arrays::{is_archive, problem_of, read_named};
use super::pictures::{Pictures, read_pictures};
use super::{Array, FileKind, Numbers, PictureOptions, Table, classes, file_kind, read_array};
use crate::{Error, ImageSet, ImageShape, read_idx_images, read_table};

/// What a file or folder holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Images, some of whose pixels may be missing.
    Images(ImageSet),
    /// A table, some of whose cells may be missing.
    Table(Table),
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// Everything that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnData {
    /// Images or a table.
    pub content: Content,
    /// Each row's class.
    pub labels: Vec<u8>,
    /// What the labels mean; a single class `all` where the data names none.
    pub classes: Vec<String>,
    /// Bad files that were left out.
    pub skipped: Vec<Skipped>,
}

impl OwnData {
    /// Rows of the table, or images.
    pub fn rows(&self) -> usize {
        match &self.content {
            Content::Images(set) => set.len(),
            Content::Table(table) => table.rows(),
        }
    }
}

/// Images with the meaning of their labels.
pub(super) struct Labelled {
    pub set: ImageSet,
    pub classes: Vec<String>,
}

/// Reads the file or folder at `path`, by its kind ([`file_kind`]):
/// - a folder: its PNG and JPEG pictures, keyed by their relative paths; folders inside it name classes;
/// - CSV: a table ([`read_table`]);
/// - `.npy`, `.npz`: `[N, D]` a table whose columns are called `1` to `D`; `[N, H, W]` and
///   `[N, C, H, W]` with one or three channels images, bytes or floats from 0 to 1, NaN where one is
///   missing. An archive's array `labels` or `y` (`[N]`) holds classes;
/// - IDX: images.
///
/// # Errors
/// Whatever is wrong with the file, as [`Error`] says it.
pub fn read_own(path: impl AsRef<Path>, options: PictureOptions) -> Result<OwnData, Error> {
    let path = path.as_ref();
    match file_kind(path)? {
        FileKind::Pictures => {
            let Pictures { found: Labelled { set, classes }, skipped } =
                read_pictures(path, options)?;
            let labels = set.labels().to_vec();
            Ok(OwnData { content: Content::Images(set), labels, classes, skipped })
        }
        FileKind::Table => {
            let table = read_table(path)?;
            let words = table.labels().map(<[String]>::to_vec);
            labelled(path, Content::Table(table), words)
        }
        FileKind::Array => {
            let array = read_array(path)?;
            let words = label_words(path, array.shape.first().copied().unwrap_or(0))?;
            labelled(path, of_array(path, array)?, words)
        }
        FileKind::Idx => {
            let images = read_idx_images(path)?;
            let (shape, labels) = (images.shape(), vec![0; images.len()]);
            let set = ImageSet::new(shape, images.into_pixels(), labels)?;
            labelled(path, Content::Images(set), None)
        }
    }
}

fn labelled(path: &Path, content: Content, words: Option<Vec<String>>) -> Result<OwnData, Error> {
    let data = OwnData { content, labels: Vec::new(), classes: Vec::new(), skipped: Vec::new() };
    if data.rows() == 0 {
        return Err(Error::NoImages { path: path.to_owned() });
    }
    let words = words.unwrap_or_else(|| vec!["all".to_owned(); data.rows()]);
    let (labels, classes) = classes::number(path, &words)?;
    Ok(OwnData { labels, classes, ..data })
}

/// The classes that an archive's array `labels` or `y` names.
fn label_words(path: &Path, rows: usize) -> Result<Option<Vec<String>>, Error> {
    if !is_archive(path)? {
        return Ok(None);
    }
    for name in ["labels", "y"] {
        let Some(Array { shape, numbers }) = read_named(path, name)? else { continue };
        let words: Vec<String> = match numbers {
            Numbers::Bytes(values) => values.iter().map(u8::to_string).collect(),
            Numbers::Integers(values) => values.iter().map(i64::to_string).collect(),
            other => {
                let problem = format!("the array {name} is {}; expected int64", other.kind());
                return Err(problem_of(path, problem));
            }
        };
        if shape != [rows] {
            let problem = format!("the array {name} has shape {shape:?}, expected [{rows}]");
            return Err(problem_of(path, problem));
        }
        return Ok(Some(words));
    }
    Ok(None)
}

fn of_array(path: &Path, Array { shape, numbers }: Array) -> Result<Content, Error> {
    let (rows, image) = match shape[..] {
        [_, columns] if columns > 0 => {
            let names = (1..=columns).map(|column| column.to_string()).collect();
            return Ok(Content::Table(Table::new(names, numbers.to_doubles())?));
        }
        [rows, height, width] => (rows, ImageShape::grey(height, width)),
        [rows, channels @ (1 | 3), height, width] => (rows, ImageShape { channels, height, width }),
        _ => {
            let hint = match shape[..] {
                [_, _, _, 1 | 3] => "; put the channels first with array.transpose(0, 3, 1, 2)",
                _ => "",
            };
            let problem = format!(
                "the array has shape {shape:?}; expected [N, columns], [N, height, width], or \
                 [N, channels, height, width] with 1 or 3 channels{hint}"
            );
            return Err(problem_of(path, problem));
        }
    };
    let labels = vec![0; rows];
    let set = match numbers {
        Numbers::Bytes(bytes) => ImageSet::new(image, bytes, labels)?,
        Numbers::Singles(floats) => ImageSet::floats(image, in_range(path, floats)?, labels)?,
        Numbers::Doubles(doubles) => {
            let floats = doubles.iter().map(|&value| value as f32).collect();
            ImageSet::floats(image, in_range(path, floats)?, labels)?
        }
        Numbers::Integers(_) | Numbers::Flags(_) => {
            let problem = format!("the images are {}; expected uint8 or floats", numbers.kind());
            return Err(problem_of(path, problem));
        }
    };
    Ok(Content::Images(set))
}

/// Pixels from 0 to 1, or missing.
fn in_range(path: &Path, floats: Vec<f32>) -> Result<Vec<f32>, Error> {
    match floats.iter().find(|value| !value.is_nan() && !(0.0..=1.0).contains(*value)) {
        None => Ok(floats),
        Some(value) => Err(problem_of(
            path,
            format!(
                "a pixel is {value}; expected 0 to 1 in images of floats: scale them, or store \
                 bytes as uint8"
            ),
        )),
    }
}
