//! A claim, or a few that belong together, and the function that measures them.

use anyhow::{Context as _, Result};

use crate::{Context, Outcome};

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What the command line calls it: lower-case words joined by `-`.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Measures the claims.
    pub measure: fn(&Context) -> Result<Outcome>,
}

impl Check {
    /// Runs the check. The findings' identifiers get the check's name in front: `name/finding`.
    ///
    /// # Errors
    ///
    /// Where the check cannot read its images or draw its figures.
    pub fn run(&self, context: &Context) -> Result<Outcome> {
        let mut outcome =
            (self.measure)(context).with_context(|| format!("the check {}", self.name))?;
        for finding in &mut outcome.findings {
            finding.id = format!("{}/{}", self.name, finding.id);
        }
        Ok(outcome)
    }
}
