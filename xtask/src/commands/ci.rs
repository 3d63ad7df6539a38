//! `cargo xtask ci`: all that must pass before a merge, the cheap checks first.

use std::time::Instant;

use anyhow::{Context, Result};

use super::setup::{self, DataNeed};
use super::test;
use crate::host::Host;
use crate::libtorch::Wish;

const EXAMPLES: &str = "\
Example:
  cargo xtask ci      formatting, lints, documentation, tests; stops at the first that fails";

/// The flags of `cargo xtask ci`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

/// A cargo command, with one variable of the environment where it needs one.
struct Step {
    arguments: Vec<String>,
    variable: Option<(&'static str, &'static str)>,
}

impl Step {
    /// The command as a reader types it.
    fn shown(&self) -> String {
        let variable = self.variable.map(|(name, value)| format!("{name}=\"{value}\" "));
        format!("{}cargo {}", variable.unwrap_or_default(), self.arguments.join(" "))
    }
}

fn step(arguments: &str) -> Step {
    Step { arguments: arguments.split(' ').map(str::to_owned).collect(), variable: None }
}

/// Formatting first: it needs neither libtorch nor a build.
fn formatting() -> Step {
    step("fmt --all --check")
}

fn checks() -> [Step; 3] {
    let lints = step("clippy --workspace --all-targets -- -D warnings");
    let documentation = Step {
        variable: Some(("RUSTDOCFLAGS", "-D warnings")),
        ..step("doc --workspace --no-deps")
    };
    let tests = test::cargo_arguments(&[]);
    let tests = tests.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    [lints, documentation, Step { arguments: tests, variable: None }]
}

/// Runs the command.
pub fn run(host: &Host, _: &Arguments) -> Result<u8> {
    let code = take(host, &formatting())?;
    if code != 0 {
        return Ok(code);
    }
    setup::provide(host, Wish::Auto, DataNeed::Nothing)?;
    for step in checks() {
        let code = take(host, &step)?;
        if code != 0 {
            return Ok(code);
        }
    }
    host.say("all checks passed");
    Ok(0)
}

fn take(host: &Host, step: &Step) -> Result<u8> {
    host.say(format!("==> {}", step.shown()));
    let start = Instant::now();
    let mut command = host.cargo();
    command.args(&step.arguments).envs(step.variable);
    let status = command.status().context("cannot start cargo")?;
    let outcome = if status.success() { "passed" } else { "FAILED" };
    host.say(format!("==> {outcome} in {:.1} s: {}", start.elapsed().as_secs_f64(), step.shown()));
    Ok(super::exit_code(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn machine() -> (Machine, Host) {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.own_libtorch();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        (machine, host)
    }

    #[test]
    fn every_check_runs_in_order_and_says_how_to_run_it_again() {
        let (machine, host) = machine();
        machine.program("cargo", "");
        assert_eq!(run(&host, &Arguments {}).unwrap(), 0);
        let calls = [
            "cargo fmt --all --check",
            "cargo clippy --workspace --all-targets -- -D warnings",
            "cargo doc --workspace --no-deps",
            "cargo test --workspace",
        ];
        let made = machine.calls();
        let made: Vec<&str> = made.lines().filter(|call| call.starts_with("cargo")).collect();
        assert_eq!(made, calls);
        let said = machine.said();
        assert!(said.contains("==> RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace"), "{said}");
        assert!(calls.iter().all(|call| said.contains(call)), "{said}");
    }

    #[test]
    fn the_first_failure_stops_with_its_exit_code() {
        let (machine, host) = machine();
        machine.program("cargo", "[ $1 = clippy ] && exit 101; exit 0");
        assert_eq!(run(&host, &Arguments {}).unwrap(), 101);
        assert!(machine.said().contains("==> FAILED in"));
        assert!(!machine.calls().contains("cargo doc"));
    }

    #[test]
    fn documentation_warnings_are_errors() {
        let (machine, host) = machine();
        machine
            .program("cargo", "[ $1 != doc ] || [ \"$RUSTDOCFLAGS\" = '-D warnings' ] || exit 9");
        assert_eq!(run(&host, &Arguments {}).unwrap(), 0);
    }
}
