//! Prior samples that are drawn while a model is trained.

use anyhow::Result;
use autodecoder_models::LatentModel;
use autodecoder_training::Position;

use super::sample::{prior_samples, sheet};
use crate::experiment::ModelConfig;
use crate::pixels::decode_to_bytes;
use crate::session::Session;

/// Images in a row of a sheet, and on a whole one: three sheets stand side by side in the report.
const COLUMNS: usize = 6;
const MOST_SAMPLES: usize = 36;

/// File name of a model's sheet of samples after an epoch.
pub fn epoch_sheet_name(model: &str, epoch: u32) -> String {
    format!("{model}-samples-epoch-{epoch}.png")
}

/// Sheets of one model in training. All show the same latents, which are the first of those on the
/// sheet that is drawn after training.
pub(super) struct EpochSamples<'a> {
    pub session: &'a Session,
    pub config: &'a ModelConfig,
    pub model: &'a LatentModel,
}

impl EpochSamples<'_> {
    /// The next epoch after `epoch` that a sheet is drawn at the end of, or the last one.
    pub fn next(&self, epoch: u32) -> u32 {
        let epochs = &self.session.experiment.figures.epochs;
        let next = epochs.iter().copied().find(|&wanted| wanted > epoch);
        next.unwrap_or(self.config.training.epochs)
    }

    /// Draws a sheet where training stands at an epoch that one is asked for. It must be called before
    /// training goes on from there: no later checkpoint is written before the sheet is, so a run that
    /// was killed in between comes back here and draws it.
    ///
    /// # Errors
    /// Where the figure cannot be written.
    pub fn draw(&self, position: Position) -> Result<()> {
        let EpochSamples { session, config, model } = self;
        let figures = &session.experiment.figures;
        let asked = position.step == 0 && figures.epochs.contains(&position.epoch);
        // A table has no pictures.
        if !asked || session.images.is_table() {
            return Ok(());
        }
        let count = figures.samples.min(MOST_SAMPLES);
        let samples = prior_samples(session, model, count);
        let shape = session.images.train.shape();
        let sheet = sheet(&decode_to_bytes(model, &samples)?, shape, COLUMNS);
        Ok(sheet.save(session.folder.figure(&epoch_sheet_name(&config.name, position.epoch)))?)
    }
}
