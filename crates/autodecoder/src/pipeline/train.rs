//! Training every model of an experiment.

use std::time::{Duration, Instant};

use anyhow::Result;
use autodecoder_models::{LatentModel, save_model};
use autodecoder_training::{DeviceImages, EpochRecord, Latents, latest_checkpoint, write_latents};

use crate::experiment::ModelConfig;
use crate::metrics_csv::write_metrics;
use crate::progress::{Progress, check_stop};
use crate::results::{Seconds, read_json, write_json};
use crate::session::Session;

/// Time between two checkpoints; writing one takes far less than a hundredth of that.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(20);

/// Trains every model that is not trained yet, from its last checkpoint where there is one, and
/// writes `metrics.csv`.
///
/// # Errors
/// Where a model diverges, the run is told to stop, or a file cannot be written.
pub fn train(session: &Session) -> Result<()> {
    let images = DeviceImages::new(&session.images.train, session.device);
    let mut histories = Vec::new();
    for config in &session.experiment.models {
        check_stop("between two models")?;
        let folder = session.folder.model(&config.name);
        session.folder.create(&folder)?;
        let history = train_model(session, config, &images)?;
        histories.push((config.name.as_str(), history));
        write_metrics(&session.folder.metrics(), &histories)?;
    }
    Ok(())
}

fn train_model(
    session: &Session,
    config: &ModelConfig,
    images: &DeviceImages,
) -> Result<Vec<EpochRecord>> {
    let checkpoints = session.folder.checkpoints(&config.name);
    let model = session.fresh_model(config)?;
    let mut trainer = session.trainer(config, &model, images)?;
    if let Some(path) = latest_checkpoint(&checkpoints)? {
        trainer.resume(&path)?;
    }
    if trainer.epoch() < config.training.epochs {
        let mut progress = Progress::new(format!("train {}", config.name));
        let mut last = Instant::now();
        let due = || {
            let due = last.elapsed() >= CHECKPOINT_INTERVAL;
            if due {
                last = Instant::now();
            }
            due
        };
        trainer.run(Some(&checkpoints), due, &mut progress)?;
        progress.finish(&summary(trainer.history()));
    }
    let history = trainer.history().to_vec();
    let seconds = history.iter().map(|record| record.seconds).sum();
    let path = session.folder.seconds(&config.name);
    let inference = read_json::<Seconds>(&path).map_or(0.0, |seconds| seconds.inference);
    write_json(&path, &Seconds { train: seconds, inference })?;
    save(session, config, &model, trainer.table().rows())?;
    Ok(history)
}

fn save(
    session: &Session,
    config: &ModelConfig,
    model: &LatentModel,
    rows: &tch::Tensor,
) -> Result<()> {
    let latents =
        Latents { rows: rows.shallow_clone(), index: session.images.train.index().to_vec() };
    write_latents(&session.folder.train_latents(&config.name), model.posterior(), &latents)?;
    Ok(save_model(model, &session.folder.model(&config.name))?)
}

fn summary(history: &[EpochRecord]) -> String {
    let seconds: f64 = history.iter().map(|record| record.seconds).sum();
    let objective = history.last().map_or(f64::NAN, |record| record.objective);
    format!("{} epochs in {seconds:.1} s, objective {objective:.2} nats", history.len())
}
