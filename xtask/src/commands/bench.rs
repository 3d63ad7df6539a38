//! `cargo xtask bench`: this program and its peers, timed in turn.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::program::{add_data, program, take_over, words};
use super::setup::{self, DataNeed};
use crate::host::Host;
use crate::libtorch::Wish;
use crate::peers;

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                               every row: a table, and runs/bench/bench.json
  cargo xtask bench --quick                       some minutes
  cargo xtask bench --only train/mlp              rows by the beginning of their names
  cargo xtask bench --list                        the rows
  cargo xtask bench --document docs/performance.md

The program runs in the repository's root. The peers need Python packages, which are fetched once.";

/// The flags of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A choice of rows, shorter rounds: some minutes.
    #[arg(long)]
    quick: bool,
    /// Lists the rows.
    #[arg(long)]
    list: bool,
    /// Only rows whose names begin so; other rows of an earlier report are kept.
    #[arg(long, value_name = "PREFIX")]
    only: Option<OsString>,
    /// Where bench.json goes [default: runs/bench].
    #[arg(long, value_name = "DIR")]
    out: Option<OsString>,
    /// Writes the table of this document anew: docs/performance.md.
    #[arg(long, value_name = "FILE")]
    document: Option<OsString>,
    /// Threads of every program [default: one per core].
    #[arg(long, value_name = "N")]
    threads: Option<OsString>,
    /// cpu, or cuda: rows of training and inference alone, without goals.
    #[arg(long, value_name = "DEVICE", value_parser = devices())]
    device: Option<OsString>,
    /// Epochs of the schedules whose time to quality is measured [default: 10,30].
    #[arg(long, value_name = "N,N")]
    epochs: Option<OsString>,
    /// Epochs of further schedules of ours alone [default: 45].
    #[arg(long, value_name = "N,N")]
    our_epochs: Option<OsString>,
    /// A folder with Fashion-MNIST, instead of fetching it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A Python that has the peers' packages, instead of fetching them.
    #[arg(long, value_name = "FILE")]
    python: Option<String>,
}

impl Arguments {
    /// The program's flags, data and Python aside, as it reads them.
    fn words(&self) -> Vec<OsString> {
        words(
            &[("--quick", self.quick), ("--list", self.list)],
            &[
                ("--only", &self.only),
                ("--out", &self.out),
                ("--document", &self.document),
                ("--threads", &self.threads),
                ("--device", &self.device),
                ("--epochs", &self.epochs),
                ("--our-epochs", &self.our_epochs),
            ],
        )
    }
}

/// What `--device` takes, checked before anything is fetched.
fn devices() -> impl TypedValueParser {
    PossibleValuesParser::new(["cpu", "cuda"]).map(OsString::from)
}

/// Runs the command; on success it does not return, for the program takes this process's place.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let (need, packages) = match (arguments.list, &arguments.python) {
        (true, _) => (DataNeed::Nothing, None),
        (false, Some(python)) => {
            peers::check(host, python)?;
            (DataNeed::FashionMnist(arguments.data.as_deref()), None)
        }
        (false, None) => {
            let announcement = peers::announcement(host);
            announcement.iter().for_each(|line| host.say(format!("to be fetched, once: {line}")));
            (DataNeed::FashionMnist(arguments.data.as_deref()), Some(()))
        }
    };
    let data = setup::provide(host, Wish::Auto, need)?;
    let packages = packages.map(|()| peers::provide(host)).transpose()?;
    let mut command = bench(host, data.as_deref(), packages.as_deref());
    if let Some(python) = &arguments.python {
        command.arg("--python").arg(python);
    }
    command.args(arguments.words());
    take_over(command)
}

/// The program; the peers find their packages by `PYTHONPATH`.
fn bench(host: &Host, data: Option<&Path>, packages: Option<&Path>) -> Command {
    let mut command = program(host, "autodecoder-bench");
    add_data(&mut command, data);
    if let Some(folder) = packages {
        command.env("PYTHONPATH", folder);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{self, Machine};

    fn parsed(typed: &str) -> Arguments {
        test_support::parse("bench", typed).unwrap()
    }

    fn ready() -> Machine {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.own_libtorch();
        machine
    }

    #[test]
    fn the_program_is_built_for_speed_and_told_what_was_typed() {
        let machine = Machine::new();
        let mut command = bench(&machine.host(), Some(Path::new("d")), Some(Path::new("p")));
        command.args(parsed("--quick --only train --epochs 5,20 --document a.md").words());
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words.join(" "),
            "run --quiet --release --package autodecoder-bench -- --data d --quick --only=train \
             --document=a.md --epochs=5,20"
        );
        let path = command.get_envs().find(|(name, _)| *name == "PYTHONPATH").unwrap();
        assert_eq!(path.1, Some("p".as_ref()));
    }

    #[test]
    fn a_misspelt_flag_is_found_before_any_download() {
        assert!(test_support::parse::<Arguments>("bench", "--quik").is_err());
        assert!(test_support::parse::<Arguments>("bench", "train").is_err());
    }

    #[test]
    fn the_packages_are_announced_before_anything_is_fetched() {
        let machine = ready();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        run(&host, &parsed("")).unwrap_err();
        assert!(machine.said().starts_with("to be fetched, once: PyTorch"), "{}", machine.said());
    }

    #[test]
    fn a_python_of_the_users_is_checked_first_and_nothing_is_fetched_for_it() {
        let machine = ready();
        machine.program("mine", "exit 1");
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        let typed = format!("--python mine --data {}", machine.path("none").display());
        let error = run(&host, &parsed(&typed)).unwrap_err().to_string();
        assert!(error.contains("import torch"), "{error}");
        machine.program("mine", "");
        let error = format!("{:#}", run(&host, &parsed(&typed)).unwrap_err());
        assert!(error.contains("none") && machine.said().is_empty(), "{error}");
    }
}
