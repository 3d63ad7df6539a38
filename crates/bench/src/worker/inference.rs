//! Our inference, so many batches at a time.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};
use autodecoder_evaluation::infer;
use autodecoder_models::LatentModel;
use autodecoder_training::{BatchRecord, DeviceImages, Observer, Silent, optimisers};

use super::Program;
use crate::case::Case;
use crate::model;

/// Builds the model of a case and lends it to `work`.
pub fn with(case: &Case, work: impl FnOnce(&mut dyn Program) -> Result<()>) -> Result<()> {
    work(&mut Inference { case, model: &model::load(case)? })
}

struct Inference<'a> {
    case: &'a Case,
    model: &'a LatentModel,
}

impl Inference<'_> {
    /// The first `batches` batches as a set of their own.
    fn first(&self, batches: u64) -> Result<DeviceImages> {
        model::first_images(self.case, usize::try_from(batches)? * self.case.batch)
    }

    fn infer(&self, images: &DeviceImages, steps: u32, observer: &mut dyn Observer) -> Result<()> {
        let config = model::inference(self.case, steps)?;
        let rows = infer(self.model, images, &config, &optimisers(), &model::streams(), observer);
        // Nobody needs the rows themselves.
        Ok(rows.map(drop)?)
    }
}

impl Program for Inference<'_> {
    fn time(&mut self, steps: u64) -> Result<f64> {
        let images = self.first(steps)?;
        self.case.wait();
        let started = Instant::now();
        self.infer(&images, self.case.inference_steps, &mut Silent)?;
        self.case.wait();
        Ok(started.elapsed().as_secs_f64())
    }

    fn losses(&mut self, steps: u64) -> Result<Vec<f64>> {
        let mut losses = Losses::default();
        self.infer(&self.first(steps)?, self.case.inference_steps, &mut losses)?;
        Ok(losses.0)
    }

    fn checkpoint(&mut self, _folder: &Path) -> Result<f64> {
        bail!("inference writes no checkpoints")
    }
}

/// Notes the loss of each batch at its last step.
#[derive(Default)]
struct Losses(Vec<f64>);

impl Observer for Losses {
    fn batch(&mut self, record: &BatchRecord) {
        self.0.push(record.objective);
    }
}
