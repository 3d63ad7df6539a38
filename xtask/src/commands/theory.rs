//! `cargo xtask theory`: the course's claims, measured.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use super::program::{add_data, program, take_over, words};
use super::setup::{self, DataNeed};
use crate::host::Host;
use crate::libtorch::Wish;

const EXAMPLES: &str = "\
Examples:
  cargo xtask theory                          every check: a table, and runs/theory/theory.html
  cargo xtask theory gaussian-kl              one check, with its working
  cargo xtask theory --full latent-dimension  its long version
  cargo xtask theory --list                   the names

The program runs in the repository's root.";

const PACKAGE: &str = "autodecoder-theory";

/// The flags of `cargo xtask theory`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// One check by its name; all of them without one.
    name: Option<OsString>,
    /// Lists the checks' names.
    #[arg(long)]
    list: bool,
    /// The long versions of the checks that have one.
    #[arg(long)]
    full: bool,
    /// Where theory.json, theory.html and the figures go [default: runs/theory].
    #[arg(long, value_name = "DIR")]
    out: Option<OsString>,
    /// Writes the tables of this document anew: docs/theory.md.
    #[arg(long, value_name = "FILE")]
    document: Option<OsString>,
    /// A folder with Fashion-MNIST, instead of fetching it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Leave out what needs Fashion-MNIST, and fetch nothing of it.
    #[arg(long, conflicts_with = "data")]
    no_data: bool,
}

impl Arguments {
    /// The program's flags, data aside, as it reads them.
    fn words(&self) -> Vec<OsString> {
        let mut all = words(
            &[("--list", self.list), ("--full", self.full)],
            &[("--out", &self.out), ("--document", &self.document)],
        );
        all.extend(self.name.clone());
        all
    }

    fn need(&self) -> DataNeed<'_> {
        if self.no_data || self.list {
            DataNeed::Nothing
        } else {
            DataNeed::FashionMnist(self.data.as_deref())
        }
    }
}

/// Runs the command; on success it does not return, for the program takes this process's place.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let data = setup::provide(host, Wish::Auto, arguments.need())?;
    let mut command = program(host, PACKAGE);
    add_data(&mut command, data.as_deref());
    command.args(arguments.words());
    take_over(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{self, Machine};

    fn parsed(typed: &str) -> Arguments {
        test_support::parse("theory", typed).unwrap()
    }

    #[test]
    fn the_program_is_told_what_was_typed() {
        let words = parsed("relu --full --out a --document b.md").words();
        assert_eq!(words, ["--full", "--out=a", "--document=b.md", "relu"]);
    }

    #[test]
    fn a_misspelt_flag_is_found_before_any_download() {
        assert!(test_support::parse::<Arguments>("theory", "--ful").is_err());
        assert!(test_support::parse::<Arguments>("theory", "--data d --no-data").is_err());
    }

    #[test]
    fn data_is_fetched_only_where_something_needs_it() {
        assert_eq!(parsed("--no-data relu").need(), DataNeed::Nothing);
        assert_eq!(parsed("--list").need(), DataNeed::Nothing);
        assert_eq!(parsed("relu").need(), DataNeed::FashionMnist(None));
    }

    #[test]
    fn data_that_the_user_names_is_not_fetched() {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.own_libtorch();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        let arguments = parsed(&format!("--data {}", machine.path("missing").display()));
        let error = format!("{:#}", run(&host, &arguments).unwrap_err());
        assert!(error.contains("missing") && machine.calls().is_empty(), "{error}");
    }
}
