//! Fetching libtorch into external/.

use std::env::consts::{ARCH, OS};

use anyhow::{Context, Result, bail, ensure};

use super::{Kind, Plan, VERSION, Wish, layout, plan, stamp, wheel};
use crate::host::{Host, LIBTORCH};
use crate::progress::Fetch;
use crate::staging::Lock;
use crate::{size, tools};

/// Takes the lock, looks again (another set-up may have been faster), and does what is missing.
pub fn under_lock(host: &Host, wish: Wish) -> Result<()> {
    let lock = Lock::take(host)?;
    match plan(host, wish)? {
        Plan::Ready(_) => Ok(()),
        Plan::Adopt(kind) => {
            host.say(format!("libtorch in {} is whole: it is used", host.path(LIBTORCH).display()));
            stamp::sign(&host.path(stamp::TREE), kind)
        }
        Plan::Fetch { kind, .. } => fetch(host, &lock, kind)
            .with_context(|| format!("libtorch {VERSION} ({kind}) could not be set up")),
    }
}

fn fetch(host: &Host, lock: &Lock, kind: Kind) -> Result<()> {
    ensure!(
        (OS, ARCH) == ("linux", "x86_64"),
        "there is no recipe for {OS} on {ARCH}: install libtorch {VERSION} yourself and set \
         LIBTORCH to its folder"
    );
    let pip = tools::pip(host);
    if let Err(problem) = pip {
        bail!(
            "{problem}. Without pip: unpack libtorch {VERSION} (pytorch.org) and set LIBTORCH to \
             its folder"
        );
    }
    let sizes = wheel::sizes(kind);
    size::require_free(host, &host.external(), sizes.peak)?;
    let staging = lock.stage("libtorch")?;
    let (unpacked, scratch) = (staging.make_folder("unpacked")?, staging.make_folder("scratch")?);
    host.say(format!("fetching libtorch {VERSION} ({kind})"));
    Fetch {
        what: "libtorch",
        folder: &staging.path(""),
        endings: &["whl"],
        bytes: sizes.fetched,
        log: staging.path("pip.log"),
    }
    .run(host, wheel::pip(host, kind, &unpacked, &scratch))
    .context("pip could not fetch it: see that PyPI can be reached, then run the command again")?;
    let tree = staging.make_folder("libtorch")?;
    layout::assemble(&unpacked, &tree, kind)?;
    stamp::sign(&tree, kind)?;
    let place = host.path(stamp::TREE);
    let replaces = place.exists();
    staging.publish("libtorch", &place)?;
    host.say(format!("libtorch {VERSION} ({kind}) is in {}", host.path(LIBTORCH).display()));
    if replaces { forget_bindings(host) } else { Ok(()) }
}

/// Has the C++ bindings built anew: torch-sys chooses its libraries when it is built, and does not
/// notice that another kind of libtorch has come to the same place.
fn forget_bindings(host: &Host) -> Result<()> {
    for profile in ["dev", "release"] {
        let arguments = ["clean", "--quiet", "--package", "torch-sys", "--profile", profile];
        let status = host.cargo().args(arguments).status();
        ensure!(
            status.is_ok_and(|status| status.success()),
            "libtorch was replaced, but the bindings built for the earlier one could not be \
             removed: run `cargo {}`",
            arguments.join(" ")
        );
    }
    Ok(())
}
