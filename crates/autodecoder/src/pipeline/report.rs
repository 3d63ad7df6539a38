//! The report.

use anyhow::{Context, Result};
use autodecoder_models::tensor_file::write_atomically;

use crate::report::compose;
use crate::results::Results;
use crate::session::Session;

/// Writes `report.html` and the loss curves from what the other steps left.
///
/// # Errors
/// Where one of them has not run yet, or a file cannot be read or written.
pub fn report(session: &Session) -> Result<()> {
    let path = session.folder.results();
    let results = Results::read(&path)?.context("no results.json yet: evaluate first")?;
    let document = compose(session, &results)?;
    Ok(write_atomically(&session.folder.report(), document.render()?.as_bytes())?)
}
