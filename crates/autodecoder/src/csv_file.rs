//! CSV files, written whole or not at all.

use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_models::tensor_file::write_atomically;

/// Writes what `writer` holds to `path`, by way of a temporary name.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn write_csv_file(path: &Path, writer: csv::Writer<Vec<u8>>) -> Result<()> {
    let bytes = writer.into_inner().with_context(|| format!("{} in memory", path.display()))?;
    Ok(write_atomically(path, &bytes)?)
}
