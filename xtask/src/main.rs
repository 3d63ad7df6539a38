//! `cargo xtask`: the project's set-up and chores.
//!
//! It must build on a machine that has no libtorch yet, so it depends on no other crate of the
//! workspace. Everything that it touches outside itself (folders, environment, programs) goes
//! through [`host::Host`], which the tests replace by temporary folders and fake programs.

mod cli;
mod commands;
mod experiment;
mod fashion_mnist;
mod host;
mod libtorch;
mod peers;
mod progress;
mod size;
mod staging;
#[cfg(test)]
mod test_support;
mod tools;

use std::process::ExitCode;

use clap::Parser;

/// What a user's mistake or a failed set-up ends with; the program `autodecoder` does the same.
const EXIT_ERROR: u8 = 2;

fn main() -> ExitCode {
    let host = host::Host::real();
    let outcome = cli::Cli::parse().run(&host);
    outcome.map_or_else(
        |error| {
            host.say(format!("error: {error:#}"));
            ExitCode::from(EXIT_ERROR)
        },
        ExitCode::from,
    )
}
