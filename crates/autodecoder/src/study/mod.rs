//! What experiments with many small models share: a folder in which what was measured is kept, so that
//! a study that was stopped goes on, and means over seeds.

mod folder;
mod mean;

use std::path::Path;

use anyhow::{Context, Result};

use crate::experiment::Experiment;
use crate::progress::say;
use crate::run_folder::RunFolder;
use crate::session::Session;
use crate::{Catalogue, ChosenDevice};

pub(crate) use folder::{Study, StudyFolder};
pub(crate) use mean::Mean;

/// What a study says first: how many of its `total` `things` are missing, and how many seconds these take.
pub(crate) fn announce(study: &str, things: &str, total: usize, missing: usize, seconds: f64) {
    say(&match missing {
        0 => format!("{study}: all {total} {things} are measured"),
        count => format!(
            "{study}: {count} of {total} {things} are to be trained and measured, {} on two quiet CPU \
             cores",
            about(seconds)
        ),
    });
}

/// `seconds` in words.
fn about(seconds: f64) -> String {
    match (seconds / 60.0).round() {
        minutes if minutes > 1.0 => format!("about {minutes} minutes"),
        _ => "about a minute".to_owned(),
    }
}

/// A session of `experiment` on the images in the folder `data`, which writes nothing into `out`.
///
/// # Errors
/// Where an image file is wrong.
pub(crate) fn seed_session(
    mut experiment: Experiment,
    data: &Path,
    out: &Path,
    device: &ChosenDevice,
    catalogue: &Catalogue,
) -> Result<Session> {
    let folder = std::path::absolute(data).with_context(|| format!("{data:?}"))?;
    experiment.data.folder = Some(folder);
    Session::load_images(experiment, RunFolder::at(out), device, catalogue.clone())
}
