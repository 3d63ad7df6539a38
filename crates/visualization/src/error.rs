//! What can go wrong while drawing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An error of this crate. Every message says what is wrong, what was expected and what to do; the
/// cause of an I/O error is in [`std::error::Error::source`], not in the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument has another length than the others imply.
    #[error("{what}: {found} values, expected {expected}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// There is nothing to draw.
    #[error("{what}: nothing to draw; give at least {minimum}")]
    Empty {
        /// What is missing.
        what: &'static str,
        /// The smallest number that can be drawn.
        minimum: usize,
    },
    /// A number is outside its range.
    #[error("{what} is {found}, expected {expected}")]
    Range {
        /// The parameter.
        what: &'static str,
        /// Its value.
        found: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// A NaN or an infinity where only finite numbers mean anything.
    #[error("{what}: value {index} is {found}; every value must be finite")]
    NotFinite {
        /// The array.
        what: &'static str,
        /// Position in the array.
        index: usize,
        /// The value.
        found: f64,
    },
    /// t-SNE needs clearly more samples than the perplexity.
    #[error(
        "perplexity {perplexity} is too large for {samples} samples: 3 × perplexity must be below \
         samples − 1; lower the perplexity below {limit:.1} or give more samples"
    )]
    PerplexityTooLarge {
        /// The perplexity asked for.
        perplexity: f64,
        /// How many samples there are.
        samples: usize,
        /// The perplexity must be below this.
        limit: f64,
    },
    /// A label names no class.
    #[error("label {label} of point {index} has no name: there are {classes} class names")]
    Label {
        /// The label.
        label: usize,
        /// The point it belongs to.
        index: usize,
        /// How many class names there are.
        classes: usize,
    },
    /// A picture would be larger than any reader can open.
    #[error("a picture of {width} × {height} pixels is too large; draw fewer or smaller images")]
    TooLarge {
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
        height: u64,
    },
    /// A drawing library refused its input.
    #[error("cannot draw the {what}: {reason}")]
    Render {
        /// What was being drawn.
        what: &'static str,
        /// What the library said.
        reason: String,
    },
    /// A report contradicts itself.
    #[error("the report cannot be written: {reason}")]
    Report {
        /// What is wrong, and where.
        reason: String,
    },
    /// A file cannot be written.
    #[error("{}: cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Writes a whole file through a temporary name beside it, flushed and renamed, so that an
/// interruption or a power cut never leaves half a figure under the final name.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    let partial = path.with_file_name(name);
    write_and_rename(&partial, path, bytes).map_err(|source| {
        // The write's own error is the one to tell; the partial file may not even exist.
        let _ = fs::remove_file(&partial);
        Error::Write { path: path.to_path_buf(), source }
    })
}

fn write_and_rename(partial: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(partial)?;
    file.write_all(bytes)?;
    // Without this, a power cut after the rename could leave an empty file.
    file.sync_data()?;
    fs::rename(partial, path)
}
