//! Filling in what is missing.

use std::path::Path;

use anyhow::{Result, ensure};

use super::error::{ExpectedError, measure};
use super::output::{Outputs, write};
use super::samples::expected;
use super::{AppliedModel, Given};
use crate::progress::say;
use crate::results::write_json;

/// How values are imputed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImputeOptions {
    /// Posterior samples per row.
    pub draws: u32,
    /// Share of the observed values that are hidden to measure the error.
    pub hide: f64,
}

/// Fills what is missing in `given` by the mean over posterior samples, and writes it to `out` in the
/// files' own format: observed values stay as they are. Standard deviations and the error to be expected
/// are written beside it.
///
/// # Errors
/// Where nothing is missing, `out` exists, or a file cannot be written.
pub(crate) fn impute(
    applied: &AppliedModel,
    given: &Given,
    out: &Path,
    options: ImputeOptions,
) -> Result<()> {
    let Some(mask) = given.set.observed() else {
        anyhow::bail!(
            "{}: nothing is missing; leave cells empty or NaN, or give a mask with --mask",
            given.path.display()
        );
    };
    let outputs = Outputs::beside(out);
    outputs.check(&given.path)?;
    let missing = mask.flags().len() - mask.count();
    ensure!(mask.count() > 0, "{}: nothing is observed", given.path.display());
    let error = measure(applied, &given.set, options.hide, options.draws)?;
    let rows = applied.infer(&given.set, "infer")?;
    let expected = expected(applied, &rows, options.draws)?;
    write(applied, given, mask, &expected, &outputs)?;
    write_json(&outputs.error, &error)?;
    say(&format!("{missing} of {} values filled in: {}", mask.flags().len(), out.display()));
    say(&format!("their standard deviations: {}", outputs.deviation.display()));
    report(&error);
    Ok(())
}

fn report(error: &ExpectedError) {
    let ExpectedError { hidden, unit, rmse, rmse_of_means, columns } = error;
    say(&format!(
        "expected error, from {hidden} observed values that were hidden: RMSE {rmse:.4} (filling in \
         the means: {rmse_of_means:.4}), in {unit}"
    ));
    for column in columns {
        let super::error::ColumnError { column, hidden, rmse, rmse_of_means } = column;
        say(&format!("  {column}: RMSE {rmse:.4} (means: {rmse_of_means:.4}), {hidden} hidden"));
    }
}
