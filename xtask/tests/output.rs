//! The program when nobody can hear it: closed pipes and full disks end in exit codes, not panics.

use std::fs::File;
use std::process::{Command, Stdio};

/// The program on a machine without any other program: quick, and it changes nothing.
fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).env_clear().env("PATH", "/nowhere");
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
fn a_reader_that_left_early_changes_nothing() {
    let mut child = xtask(&["doctor"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1), "what the doctor found");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = xtask(&["doctor"]).stdout(full).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error: cannot print the report: No space left"), "{said}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_message_that_cannot_be_written_leaves_the_exit_code() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let status = xtask(&["reproduce", "--preset", "nope"]).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(2));
}
