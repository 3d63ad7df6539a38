//! From arguments to the experiment on incomplete data.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::arguments::IncompleteArguments;
use super::{open, say_how_to_go_on};
use crate::Catalogue;
use crate::incomplete::{IncompleteData, Plan};

/// Runs the experiment that the arguments describe, or goes on with it.
pub(super) fn run(arguments: &IncompleteArguments, catalogue: &Catalogue) -> Result<()> {
    let IncompleteArguments { seeds, study } = arguments;
    let mut plan = study.plan([Plan::standard, Plan::quick, Plan::full]);
    if !seeds.is_empty() {
        let different: BTreeSet<&u64> = seeds.iter().collect();
        ensure!(different.len() == seeds.len(), "--seeds: a seed is named twice");
        plan.seeds.clone_from(seeds);
    }
    let (out, data) = (study.folder("incomplete"), study.data()?);
    let device = open::compute(&study.compute.machine)?;
    let incomplete = IncompleteData { plan, out, data, force: study.force };
    say_how_to_go_on(incomplete.run(&device, catalogue).map(drop))
}
