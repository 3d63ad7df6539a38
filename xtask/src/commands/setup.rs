//! `cargo xtask setup`: provide what is missing.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::fashion_mnist::FashionMnist;
use crate::host::Host;
use crate::libtorch::{self, Kind, Libtorch, Origin, Wish};
use crate::tools;

const EXAMPLES: &str = "\
Examples:
  cargo xtask setup                     libtorch and Fashion-MNIST, where they are missing
  cargo xtask setup --libtorch cpu      the smaller libtorch, even where there is a GPU
  cargo xtask setup --no-data           only libtorch: enough to build and to run the tests";

/// What cargo does beside, where its cache is empty.
pub const FIRST_BUILD: &str = "The first build also fetches crates, about 30 MB, and \
                               takes some minutes.";

/// The flags of `cargo xtask setup`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Which libtorch; a LIBTORCH variable of your own wins over it.
    #[arg(long, value_enum, default_value_t = Wish::Auto)]
    libtorch: Wish,
    /// A folder with Fashion-MNIST, to be checked instead of fetching it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Leave the data set out.
    #[arg(long, conflicts_with = "data")]
    no_data: bool,
}

/// Which data a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataNeed<'a> {
    /// None: what it reads is in the repository, or the experiment file names it.
    Nothing,
    /// Fashion-MNIST, from the folder the user names, if any.
    FashionMnist(Option<&'a Path>),
}

/// Runs the command.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let data = match (&arguments.data, arguments.no_data) {
        (_, true) => DataNeed::Nothing,
        (named, false) => DataNeed::FashionMnist(named.as_deref()),
    };
    announce(host, arguments.libtorch, data)?;
    let libtorch = libtorch::provide(host, arguments.libtorch)?;
    host.say(&libtorch);
    for note in notes(host, &libtorch) {
        host.say(note);
    }
    if let DataNeed::FashionMnist(named) = data {
        host.say(FashionMnist::new(host).provide(named)?);
    }
    host.say("everything is in place");
    Ok(0)
}

/// Provides what another command needs, silently where nothing is missing; returns the data's
/// folder.
///
/// # Errors
///
/// When something cannot be provided.
pub fn provide(host: &Host, wish: Wish, data: DataNeed<'_>) -> Result<Option<PathBuf>> {
    announce(host, wish, data)?;
    let libtorch = libtorch::provide(host, wish)?;
    for note in notes(host, &libtorch) {
        host.say(note);
    }
    let DataNeed::FashionMnist(named) = data else {
        return Ok(None);
    };
    let data = FashionMnist::new(host).provide(named)?;
    if data.is_notable() {
        host.say(&data);
    }
    Ok(Some(data.folder))
}

/// Says what will be fetched before any of it is, and stops where the build could not work.
fn announce(host: &Host, wish: Wish, data: DataNeed<'_>) -> Result<()> {
    tools::require_cxx(host)?;
    let libtorch = libtorch::plan(host, wish)?.announcement(host);
    let data = match data {
        DataNeed::Nothing => None,
        DataNeed::FashionMnist(named) => FashionMnist::new(host).plan(named)?.announcement(host),
    };
    let all: Vec<String> =
        [libtorch, data].into_iter().flatten().map(|item| format!("\n  {item}")).collect();
    if !all.is_empty() {
        host.say(format!("set-up will fetch, once:{}\n{FIRST_BUILD}", all.concat()));
    }
    Ok(())
}

/// What is to be known of a libtorch that will do.
pub fn notes(host: &Host, libtorch: &Libtorch) -> Vec<String> {
    libtorch.unknown_version().into_iter().chain(unused_gpu(host, libtorch)).collect()
}

/// A silent fall to the CPU is what users of GPUs complain about most.
fn unused_gpu(host: &Host, libtorch: &Libtorch) -> Option<String> {
    let unused = libtorch.kind == Kind::Cpu && libtorch::has_nvidia_gpu(host);
    let mend = match libtorch.origin {
        Origin::SetUp => "`cargo xtask setup --libtorch cuda` replaces it",
        Origin::Libtorch | Origin::PyTorch => "choose one with CUDA to use the GPU",
    };
    unused.then(|| {
        format!("note: there is an NVIDIA GPU, but this libtorch is for the CPU only; {mend}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn set_up(machine: &Machine, host: &Host) -> Result<Option<PathBuf>> {
        machine.program("c++", "");
        provide(host, Wish::Auto, DataNeed::Nothing)
    }

    fn own_libtorch(machine: &Machine) -> Host {
        machine.own_libtorch();
        machine.host_with("LIBTORCH", machine.path("own"))
    }

    #[test]
    fn what_will_be_fetched_is_said_before_anything_runs() {
        let machine = Machine::new();
        set_up(&machine, &machine.host()).unwrap_err();
        let said = machine.said();
        assert!(said.starts_with("set-up will fetch, once:\n  libtorch 2.13.0 (CPU)"), "{said}");
        assert!(said.contains("crates, about 30 MB, and takes some"), "{said}");
    }

    #[test]
    fn nothing_is_said_where_nothing_is_missing() {
        let machine = Machine::new();
        assert_eq!(set_up(&machine, &own_libtorch(&machine)).unwrap(), None);
        assert_eq!(machine.said(), "");
    }

    #[test]
    fn a_gpu_that_libtorch_cannot_use_is_mentioned() {
        let machine = Machine::new();
        machine.program("nvidia-smi", "echo 'GPU 0'");
        set_up(&machine, &own_libtorch(&machine)).unwrap();
        assert!(machine.said().contains("for the CPU only"), "{}", machine.said());
    }

    #[test]
    fn a_missing_compiler_stops_before_the_download() {
        let machine = Machine::new();
        let error = provide(&machine.host(), Wish::Auto, DataNeed::Nothing).unwrap_err();
        assert!(error.to_string().contains("apt-get install g++"), "{error}");
        assert!(!machine.path("external").exists());
    }
}
