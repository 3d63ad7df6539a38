//! Running the program, and judging how it ends.

use std::path::Path;
use std::process::{Command, Output};

/// What a run of the program left on its terminal.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The program. Backtraces are asked for, because a user's shell may ask for them: an error must
/// not show one all the same.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autodecoder"));
    command.env("RUST_BACKTRACE", "1").env("RUST_LIB_BACKTRACE", "1");
    command
}

/// The sample of Fashion-MNIST in assets.
pub fn sample() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/sample"))
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Outcome {
    outcome(program().args(arguments).output().unwrap())
}

/// An ended program's outcome.
pub fn outcome(output: Output) -> Outcome {
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program, which must succeed.
pub fn succeed(arguments: &[&str]) -> Outcome {
    let outcome = run(arguments);
    assert_eq!(outcome.code, Some(0), "{arguments:?}: {}", outcome.stderr);
    outcome
}

/// Runs the program, which must end in a user's error; returns its message.
pub fn error_of(arguments: &[&str]) -> String {
    error_in(&run(arguments))
}

/// The message of an outcome that must be a user's error: exit code 2, and one error, which is the
/// last thing said.
pub fn error_in(outcome: &Outcome) -> String {
    let Outcome { code, stdout, stderr } = outcome;
    assert_eq!(*code, Some(2), "stderr: {stderr}\nstdout: {stdout}");
    for noise in ["panicked", "backtrace", "stack trace", "RUST_BACKTRACE", " 0x", "frame #"] {
        let quiet = !stderr.to_lowercase().contains(&noise.to_lowercase());
        assert!(quiet, "{noise:?} in: {stderr}");
    }
    let errors = stderr.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(errors, 1, "expected one error: {stderr}");
    let message = &stderr[stderr.find("error: ").unwrap()..];
    let causes = message.matches("(os error").count();
    assert!(causes <= 1, "the cause is said {causes} times: {message}");
    message.trim_end().to_owned()
}

/// Every fragment must be in the message.
pub fn assert_says(message: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(message.contains(fragment), "expected {fragment:?} in: {message}");
    }
}
