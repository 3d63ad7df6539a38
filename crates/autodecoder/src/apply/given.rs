//! The files that a model is shown.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use autodecoder_data::{Content, ImageSet, ImageShape, PictureOptions, read_mask, read_own};

use super::AppliedModel;
use crate::progress::say;

/// A user's own files, as the model takes them.
#[derive(Debug)]
pub(crate) struct Given {
    /// Where they lie.
    pub path: PathBuf,
    /// Their values, a table's scaled; what is missing, in the files or by the mask, is so here.
    pub set: ImageSet,
}

impl Given {
    /// Reads the files at `path`, of which `mask` says what is observed.
    ///
    /// # Errors
    /// Where a file is wrong, or they are not of the shape or columns that the model was trained on.
    pub fn read(
        applied: &AppliedModel,
        path: &Path,
        mask: Option<&Path>,
        skip_bad: bool,
    ) -> Result<Given> {
        let options = PictureOptions { size: applied.size, skip_bad };
        let data = read_own(path, options)?;
        for file in &data.skipped {
            say(&format!("left out: {}", file.problem));
        }
        let model = applied.model.decoder().image();
        let set = match (data.content, &applied.scaling) {
            (Content::Table(table), Some(scaling)) => {
                scaling.apply(&table).with_context(|| path.display().to_string())?
            }
            (Content::Images(set), None) => set.with_channels(model.channels as usize),
            (Content::Table(_), None) => anyhow::bail!(
                "{}: holds a table, but the model was trained on images",
                path.display()
            ),
            (Content::Images(_), Some(_)) => anyhow::bail!(
                "{}: holds images, but the model was trained on a table",
                path.display()
            ),
        };
        let expected = ImageShape {
            channels: model.channels as usize,
            height: model.height as usize,
            width: model.width as usize,
        };
        ensure!(
            set.shape() == expected,
            "{}: the images are {} (channels × height × width), but the model was trained on {expected}",
            path.display(),
            set.shape()
        );
        let set = match mask {
            Some(mask) => {
                let mask = read_mask(mask, set.len(), set.shape(), set.keys())?;
                set.with_observed(mask)?
            }
            None => set,
        };
        Ok(Given { path: path.to_owned(), set })
    }
}
