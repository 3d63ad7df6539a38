//! The commands that show new files to a trained model.

use anyhow::{Result, ensure};

use super::arguments::{Apply, Impute};
use super::open::compute;
use crate::Catalogue;
use crate::apply::{self, AppliedModel, Given, ImputeOptions};

/// Fits rows to new files.
pub(super) fn infer(arguments: &Apply, catalogue: &Catalogue) -> Result<()> {
    let out = &arguments.out;
    ensure!(!out.exists(), "{}: exists already; give another --out", out.display());
    let (applied, given) = open(arguments, catalogue)?;
    apply::infer(&applied, &given, out)
}

/// Fills in what is missing.
pub(super) fn impute(arguments: &Impute, catalogue: &Catalogue) -> Result<()> {
    let (applied, given) = open(&arguments.apply, catalogue)?;
    let options = ImputeOptions { draws: arguments.draws, hide: arguments.hide };
    apply::impute(&applied, &given, &arguments.apply.out, options)
}

fn open(arguments: &Apply, catalogue: &Catalogue) -> Result<(AppliedModel, Given)> {
    let device = compute(&arguments.machine)?;
    let applied = AppliedModel::load(&arguments.model, arguments.prior, catalogue, device.device)?;
    let mask = arguments.mask.as_deref();
    let given = Given::read(&applied, &arguments.data, mask, arguments.skip_bad)?;
    Ok((applied, given))
}
