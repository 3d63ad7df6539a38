//! The commands, one module each.

pub mod bench;
pub mod ci;
pub mod doctor;
pub mod incomplete;
mod program;
pub mod reproduce;
pub mod setup;
mod study;
pub mod sweep;
pub mod test;
pub mod theory;

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The exit code to end with after a program that ran to its end, or died: 128 and the signal's
/// number then, as shells have it.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
