//! The `autodecoder` program.

use std::process::ExitCode;

use autodecoder::{Catalogue, cli, say};
use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse(), Catalogue::standard()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(cli::exit_code(&error))
        }
    }
}
