//! Our training loop, so many steps at a time.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use autodecoder_training::{Observer, Silent, Trainer, optimisers};

use super::Program;
use crate::case::Case;
use crate::model;

/// Builds the trainer of a case and lends it to `work`.
pub fn with(case: &Case, work: impl FnOnce(&mut dyn Program) -> Result<()>) -> Result<()> {
    let (model, images, config) =
        (model::load(case)?, model::images(case)?, model::training(case)?);
    let trainer = Trainer::new(&model, &images, &config, &optimisers(), model::streams())?;
    let trainer = if case.noise { trainer } else { trainer.without_noise() };
    work(&mut Training { case, trainer })
}

struct Training<'a> {
    case: &'a Case,
    trainer: Trainer<'a>,
}

impl Program for Training<'_> {
    fn time(&mut self, steps: u64) -> Result<f64> {
        self.case.wait();
        let started = Instant::now();
        self.trainer.advance(steps, &mut Silent)?;
        self.case.wait();
        Ok(started.elapsed().as_secs_f64())
    }

    fn losses(&mut self, steps: u64) -> Result<Vec<f64>> {
        let mut losses = Losses::default();
        self.trainer.advance(steps, &mut losses)?;
        Ok(losses.0)
    }

    fn checkpoint(&mut self, folder: &Path) -> Result<f64> {
        let folder = folder.join("checkpoint");
        std::fs::create_dir_all(&folder)?;
        let started = Instant::now();
        self.trainer.write_checkpoint(&folder)?;
        let seconds = started.elapsed().as_secs_f64();
        // The next one is written beside nothing, like the first.
        std::fs::remove_dir_all(&folder)?;
        Ok(seconds)
    }
}

/// Notes the loss of each step.
#[derive(Default)]
struct Losses(Vec<f64>);

impl Observer for Losses {
    fn objective(&mut self, nats: &dyn Fn() -> f64) {
        self.0.push(nats());
    }
}
