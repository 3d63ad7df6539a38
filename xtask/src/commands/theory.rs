//! `cargo xtask theory`: the course's claims, measured.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::setup::{self, DataNeed};
use crate::host::Host;
use crate::libtorch::Wish;

const EXAMPLES: &str = "\
Examples:
  cargo xtask theory                    every check: a table, and runs/theory/theory.html
  cargo xtask theory gaussian-kl        one check, with its working
  cargo xtask theory -- --list          the names

Any other flag goes to the program: --full, --out, --list, --document. It runs in the repository's
root.";

/// The flags of `cargo xtask theory`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A folder with Fashion-MNIST, instead of fetching it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A check's name, and flags for the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "NAME")]
    program: Vec<OsString>,
}

/// Runs the command; on success it does not return, for the program takes this process's place.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let need = DataNeed::FashionMnist(arguments.data.as_deref());
    let data = setup::provide(host, Wish::Auto, need)?;
    let mut command = program(host);
    if let Some(folder) = data {
        command.arg("--data").arg(folder);
    }
    Err(command.args(&arguments.program).exec()).context("cannot start cargo")
}

fn program(host: &Host) -> Command {
    let mut command = host.cargo();
    command.args(["run", "--quiet", "--release", "--package", "autodecoder-theory", "--"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    #[test]
    fn the_program_is_built_for_speed() {
        let machine = Machine::new();
        let command = program(&machine.host());
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(words.join(" "), "run --quiet --release --package autodecoder-theory --");
    }

    #[test]
    fn data_that_the_user_names_is_not_fetched() {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.write("own/lib/libtorch_cpu.so", "");
        machine.write("own/include/torch/torch.h", "");
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        let arguments = Arguments { data: Some(machine.path("missing")), program: Vec::new() };
        let error = format!("{:#}", run(&host, &arguments).unwrap_err());
        assert!(error.contains("missing") && machine.calls().is_empty(), "{error}");
    }
}
