//! theory.json: every finding, as a list.

use anyhow::Result;

use crate::Finding;

/// The findings as JSON: a list of objects with the keys `id`, `claim`, `source`, `expected`,
/// `measured` and `verdict`, all texts.
///
/// # Errors
///
/// None in practice: texts can always be written.
pub fn json<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Result<String> {
    let list: Vec<&Finding> = findings.into_iter().collect();
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}
