//! From arguments to a sweep.

use anyhow::Result;

use super::arguments::{SweepArguments, Varied};
use super::{open, say_how_to_go_on};
use crate::Catalogue;
use crate::sweep::{Plan, Sweep};

/// Runs the sweep that the arguments describe, or goes on with it.
pub(super) fn run(arguments: &SweepArguments, catalogue: &Catalogue) -> Result<()> {
    let SweepArguments { what: Varied::LatentDim, classifier, study } = arguments;
    let plan = study.plan([Plan::standard, Plan::quick, Plan::full]);
    let (out, data) = (study.folder("sweep-latent-dim"), study.data()?);
    let device = open::compute(&study.compute.machine)?;
    let mut sweep = Sweep { plan, out, data, classifier: None, force: study.force };
    if let Some(folder) = classifier {
        sweep = sweep.judged_by(folder)?;
    }
    say_how_to_go_on(sweep.run(&device, catalogue).map(drop))
}
