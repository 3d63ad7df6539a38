//! From arguments to a sweep.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::arguments::{SweepArguments, Varied};
use super::{open, say_how_to_go_on};
use crate::Catalogue;
use crate::sweep::{Plan, Sweep};

/// Runs the sweep that the arguments describe, or goes on with it.
pub(super) fn run(arguments: &SweepArguments, catalogue: &Catalogue) -> Result<()> {
    let Varied::LatentDim = arguments.what;
    let (plan, size) = match (arguments.quick, arguments.full) {
        (true, _) => (Plan::quick(), "-quick"),
        (_, true) => (Plan::full(), "-full"),
        _ => (Plan::standard(), ""),
    };
    let data = arguments.compute.data.clone().context(
        "no folder with Fashion-MNIST: give one with --data DIR; `cargo xtask setup` fetches it",
    )?;
    let default = || Path::new("runs").join(format!("sweep-latent-dim{size}"));
    let out: PathBuf = arguments.out.clone().unwrap_or_else(default);
    let device = open::compute(&arguments.compute.machine)?;
    let mut sweep = Sweep { plan, out, data, classifier: None, force: arguments.force };
    if let Some(folder) = &arguments.classifier {
        sweep = sweep.judged_by(folder)?;
    }
    say_how_to_go_on(sweep.run(&device, catalogue).map(drop))
}
