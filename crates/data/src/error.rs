//! What can be wrong with a data set.

use std::io;
use std::path::{Path, PathBuf};

use crate::{ImageShape, Split};

/// A data set that cannot be read, or a request that it cannot meet.
///
/// The message names the file, what was expected, what was found, and what to do. An underlying
/// I/O error is in [`std::error::Error::source`], not in the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such file.
    #[error("{}: there is no such file; check the path", .path.display())]
    Missing {
        /// The file asked for.
        path: PathBuf,
    },

    /// A folder stands where a file was expected.
    #[error("{}: is a folder where a file was expected; name the file inside it", .path.display())]
    NotAFile {
        /// The folder.
        path: PathBuf,
    },

    /// The data set's folder is missing, or is no folder.
    #[error("{}: there is no such folder; name the folder that holds the data set's files", .path.display())]
    NotAFolder {
        /// The path given as a folder.
        path: PathBuf,
    },

    /// The operating system refused to read.
    #[error("{}: cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// The operating system refused to write.
    #[error("{}: cannot be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// A gzip stream breaks off, or its checksum does not hold.
    #[error("{}: the gzip data is corrupt or breaks off; fetch the file again", .path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decompressor said.
        source: io::Error,
    },

    /// A file of zero bytes.
    #[error("{}: the file is empty; fetch it again", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// A well-formed file without a single image.
    #[error("{}: holds no images, at least one was expected; fetch the file again", .path.display())]
    NoImages {
        /// The file.
        path: PathBuf,
    },

    /// A part of a file's header is not what it must be.
    #[error("{}: {part}: expected {expected}, found {found}; {hint}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The part of the format, such as `element type`.
        part: &'static str,
        /// What the format asks for.
        expected: String,
        /// What the file holds.
        found: String,
        /// What to do.
        hint: &'static str,
    },

    /// An images file where labels belong, or the other way round.
    #[error(
        "{}: expected {expected}, but the file holds {found}; the images and labels files look swapped, check their names",
        .path.display()
    )]
    Swapped {
        /// The file.
        path: PathBuf,
        /// `images` or `labels`: what belongs there.
        expected: &'static str,
        /// `images` or `labels`: what is there.
        found: &'static str,
    },

    /// A file that ends before what its header promises.
    #[error(
        "{}: breaks off: expected {expected} bytes, found {found} (after decompression); fetch the file again",
        .path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes, header included, that the header promises or that a header needs.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },

    /// A file that goes on after what its header promises.
    #[error(
        "{}: expected {expected} bytes, but the file goes on after them (counted after decompression); fetch the file again",
        .path.display()
    )]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// Bytes, header included, that the header promises.
        expected: u64,
    },

    /// A file, or what its header promises, beyond the size that is read at all.
    #[error("{}: {part}: expected at most {limit} bytes, found {found}; the file is corrupt or no image data set", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large, such as `size in the header`.
        part: &'static str,
        /// The most that is read, in bytes.
        limit: u64,
        /// What the file asks for, such as `4294967295 × 28 × 28`.
        found: String,
    },

    /// An images file and a labels file of different lengths.
    #[error(
        "{} holds {images} images, but {} holds {labels} labels; both must come from the same set",
        .images_path.display(), .labels_path.display()
    )]
    CountMismatch {
        /// The images file.
        images_path: PathBuf,
        /// The labels file.
        labels_path: PathBuf,
        /// Images there are.
        images: usize,
        /// Labels there are.
        labels: usize,
    },

    /// A label that names no class.
    #[error(
        "{}: label {label} of image {position} (counted from 0): expected 0 to {last} for {classes} classes; check the class names and the file",
        .path.display(), last = .classes.saturating_sub(1)
    )]
    LabelOutOfRange {
        /// The file that holds the labels.
        path: PathBuf,
        /// The image's place in the file, from 0.
        position: usize,
        /// Its label.
        label: u8,
        /// Number of classes; labels run from 0 to one below.
        classes: usize,
    },

    /// A CSV line with too few or too many columns.
    #[error(
        "{}: row {row}: expected {expected} columns (the label, then the pixels), found {found}; fetch the file again",
        .path.display()
    )]
    CsvColumns {
        /// The file.
        path: PathBuf,
        /// Row, from 1, a header row included and blank lines left out.
        row: u64,
        /// Columns expected.
        expected: usize,
        /// Columns found.
        found: usize,
    },

    /// A CSV field that is no byte.
    #[error(
        "{}: row {row}, column {column}: expected an integer from 0 to 255, found {found:?}; correct the field or fetch the file again",
        .path.display()
    )]
    CsvValue {
        /// The file.
        path: PathBuf,
        /// Row, from 1, a header row included and blank lines left out.
        row: u64,
        /// Column, from 1; column 1 is the label.
        column: usize,
        /// The field, shortened where it is long.
        found: String,
    },

    /// No file of the wanted half of a data set.
    #[error("{}: no {split} set found; looked for {}", .folder.display(), .looked_for.join(", "))]
    NoData {
        /// The folder.
        folder: PathBuf,
        /// The half wanted.
        split: Split,
        /// Every file name looked for.
        looked_for: Vec<String>,
    },

    /// Images without their labels, or labels without their images.
    #[error(
        "{} is there, but its {missing} are not; looked beside it for {}",
        .found.display(), .looked_for.join(", ")
    )]
    HalfAPair {
        /// The file that is there.
        found: PathBuf,
        /// `images` or `labels`: what is missing.
        missing: &'static str,
        /// Every file name looked for.
        looked_for: Vec<String>,
    },

    /// The parts of an [`crate::ImageSet`] do not fit each other.
    #[error("{part}: expected {expected}, found {found}")]
    Inconsistent {
        /// The part that does not fit, such as `pixels`.
        part: &'static str,
        /// Its length as the other parts ask for.
        expected: usize,
        /// Its length.
        found: usize,
    },

    /// More images than an index of 32 bits can tell apart.
    #[error("expected at most {limit} images, found {found}", limit = u32::MAX)]
    TooManyImages {
        /// Images there are.
        found: usize,
    },

    /// An image shape that cannot be used as asked.
    #[error("image shape {shape}: expected {expected}")]
    Shape {
        /// The shape.
        shape: ImageShape,
        /// What can be used.
        expected: &'static str,
    },

    /// A user's own file.
    #[error(transparent)]
    OwnData(#[from] crate::OwnDataError),

    /// A value that is no number.
    #[error(
        "image {image}, value {value} (both counted from 0): expected a number, found infinity"
    )]
    NotFinite {
        /// The image, from 0.
        image: usize,
        /// The value within it, from 0.
        value: usize,
    },

    /// A mask that cannot be made as asked.
    #[error("{what} of a mask: expected {expected}, found {found}")]
    MaskSize {
        /// What is wrong, such as `ratio`.
        what: &'static str,
        /// What can be.
        expected: String,
        /// What was asked for.
        found: String,
    },

    /// A subset larger than its set.
    #[error(
        "{wanted} images were asked for, but there are {available}; ask for at most {available}"
    )]
    TooFewImages {
        /// Images asked for.
        wanted: usize,
        /// Images there are.
        available: usize,
    },
}

impl Error {
    /// Wraps a failed read, so that the commonest mistake, a wrong path, reads as what it is.
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Error::Missing { path },
            _ => Error::Read { path, source },
        }
    }

    /// Wraps a failed write.
    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Error::Write { path: path.to_owned(), source }
    }
}
