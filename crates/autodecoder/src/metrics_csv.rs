//! `metrics.csv`: one row per model and epoch.

use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_training::EpochRecord;
use serde::{Deserialize, Serialize};

use crate::csv_file::write_csv_file;

/// A row of the file; the columns are those of [`EpochRecord`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MetricsRow {
    pub model: String,
    pub epoch: u32,
    pub objective: f64,
    pub reconstruction: f64,
    pub kl: Option<f64>,
    pub regulariser_weight: f64,
    pub decoder_rate: f64,
    pub latent_rate: f64,
    pub seconds: f64,
    pub images_per_second: f64,
}

impl MetricsRow {
    /// The row of one of `model`'s epochs.
    pub fn new(model: &str, record: &EpochRecord) -> MetricsRow {
        MetricsRow {
            model: model.to_owned(),
            epoch: record.epoch,
            objective: record.objective,
            reconstruction: record.reconstruction,
            kl: record.kl,
            regulariser_weight: record.regulariser_weight,
            decoder_rate: record.decoder_rate,
            latent_rate: record.latent_rate,
            seconds: record.seconds,
            images_per_second: record.images_per_second,
        }
    }
}

/// Writes the rows of all models.
pub(crate) fn write_metrics(path: &Path, rows: &[MetricsRow]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    write_csv_file(path, writer)
}

/// Reads the file.
pub(crate) fn read_metrics(path: &Path) -> Result<Vec<MetricsRow>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
    reader.deserialize().map(|row| row.with_context(|| path.display().to_string())).collect()
}
