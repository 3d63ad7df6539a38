//! From arguments to a session.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use autodecoder_data::{holds_own_data, is_table};

use super::arguments::{Machine, NewRun, OldRun};
use crate::device::choose_device;
use crate::experiment::{self, Experiment};
use crate::progress::say;
use crate::run_folder::{Existing, RunFolder};
use crate::session::Session;
use crate::{Catalogue, CheckpointInterval, ChosenDevice};

/// Begins the run that the arguments describe, or goes on with it.
pub(super) fn new_run(arguments: &NewRun, catalogue: Catalogue) -> Result<Session> {
    let data = arguments.compute.data.as_deref();
    let source = match &arguments.experiment {
        Some(source) => source.as_str(),
        None => default_experiment(data)?,
    };
    let mut experiment = experiment::read(source, &catalogue)?;
    let mut name = experiment.name.clone();
    if let Some(seed) = arguments.seed {
        experiment.seed = seed;
        name += &format!("-seed-{seed}");
    }
    locate_data(&mut experiment, data)?;
    choose_files(&mut experiment, arguments)?;
    let device = compute(&arguments.compute.machine)?;
    let default = Path::new("runs").join(name);
    let folder = RunFolder::at(arguments.run.clone().unwrap_or(default));
    let existing = match (arguments.force, arguments.resume) {
        (true, _) => Existing::Replace,
        (_, true) => Existing::Resume,
        _ => Existing::Continue,
    };
    say(&format!("run: {}", folder.root().display()));
    let mut session = Session::begin(experiment, folder, existing, &device, catalogue)?;
    let every = arguments.checkpoint_every.map(CheckpointInterval::Every);
    session.checkpoints = every.unwrap_or_default();
    Ok(session)
}

/// The preset for data of this kind: a user's own files are told from MNIST's layout.
fn default_experiment(data: Option<&Path>) -> Result<&'static str> {
    match data {
        Some(path) if holds_own_data(path) => Ok(if is_table(path)? { "own-table" } else { "own" }),
        _ => Ok("standard"),
    }
}

/// Lays what the arguments say of a user's own files over the experiment.
fn choose_files(experiment: &mut Experiment, arguments: &NewRun) -> Result<()> {
    let data = &mut experiment.data;
    data.skip_bad |= arguments.skip_bad;
    data.size = arguments.size.or(data.size);
    // Absolute, as the folder of the data is.
    let named =
        [(&arguments.mask, &mut data.mask), (&arguments.rows_from, &mut experiment.rows_from)];
    for (argument, key) in named {
        if let Some(path) = argument.as_ref().or(key.as_ref()) {
            let absolute = std::path::absolute(path);
            *key = Some(absolute.with_context(|| format!("the path {path:?}"))?);
        }
    }
    Ok(())
}

/// Opens an existing run whose images can be drawn.
pub(super) fn run_of_images(arguments: &OldRun, catalogue: Catalogue) -> Result<Session> {
    let session = old_run(arguments, catalogue)?;
    ensure!(
        !session.images.is_table(),
        "{}: the run is of a table, of which no image can be drawn; `autodecoder evaluate` and \
         `autodecoder tsne` measure and map it",
        arguments.run.display()
    );
    Ok(session)
}

/// Opens an existing run.
pub(super) fn old_run(arguments: &OldRun, catalogue: Catalogue) -> Result<Session> {
    let folder = RunFolder::at(&arguments.run);
    let lock = folder.lock()?;
    let (mut experiment, _) = folder.read(&catalogue)?;
    locate_data(&mut experiment, arguments.compute.data.as_deref())?;
    let device = compute(&arguments.compute.machine)?;
    Session::open(experiment, folder, lock, &device, catalogue)
}

/// Makes the folder of the images absolute: the run's later steps may be called from elsewhere.
fn locate_data(experiment: &mut Experiment, data: Option<&Path>) -> Result<()> {
    let folder = &mut experiment.data.folder;
    if let Some(named) = data.or(folder.as_deref()) {
        let absolute = std::path::absolute(named);
        *folder = Some(absolute.with_context(|| format!("the data folder {named:?}"))?);
    }
    Ok(())
}

/// Chooses the device and the number of threads that the arguments ask for, and says so.
pub(super) fn compute(arguments: &Machine) -> Result<ChosenDevice> {
    let device = choose_device(&arguments.device)?;
    if let Some(threads) = arguments.threads {
        tch::set_num_threads(threads);
    }
    say(&format!(
        "device: {} ({}), {} threads",
        device.name,
        device.reason,
        tch::get_num_threads()
    ));
    Ok(device)
}
