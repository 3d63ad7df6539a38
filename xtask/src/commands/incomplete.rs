//! `cargo xtask incomplete`: learning from incomplete images.

use std::ffi::OsString;

use anyhow::Result;

use super::program::words;
use super::study::Study;
use crate::host::Host;

const EXAMPLES: &str = "\
Examples:
  cargo xtask incomplete                  a tenth to nine tenths missing: runs/incomplete
  cargo xtask incomplete --quick          less of everything: some minutes
  cargo xtask incomplete --seeds 1,2,3    error bars
  cargo xtask incomplete --full --libtorch cuda

The program runs in the repository's root. What was measured is kept: the same command goes on.";

/// The flags of `cargo xtask incomplete`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Seeds, instead of those of the size.
    #[arg(long, value_name = "N,N,…")]
    seeds: Option<OsString>,
    /// Its size, folder and device.
    #[command(flatten)]
    study: Study,
}

/// Runs the command; on success it does not return.
///
/// # Errors
///
/// Where the set-up fails, or cargo cannot be started.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let mut typed = vec![OsString::from("incomplete")];
    typed.extend(words(&[], &[("--seeds", &arguments.seeds)]));
    arguments.study.start(host, typed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{self, Machine};

    fn parse(typed: &str) -> Result<Arguments, clap::Error> {
        test_support::parse("incomplete", typed)
    }

    #[test]
    fn the_program_is_told_what_was_typed() {
        let arguments = parse("--quick --out a --seeds 1,2").unwrap();
        assert_eq!(arguments.study.words(), ["--quick", "--out=a"]);
        assert_eq!(arguments.seeds.unwrap(), "1,2");
    }

    #[test]
    fn a_misspelt_flag_is_found_before_any_download() {
        for typed in ["a", "--ful", "--quick --full"] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn data_that_the_user_names_is_not_fetched() {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.own_libtorch();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        let typed = format!("--data {}", machine.path("missing").display());
        let error = format!("{:#}", run(&host, &parse(&typed).unwrap()).unwrap_err());
        assert!(error.contains("missing") && machine.calls().is_empty(), "{error}");
    }
}
