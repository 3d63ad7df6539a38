//! `cargo xtask sweep`: many small models, one setting varied.

use std::ffi::OsString;

use anyhow::Result;

use super::program::words;
use super::study::Study;
use crate::host::Host;

const EXAMPLES: &str = "\
Examples:
  cargo xtask sweep latent-dim            2 to 128 dimensions, three seeds: runs/sweep-latent-dim
  cargo xtask sweep latent-dim --quick    fewer of everything: some minutes
  cargo xtask sweep latent-dim --full --libtorch cuda

The program runs in the repository's root. What was measured is kept: the same command goes on.";

/// The flags of `cargo xtask sweep`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What is varied.
    #[arg(value_enum)]
    what: What,
    /// A folder with a classifier: samples are judged too.
    #[arg(long, value_name = "DIR")]
    classifier: Option<OsString>,
    /// Its size, folder and device.
    #[command(flatten)]
    study: Study,
}

/// What can be varied.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// The number of values in a latent.
    LatentDim,
}

impl What {
    /// As the program calls it.
    fn name(self) -> &'static str {
        match self {
            What::LatentDim => "latent-dim",
        }
    }
}

impl Arguments {
    /// What the program reads before the flags of the study.
    fn words(&self) -> Vec<OsString> {
        let mut typed = ["sweep", self.what.name()].map(OsString::from).to_vec();
        typed.extend(words(&[], &[("--classifier", &self.classifier)]));
        typed
    }
}

/// Runs the command; on success it does not return.
///
/// # Errors
///
/// Where the set-up fails, or cargo cannot be started.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    arguments.study.start(host, arguments.words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{self, Machine};

    fn parse(typed: &str) -> Result<Arguments, clap::Error> {
        test_support::parse("sweep", typed)
    }

    #[test]
    fn the_program_is_told_what_was_typed() {
        let arguments = parse("latent-dim --classifier c --quick --out a --threads 2").unwrap();
        assert_eq!(arguments.words(), ["sweep", "latent-dim", "--classifier=c"]);
        assert_eq!(arguments.study.words(), ["--quick", "--out=a", "--threads=2"]);
    }

    #[test]
    fn a_misspelt_flag_is_found_before_any_download() {
        for typed in ["", "latent-dims", "latent-dim --ful", "latent-dim --quick --full"] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn data_that_the_user_names_is_not_fetched() {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.own_libtorch();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        let typed = format!("latent-dim --data {}", machine.path("missing").display());
        let error = format!("{:#}", run(&host, &parse(&typed).unwrap()).unwrap_err());
        assert!(error.contains("missing") && machine.calls().is_empty(), "{error}");
    }
}
