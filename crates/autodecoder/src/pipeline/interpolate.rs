//! Straight lines between two test images' latents.

use anyhow::{Context, Result, ensure};
use autodecoder_evaluation::interpolate as line;
use autodecoder_visualization::grid::{GridRow, ImageGrid};

use super::sample::test_means;
use crate::pixels::{decode_to_bytes, originals};
use crate::session::Session;

/// The figure's file name.
pub const INTERPOLATION: &str = "interpolation.png";

/// Draws, for each model, two test images, their decoded latents, and evenly spaced points between
/// those, in one line.
///
/// # Errors
/// Where a model was not evaluated yet, the experiment names images that are not in the test
/// subset, or the figure cannot be written.
pub fn interpolate(session: &Session) -> Result<()> {
    let [from, to] = ends(session)?;
    let shape = session.images.test.shape();
    let steps = session.experiment.figures.interpolation_steps;
    let mut grid = ImageGrid::new(shape.height, shape.width).with_channels(shape.channels);
    grid.column_labels = column_labels(steps);
    grid.column_breaks = vec![1, steps as usize + 3];
    for config in &session.experiment.models {
        let trained = session.load(config)?;
        let means = test_means(session, &trained, &[from, to])?;
        let points = line(&means.get(0), &means.get(1), steps);
        let mut images = originals(&session.images.test, &[from]);
        images.extend(decode_to_bytes(&trained.model, &points)?);
        images.extend(originals(&session.images.test, &[to]));
        grid.rows.push(GridRow::new(config.name.clone(), images));
    }
    Ok(grid.save(session.folder.figure(INTERPOLATION))?)
}

/// Positions, in the test subset, of the two images, which are of different classes if there are any.
///
/// # Errors
/// Where the experiment names images that are not in the test subset, or of one class though there are
/// others.
pub(crate) fn ends(session: &Session) -> Result<[usize; 2]> {
    let set = &session.images.test;
    let labels = set.labels();
    if let Some(indices) = session.experiment.figures.interpolate {
        let [from, to] = indices.map(|index| set.index().iter().position(|&i| i == index));
        let missing = || {
            format!("figures.interpolate = {indices:?}: not both are in the subset of data.test")
        };
        let ends = [from.with_context(missing)?, to.with_context(missing)?];
        let [one, other] = ends.map(|position| labels[position]);
        let several = labels.iter().any(|label| *label != labels[0]);
        ensure!(
            one != other || !several && indices[0] != indices[1],
            "figures.interpolate = {indices:?}: both are of class {one}, expected two classes"
        );
        return Ok(ends);
    }
    let first = |label: u8| labels.iter().position(|&found| found == label);
    if let (Some(trouser), Some(boot)) = (first(1), first(9)) {
        return Ok([trouser, boot]);
    }
    // Where there is but one class, two of its images serve as well: data.test is at least 2.
    Ok([0, labels.iter().position(|&label| label != labels[0]).unwrap_or(1)])
}

fn column_labels(steps: u32) -> Vec<String> {
    let mut labels = vec!["image".to_owned(), "0".to_owned()];
    labels.extend((1..=steps).map(|step| format!("{step}/{}", steps + 1)));
    labels.extend(["1".to_owned(), "image".to_owned()]);
    labels
}
