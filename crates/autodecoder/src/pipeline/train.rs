//! Training every model of an experiment.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use autodecoder_models::{LatentModel, save_model};
use autodecoder_training::{
    DeviceImages, EpochRecord, Latents, PixelKind, Trainer, encoded_rows, write_latents,
};
use tch::Tensor;

use super::earlier;
use super::epoch_samples::EpochSamples;
use super::likelihood;
use super::saving::{CheckpointClock, Saving};
use crate::experiment::ModelConfig;
use crate::images::SCALING;
use crate::metrics_csv::{MetricsRow, read_metrics, write_metrics};
use crate::progress::{Progress, check_stop, say};
use crate::results::{Results, Seconds, read_json, write_json};
use crate::session::Session;

/// Trains every model that is not trained yet, from its last checkpoint where there is one, and
/// writes `metrics.csv`. A run that this one replaces is removed then, and not before.
///
/// # Errors
/// Where a model diverges, the run is told to stop, or a file cannot be written.
pub fn train(session: &Session) -> Result<()> {
    let result = train_models(session);
    match result {
        Ok(()) => session.folder.remove_replaced(),
        Err(_) => session.folder.say_replaced(),
    }
    result
}

fn train_models(session: &Session) -> Result<()> {
    let images = DeviceImages::new(session.images.training(), session.device);
    let path = session.folder.metrics();
    // A damaged file is as good as none: the checkpoints hold the same numbers.
    let mut rows = if path.exists() { read_metrics(&path).unwrap_or_default() } else { Vec::new() };
    let order: Vec<&str> = session.experiment.models.iter().map(|m| m.name.as_str()).collect();
    for config in &session.experiment.models {
        check_stop("between two models")?;
        let known = rows.iter().filter(|row| row.model == config.name).count();
        let complete = known == config.training.epochs as usize;
        if complete && session.folder.is_trained(&config.name) {
            continue;
        }
        let history = train_model(session, config, &images)?;
        rows.retain(|row| row.model != config.name);
        rows.extend(history.iter().map(|record| MetricsRow::new(&config.name, record)));
        rows.sort_by_key(|row| order.iter().position(|name| *name == row.model));
        write_metrics(&path, &rows)?;
    }
    Ok(())
}

/// Trains a model to its end, from the last checkpoint on, and writes its files.
fn train_model(
    session: &Session,
    config: &ModelConfig,
    images: &DeviceImages,
) -> Result<Vec<EpochRecord>> {
    session.folder.create(&session.folder.model(&config.name))?;
    let model = session.fresh_model(config)?;
    let trainer = session.trainer(config, &model, images)?;
    let mut trainer = earlier::start(session, config, &model, trainer)?;
    for error in trainer.resume_newest(&session.folder.checkpoints(&config.name))? {
        say(&format!("warning: a damaged checkpoint is set aside: {error}"));
    }
    if trainer.epoch() < config.training.epochs {
        ensure!(
            !session.folder.is_trained(&config.name),
            "the model {:?} is trained, but its epochs are missing in {}, and so is the checkpoint \
             that holds them too; put one of them back, or begin anew with --force",
            config.name,
            session.folder.metrics().display()
        );
        forget_dependents(session, &config.name)?;
    }
    let samples = EpochSamples { session, config, model: &model };
    samples.draw(trainer.position())?;
    if trainer.epoch() < config.training.epochs {
        run_epochs(session, &samples, &mut trainer)?;
    }
    let history = trainer.history().to_vec();
    let train = history.iter().map(|record| record.seconds).sum();
    let path = session.folder.seconds(&config.name);
    let later = read_json::<Seconds>(&path).unwrap_or_default();
    let checkpoints = trainer.checkpoint_seconds();
    write_json(&path, &Seconds { train, checkpoints, ..later })?;
    let latents = Latents {
        rows: rows(session, &model, &trainer),
        index: session.images.train.index().to_vec(),
        images: session.digests.train.clone(),
        keys: session.images.train.keys().map(<[String]>::to_vec),
    };
    save(session, config, &model, &latents)?;
    Ok(history)
}

/// The rows of the training images, as everything but training sees them.
fn rows(session: &Session, model: &LatentModel, trainer: &Trainer) -> Tensor {
    match (session.experiment.data.pixels, model.encoder()) {
        (PixelKind::Binarised, Some(encoder)) => {
            encoded_rows(encoder, &DeviceImages::new(&session.images.train, session.device))
        }
        _ => trainer.rows(),
    }
}

fn run_epochs(session: &Session, samples: &EpochSamples, trainer: &mut Trainer) -> Result<()> {
    let config = samples.config;
    let experiment = session.folder.experiment_file();
    let toml = std::fs::read_to_string(&experiment)
        .with_context(|| format!("cannot read {}", experiment.display()))?;
    trainer.note_experiment(toml);
    let clock = CheckpointClock::new(session.checkpoints);
    let progress = Progress::new(format!("train {}", config.name));
    let mut saving = Saving { progress, clock: &clock };
    let folder = session.folder.checkpoints(&config.name);
    while trainer.epoch() < config.training.epochs {
        let next = samples.next(trainer.epoch());
        trainer.run_until(next, Some(&folder), || clock.is_due(), &mut saving)?;
        samples.draw(trainer.position())?;
    }
    saving.progress.finish(&summary(trainer.history()));
    Ok(())
}

/// Removes what was computed from an earlier version of the model: on another device, or with other
/// threads, it becomes another one.
fn forget_dependents(session: &Session, name: &str) -> Result<()> {
    let path = session.folder.results();
    if let Some(mut results) = Results::read(&path)?
        && results.models.remove(name).is_some()
    {
        results.amortisation = None;
        results.write(&path)?;
    }
    remove(&session.folder.test_latents(name))?;
    likelihood::forget(session, name)?;
    let samplers = session.catalogue.samplers.names();
    samplers.into_iter().try_for_each(|sampler| remove(&session.folder.sampler(name, sampler)))
}

/// Removes a file, if there is one.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn save(
    session: &Session,
    config: &ModelConfig,
    model: &LatentModel,
    latents: &Latents,
) -> Result<()> {
    write_latents(&session.folder.train_latents(&config.name), model.posterior(), latents)?;
    if let Some(scaling) = &session.images.scaling {
        write_json(&session.folder.model(&config.name).join(SCALING), scaling)?;
    }
    Ok(save_model(model, &session.folder.model(&config.name))?)
}

fn summary(history: &[EpochRecord]) -> String {
    let seconds: f64 = history.iter().map(|record| record.seconds).sum();
    let objective = history.last().map_or(f64::NAN, |record| record.objective);
    format!("{} epochs in {seconds:.1} s, objective {objective:.2} nats", history.len())
}
