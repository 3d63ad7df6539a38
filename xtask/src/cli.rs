//! The command line: which command, with which flags.

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::commands::{bench, ci, doctor, incomplete, reproduce, setup, sweep, test, theory};
use crate::host::Host;

/// Set-up and chores of the autodecoder workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch what is missing: libtorch and Fashion-MNIST. Nothing to do the second time.
    Setup(setup::Arguments),
    /// Report what was found on this machine, and how to mend what is wrong.
    Doctor(doctor::Arguments),
    /// Set up, build and run a whole experiment: train, evaluate, draw, report.
    Reproduce(reproduce::Arguments),
    /// Measure the claims of the course's theory: a table, figures, a report.
    Theory(theory::Arguments),
    /// Time this program and its peers in turn: ratios, and a report.
    Bench(bench::Arguments),
    /// Train many small models that differ in one setting, and draw what it does.
    Sweep(sweep::Arguments),
    /// Fill in missing pixels with a VAD, VAEs and baselines, and compare.
    Incomplete(incomplete::Arguments),
    /// Set up libtorch and run every test of the workspace.
    Test(test::Arguments),
    /// Formatting, lints, documentation, tests: all that must pass before a merge.
    Ci(ci::Arguments),
}

impl Cli {
    /// Runs the command; the value is the exit code of the process.
    ///
    /// # Errors
    ///
    /// What the command reports: a user's mistake or a set-up that failed.
    pub fn run(self, host: &Host) -> Result<u8> {
        match self.command {
            Command::Setup(arguments) => setup::run(host, &arguments),
            Command::Doctor(arguments) => doctor::run(host, &arguments),
            Command::Reproduce(arguments) => reproduce::run(host, &arguments),
            Command::Theory(arguments) => theory::run(host, &arguments),
            Command::Bench(arguments) => bench::run(host, &arguments),
            Command::Incomplete(arguments) => incomplete::run(host, &arguments),
            Command::Sweep(arguments) => sweep::run(host, &arguments),
            Command::Test(arguments) => test::run(host, &arguments),
            Command::Ci(arguments) => ci::run(host, &arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_in_its_help() {
        for command in Cli::command().get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            assert!(help.contains("cargo xtask"), "{}: {help}", command.get_name());
            assert!(help.contains("Example"), "{}: {help}", command.get_name());
        }
    }
}
