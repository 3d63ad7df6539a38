//! Images by share of missing pixels: true, observed, and what each method makes of them.

use anyhow::Result;
use autodecoder_data::ImageSet;
use autodecoder_visualization::grid::{GridRow, ImageGrid};

use super::cell::{Cell, Incomplete};
use super::method::{Method, Training};
use super::plan::Plan;
use super::points::{MISSING, mean};

/// Classes of the test images that are drawn: a pullover, a sandal and a bag.
const CLASSES: [u8; 3] = [2, 5, 8];

/// Positions of the test images that are drawn: the first of each of a few classes, where there is one.
pub(super) fn drawn(test: &ImageSet) -> Vec<usize> {
    let first = |class: u8| test.labels().iter().position(|&label| label == class);
    let found: Vec<usize> = CLASSES.into_iter().filter_map(first).collect();
    if found.is_empty() { vec![0] } else { found }
}

/// Draws the images of the seed of `images`, whose methods were trained as `training` says.
///
/// # Errors
/// Where masks cannot be drawn.
pub(super) fn draw(
    plan: &Plan,
    cells: &[Cell],
    training: Training,
    images: &Incomplete,
) -> Result<ImageGrid> {
    let test = &images.session.images.test;
    let masked =
        plan.missing.iter().map(|&share| images.test(share)).collect::<Result<Vec<ImageSet>>>()?;
    let mut methods = vec![Method::Vad, Method::VaeZeroFilled, Method::VaeMaskChannel];
    methods.extend(best_baseline(plan, cells, training));
    let mut grid = ImageGrid::new(test.shape().height, test.shape().width);
    grid.scale = 2;
    grid.column_labels =
        plan.missing.iter().map(|&share| format!("{:.1}", f64::from(share) / 100.0)).collect();
    for (index, &position) in images.drawn.iter().enumerate() {
        let whole = plan.missing.iter().map(|_| test.drawn(position)).collect();
        let first = GridRow::new("true", whole);
        grid.rows.push(if index > 0 { first.apart() } else { first });
        let observed = masked.iter().map(|set| set.drawn(position)).collect();
        grid.rows.push(GridRow::new("observed", observed));
        for &method in &methods {
            let found = plan.missing.iter().map(|&share| {
                let guess = guess(cells, (training, method, share), images.session, index);
                guess.unwrap_or_else(|| vec![0; test.shape().pixels()])
            });
            grid.rows.push(GridRow::new(method.title(), found.collect()));
        }
    }
    Ok(grid)
}

/// The baseline with the lowest error on missing pixels, over all shares.
pub(super) fn best_baseline(plan: &Plan, cells: &[Cell], training: Training) -> Option<Method> {
    let error = |method| {
        let errors = plan.missing.iter();
        errors.map(|&share| Some(mean(cells, (training, method), share, MISSING)?.mean)).sum()
    };
    let errors = Method::BASELINES.into_iter().filter_map(|method| {
        let error: Option<f64> = error(method);
        Some((method, error?))
    });
    errors.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(method, _)| method)
}

fn guess(
    cells: &[Cell],
    (training, method, missing): (Training, Method, u32),
    session: &crate::session::Session,
    index: usize,
) -> Option<Vec<u8>> {
    let seed = session.experiment.seed;
    let mut cells = cells.iter().filter(|cell| {
        (cell.place().training(), cell.method, cell.seed) == (training, method, seed)
    });
    let test = cells.find_map(|cell| cell.tests.iter().find(|test| test.missing == missing))?;
    test.image(index)
}
