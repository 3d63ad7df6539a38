//! What a run's folder holds.

use std::path::Path;

use anyhow::Result;

use crate::Catalogue;
use crate::experiment::Experiment;
use crate::results::Results;
use crate::run_folder::RunFolder;

/// Prints the experiment, each model's state and its main numbers.
#[allow(clippy::print_stdout)]
pub(super) fn print(root: &Path, catalogue: &Catalogue) -> Result<()> {
    let folder = RunFolder::at(root);
    let (experiment, environment) = folder.read(catalogue)?;
    println!("{}: {}", experiment.name, experiment.title);
    if let Some(environment) = environment {
        println!("{environment}");
    }
    println!(
        "{}: {} training and {} test images, seed {}",
        experiment.data.set, experiment.data.train, experiment.data.test, experiment.seed
    );
    let results = Results::read(&folder.results())?;
    for line in model_lines(&experiment, &folder, results.as_ref()) {
        println!("{line}");
    }
    let report = folder.report();
    let state = if report.exists() { report.display().to_string() } else { "not written".into() };
    println!("report: {state}");
    Ok(())
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
    experiment.models.iter().map(|m| format!("{}: {}", m.name, line(&m.name))).collect()
}
