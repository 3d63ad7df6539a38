//! Prior samples beside reconstructions.

use anyhow::Result;
use autodecoder_data::ImageShape;
use autodecoder_models::LatentModel;
use autodecoder_training::latent_noise;
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use tch::Tensor;

use crate::pixels::{decode_to_bytes, originals};
use crate::session::{Session, TrainedModel};

/// The figure with all models side by side.
pub const SIDE_BY_SIDE: &str = "samples.png";
/// Images in a row of a sample sheet.
const SHEET_COLUMNS: usize = 12;

/// File name of a model's sheet of prior samples.
pub fn sheet_name(model: &str) -> String {
    format!("samples-{model}.png")
}

/// Draws, for each model, test latents and prior samples decoded, below the original images; and a
/// sheet of prior samples per model. Samples are the first of the stream `prior sample`: none is
/// picked.
///
/// # Errors
/// Where a model was not evaluated yet, or a figure cannot be written.
pub fn sample(session: &Session) -> Result<()> {
    let shape = session.images.test.shape();
    let positions = one_per_class(session.images.test.labels(), session.experiment.figures.images);
    let mut grid = ImageGrid::new(shape.height, shape.width).with_channels(shape.channels);
    let count = positions.len();
    grid.rows.push(GridRow::new("test images", originals(&session.images.test, &positions)));
    grid.column_breaks = vec![count];
    // Nothing is written before every model was found whole.
    let mut sheets = Vec::new();
    for config in &session.experiment.models {
        let trained = session.load(config)?;
        let samples = prior_samples(session, &trained.model, session.experiment.figures.samples);
        let sheet = sheet(&decode_to_bytes(&trained.model, &samples)?, shape, SHEET_COLUMNS);
        sheets.push((sheet_name(&config.name), sheet));
        let mut images =
            decode_to_bytes(&trained.model, &test_means(session, &trained, &positions)?)?;
        let first = samples.narrow(0, 0, (count as i64).min(samples.size()[0]));
        images.extend(decode_to_bytes(&trained.model, &first)?);
        grid.rows.push(GridRow::new(config.name.clone(), images));
    }
    for (name, sheet) in sheets {
        sheet.save(session.folder.figure(&name))?;
    }
    Ok(grid.save(session.folder.figure(SIDE_BY_SIDE))?)
}

/// The first `count` latents of the stream `prior sample`, `[count, latent_dim]`.
pub(super) fn prior_samples(session: &Session, model: &LatentModel, count: usize) -> Tensor {
    let prior = model.posterior().prior();
    let mut rng = session.streams().rng("prior sample", &[]);
    let size = (count as i64, model.spec().latent_dim);
    prior.sample(&latent_noise(prior.noise(), size.0, size.1, session.device, &mut rng))
}

/// Posterior means of the test images at `positions`.
pub(super) fn test_means(
    session: &Session,
    trained: &TrainedModel,
    positions: &[usize],
) -> Result<Tensor> {
    let rows = session.load_test(trained)?.rows;
    let positions: Vec<i64> = positions.iter().map(|&position| position as i64).collect();
    let picked = rows.index_select(0, &Tensor::from_slice(&positions).to_device(session.device));
    Ok(trained.model.posterior().mean(&picked))
}

/// Unlabelled images of `shape`, `columns` to a row.
pub(super) fn sheet(images: &[Vec<u8>], shape: ImageShape, columns: usize) -> ImageGrid {
    let empty = ImageGrid::new(shape.height, shape.width).with_channels(shape.channels);
    empty.with_images(images, columns)
}

/// Positions of `count` images, of as many different classes as there are: the first of each
/// class, then the second, …
fn one_per_class(labels: &[u8], count: usize) -> Vec<usize> {
    let mut seen = [0usize; 256];
    let mut ranked: Vec<(usize, u8, usize)> = Vec::with_capacity(labels.len());
    for (position, &label) in labels.iter().enumerate() {
        ranked.push((seen[usize::from(label)], label, position));
        seen[usize::from(label)] += 1;
    }
    ranked.sort_unstable();
    ranked.into_iter().take(count).map(|(_, _, position)| position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_come_in_turn() {
        assert_eq!(one_per_class(&[1, 1, 0, 1, 2, 0], 5), [2, 0, 4, 5, 1]);
        assert_eq!(one_per_class(&[3, 3], 5), [0, 1]);
    }
}
