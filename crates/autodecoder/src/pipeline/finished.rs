//! Whether there is anything left to do.

use anyhow::Result;

use super::probes::has_classes;
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
    let asked = has_classes(session);
    let measured = session.experiment.models.iter().all(|config| {
        let folder = &session.folder;
        let files = [folder.train_latents(&config.name), folder.test_latents(&config.name)];
        let entry = results.models.get(&config.name);
        folder.is_trained(&config.name)
            && files.iter().all(|path| path.exists())
            && entry.is_some_and(|entry| (entry.probes.is_some() || !asked) && entry.has_map())
    });
    let compared = results.comparisons.len() == session.experiment.comparisons.len();
    let drawn = figures(session).iter().all(|name| session.folder.figure(name).exists());
    let measured = measured && (results.pixels.is_some() || !asked);
    let reported = session.images.is_table() || session.folder.report().exists();
    Ok(measured && compared && drawn && reported && session.folder.metrics().exists())
}

fn figures(session: &Session) -> Vec<String> {
    let models = session.experiment.models.iter().map(|config| &config.name);
    let mut names: Vec<String> = models.clone().flat_map(|name| map_files(name)).collect();
    if !session.images.is_table() {
        names.extend([SIDE_BY_SIDE.to_owned(), INTERPOLATION.to_owned()]);
        names.extend(models.map(|name| sheet_name(name)));
        names.extend(curve_files(&session.experiment));
    }
    names
}
