//! What a run's folder holds.

use std::path::Path;

use anyhow::Result;
use autodecoder_training::{CheckpointInfo, latest_checkpoint};

use crate::Catalogue;
use crate::experiment::Experiment;
use crate::results::Results;
use crate::run_folder::RunFolder;

/// The experiment, each model's state and its main numbers.
pub(super) fn text(root: &Path, catalogue: &Catalogue) -> Result<String> {
    Ok(lines(root, catalogue)?.join("\n") + "\n")
}

fn lines(root: &Path, catalogue: &Catalogue) -> Result<Vec<String>> {
    let folder = RunFolder::at(root);
    let (experiment, environment) = folder.read(catalogue)?;
    let mut lines = vec![format!("{}: {}", experiment.name, experiment.title)];
    lines.extend(environment.map(|environment| environment.to_string()));
    lines.push(format!(
        "{}: {} training and {} test images, seed {}",
        experiment.data.set, experiment.data.train, experiment.data.test, experiment.seed
    ));
    let results = Results::read(&folder.results())?;
    lines.extend(model_lines(&experiment, &folder, results.as_ref()));
    let report = folder.report();
    let state = if report.exists() { report.display().to_string() } else { "not written".into() };
    lines.push(format!("report: {state}"));
    Ok(lines)
}

fn model_lines(
    experiment: &Experiment,
    folder: &RunFolder,
    results: Option<&Results>,
) -> Vec<String> {
    let line = |name: &str| match results.and_then(|results| results.models.get(name)) {
        Some(entry) => {
            let nats = entry.test.negative_elbo;
            let nats = nats.map_or(String::new(), |nats| format!(", negative ELBO {nats:.2} nats"));
            format!("test MSE {:.5}, PSNR {:.2} dB{nats}", entry.test.mse, entry.test.psnr)
        }
        None if folder.is_trained(name) => "trained, not evaluated".to_owned(),
        None if folder.checkpoints(name).exists() => "training was begun".to_owned(),
        None => "not trained".to_owned(),
    };
    let lines = |name: &str| {
        let state = format!("{name}: {}", line(name));
        std::iter::once(state).chain(checkpoint_line(folder, name))
    };
    experiment.models.iter().flat_map(|model| lines(&model.name)).collect()
}

/// How far the model's newest checkpoint is, and its best epoch. One that is damaged is training's
/// to complain about.
fn checkpoint_line(folder: &RunFolder, name: &str) -> Option<String> {
    let path = latest_checkpoint(&folder.checkpoints(name)).ok()??;
    let info = CheckpointInfo::read(&path).ok()?;
    let best = match info.best() {
        Some(best) => format!("{:.2} nats in epoch {}", best.objective, best.epoch),
        None => "no epoch is complete".to_owned(),
    };
    Some(format!("  saved after {}; lowest training objective: {best}", info.position))
}
