//! `cargo xtask test`: every test of the workspace.

use std::ffi::OsString;

use anyhow::{Context, Result};

use super::setup::{self, DataNeed};
use crate::host::Host;
use crate::libtorch::Wish;

const EXAMPLES: &str = "\
Examples:
  cargo xtask test
  cargo xtask test --package autodecoder-data
  cargo xtask test -- --nocapture kl";

/// The flags of `cargo xtask test`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Passed on to `cargo test --workspace`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo: Vec<OsString>,
}

/// Runs the command.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    setup::provide(host, Wish::Auto, DataNeed::Nothing)?;
    let mut command = host.cargo();
    command.args(cargo_arguments(&arguments.cargo));
    let status = command.status().context("cannot start cargo")?;
    Ok(super::exit_code(status))
}

/// `cargo test --workspace`, or the packages that the user names.
pub fn cargo_arguments(extra: &[OsString]) -> Vec<OsString> {
    let own = extra.split(|argument| argument == "--").next().unwrap_or_default();
    let names_packages = own.iter().any(|argument| {
        let text = argument.to_string_lossy();
        text == "--package" || text.starts_with("--package=") || text.starts_with("-p")
    });
    let mut all: Vec<OsString> = vec!["test".into()];
    // cargo would run every package's tests where both are given.
    if !names_packages {
        all.push("--workspace".into());
    }
    all.extend_from_slice(extra);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(extra: &[&str]) -> Vec<String> {
        let extra: Vec<OsString> = extra.iter().map(OsString::from).collect();
        cargo_arguments(&extra).iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_workspace_is_tested_unless_packages_are_named() {
        assert_eq!(with(&[]), ["test", "--workspace"]);
        assert_eq!(with(&["--", "-p"]), ["test", "--workspace", "--", "-p"]);
        assert_eq!(with(&["-p", "data"]), ["test", "-p", "data"]);
        assert_eq!(with(&["--package=data", "kl"]), ["test", "--package=data", "kl"]);
    }
}
