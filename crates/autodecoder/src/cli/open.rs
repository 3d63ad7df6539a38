//! From arguments to a session.

use std::path::Path;

use anyhow::{Context, Result};

use super::arguments::{Compute, NewRun, OldRun};
use crate::device::choose_device;
use crate::experiment::{self, Experiment};
use crate::progress::say;
use crate::run_folder::{Existing, RunFolder};
use crate::session::Session;
use crate::{Catalogue, CheckpointInterval, ChosenDevice};

/// Begins the run that the arguments describe, or goes on with it.
pub(super) fn new_run(arguments: &NewRun, catalogue: Catalogue) -> Result<Session> {
    let mut experiment = experiment::read(&arguments.experiment, &catalogue)?;
    locate_data(&mut experiment, arguments.compute.data.as_deref())?;
    let device = compute(&arguments.compute)?;
    let default = Path::new("runs").join(&experiment.name);
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

/// Opens an existing run.
pub(super) fn old_run(arguments: &OldRun, catalogue: Catalogue) -> Result<Session> {
    let folder = RunFolder::at(&arguments.run);
    let lock = folder.lock()?;
    let (mut experiment, _) = folder.read(&catalogue)?;
    locate_data(&mut experiment, arguments.compute.data.as_deref())?;
    let device = compute(&arguments.compute)?;
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
pub(super) fn compute(arguments: &Compute) -> Result<ChosenDevice> {
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
