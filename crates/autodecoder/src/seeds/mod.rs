//! Means over runs of one experiment that differ in nothing but their seeds.

mod tables;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::Catalogue;
use crate::experiment::Experiment;
use crate::results::Results;
use crate::run_folder::RunFolder;

/// Tables in Markdown of what the runs measured: the mean over seeds ± its standard error.
///
/// # Errors
/// Where there are fewer than two runs, one of them is no run or was not evaluated, two have the same
/// seed, or they differ in something else.
pub(crate) fn tables(roots: &[PathBuf], catalogue: &Catalogue) -> Result<String> {
    ensure!(roots.len() > 1, "expected at least two runs that differ in their seeds");
    let runs = roots.iter().map(|root| read(root, catalogue)).collect::<Result<Vec<_>>>()?;
    for (index, (experiment, _)) in runs.iter().enumerate() {
        check_siblings(&runs[0].0, experiment)
            .with_context(|| format!("{} and {}", roots[0].display(), roots[index].display()))?;
        let twin = runs[..index].iter().position(|(other, _)| other.seed == experiment.seed);
        if let Some(twin) = twin {
            let [first, second] = [twin, index].map(|index| roots[index].display());
            anyhow::bail!("{first} and {second}: both have the seed {}", experiment.seed);
        }
    }
    let models: Vec<&str> = runs[0].0.models.iter().map(|model| model.name.as_str()).collect();
    let seeds: Vec<String> = runs.iter().map(|(run, _)| run.seed.to_string()).collect();
    let results: Vec<Results> = runs.iter().map(|(_, results)| results.clone()).collect();
    let head = format!("{}, seeds {}\n", runs[0].0.name, seeds.join(", "));
    Ok(head + &tables::all(&models, &results))
}

fn read(root: &Path, catalogue: &Catalogue) -> Result<(Experiment, Results)> {
    let folder = RunFolder::at(root);
    let (experiment, _) = folder.read(catalogue)?;
    let results = Results::read(&folder.results())?;
    let results = results.with_context(|| {
        format!("{}: no results.json yet; `autodecoder evaluate` writes it", root.display())
    })?;
    Ok((experiment, results))
}

/// Where the images lie does not matter, and comparisons are no part of what is averaged.
fn check_siblings(first: &Experiment, other: &Experiment) -> Result<()> {
    let bare = |experiment: &Experiment| {
        let mut bare = experiment.clone();
        (bare.seed, bare.data.folder) = (0, None);
        bare.comparisons.clear();
        bare.targets.clear();
        bare
    };
    ensure!(
        bare(first) == bare(other),
        "the runs differ in more than their seeds; compare their experiment.toml"
    );
    Ok(())
}
