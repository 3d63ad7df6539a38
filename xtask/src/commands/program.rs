//! The workspace's programs, as commands that run them.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::host::Host;

/// The program of a package, built for speed and found by cargo wherever the user's settings put it. What
/// is added to the command is the program's own.
pub fn program(host: &Host, package: &str) -> Command {
    let mut command = host.cargo();
    command.args(["run", "--quiet", "--release", "--package", package, "--"]);
    command
}

/// Names the folder with the data, where there is one.
pub fn add_data(command: &mut Command, data: Option<&Path>) {
    if let Some(folder) = data {
        command.arg("--data").arg(folder);
    }
}

/// Flags as a program reads them: those switches that are on, then `--flag=value` for every value that
/// was typed, so that a value which begins with a dash stays a value.
pub fn words(switches: &[(&str, bool)], valued: &[(&str, &Option<OsString>)]) -> Vec<OsString> {
    let switches = switches.iter().filter(|(_, is_on)| *is_on);
    let switches = switches.map(|(flag, _)| OsString::from(flag));
    let valued = valued.iter().filter_map(|(flag, value)| {
        value.as_ref().map(|value| [OsStr::new(flag), value].join(OsStr::new("=")))
    });
    switches.chain(valued).collect()
}

/// Lets the program take this process's place: it gets the terminal's signals, and its exit code is this
/// command's.
///
/// # Errors
///
/// Where that fails; on success it does not return.
pub fn take_over(mut command: Command) -> Result<u8> {
    Err(command.exec()).context("cannot start cargo")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    #[test]
    fn the_program_is_built_for_speed_and_told_what_was_typed() {
        let machine = Machine::new();
        let mut command = program(&machine.host(), "autodecoder-theory");
        add_data(&mut command, Some(Path::new("d")));
        let (typed, none) = (Some("-1".into()), None);
        command.args(words(
            &[("--full", true), ("--list", false)],
            &[("--out", &typed), ("--document", &none)],
        ));
        let said: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            said.join(" "),
            "run --quiet --release --package autodecoder-theory -- --data d --full --out=-1"
        );
    }
}
