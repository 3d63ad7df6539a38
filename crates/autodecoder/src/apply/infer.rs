//! Rows for new files.

use std::path::Path;

use anyhow::Result;
use autodecoder_training::{Latents, image_digest, write_latents};

use super::{AppliedModel, Given};
use crate::progress::say;

/// Fits a row to every image or row of `given`, and writes them to `out` as latents, keyed by file name
/// or index.
///
/// # Errors
/// Where the rows do not become numbers, or the file cannot be written.
pub(crate) fn infer(applied: &AppliedModel, given: &Given, out: &Path) -> Result<()> {
    let rows = applied.infer(&given.set, "infer")?;
    let latents = Latents {
        rows,
        index: given.set.index().to_vec(),
        images: image_digest(&given.set),
        keys: given.set.keys().map(<[String]>::to_vec),
    };
    write_latents(out, applied.model.posterior(), &latents)?;
    say(&format!("{} rows in {}", given.set.len(), out.display()));
    Ok(())
}
