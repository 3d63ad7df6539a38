//! Errors against the share of missing pixels, over seeds.

use autodecoder_evaluation::ImputationErrors;

use super::cell::Cell;
use super::method::{Method, Training};
use crate::study::Mean;

/// Which pixels an error is over, under its name in tables.
#[derive(Clone, Copy)]
pub(super) struct Pixels {
    pub name: &'static str,
    pub of: fn(&ImputationErrors) -> f64,
}

/// Those that were not observed.
pub(super) const MISSING: Pixels = Pixels { name: "missing", of: |mse| mse.missing };
/// Every pixel.
pub(super) const ALL: Pixels = Pixels { name: "all", of: |mse| mse.all };
/// Those that were observed.
pub(super) const OBSERVED: Pixels = Pixels { name: "observed", of: |mse| mse.observed };

/// The mean over seeds of a method's error on test images of which `missing` per cent are missing;
/// `None` where that was not measured.
pub(super) fn mean(
    cells: &[Cell],
    (training, method): (Training, Method),
    missing: u32,
    pixels: Pixels,
) -> Option<Mean> {
    let cells = cells.iter().filter(|c| (c.place().training(), c.method) == (training, method));
    let tests = cells.flat_map(|cell| &cell.tests).filter(|test| test.missing == missing);
    let values: Vec<f64> = tests.map(|test| (pixels.of)(&test.mse)).collect();
    (!values.is_empty()).then(|| Mean::of(&values))
}
