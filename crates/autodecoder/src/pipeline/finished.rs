//! Whether there is anything left to do.

use anyhow::Result;

use super::tsne::map_files;
use super::{INTERPOLATION, SIDE_BY_SIDE, sheet_name};
use crate::report::curve_files;
use crate::results::Results;
use crate::session::Session;

/// Whether every step of the run is done.
///
/// # Errors
/// Where `results.json` is damaged.
pub fn is_finished(session: &Session) -> Result<bool> {
    let Some(results) = Results::read(&session.folder.results())? else {
        return Ok(false);
    };
    let measured = session.experiment.models.iter().all(|config| {
        let folder = &session.folder;
        let files = [folder.train_latents(&config.name), folder.test_latents(&config.name)];
        let entry = results.models.get(&config.name);
        folder.is_trained(&config.name)
            && files.iter().all(|path| path.exists())
            && entry.is_some_and(|entry| entry.probes.is_some() && entry.has_map())
    });
    let compared = results.comparisons.len() == session.experiment.comparisons.len();
    let drawn = figures(session).iter().all(|name| session.folder.figure(name).exists());
    let files = [session.folder.metrics(), session.folder.report()];
    let measured = measured && results.pixels.is_some();
    Ok(measured && compared && drawn && files.iter().all(|path| path.exists()))
}

fn figures(session: &Session) -> Vec<String> {
    let mut names = vec![SIDE_BY_SIDE.to_owned(), INTERPOLATION.to_owned()];
    for config in &session.experiment.models {
        names.push(sheet_name(&config.name));
        names.extend(map_files(&config.name));
    }
    names.extend(curve_files(&session.experiment));
    names
}
