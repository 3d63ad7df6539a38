//! The command line.

mod arguments;
mod info;
mod open;

use anyhow::Result;

pub use arguments::{Arguments, Command, NewRun, OldRun};

use crate::Catalogue;
use crate::pipeline;
use crate::progress::{catch_signals, say};
use crate::session::Session;

/// Something the user can mend: a bad argument, file or value.
const USER_ERROR: u8 = 2;
/// Stopped by SIGINT or SIGTERM, as shells report it.
const INTERRUPTED: u8 = 130;

/// The exit code that belongs to `error`.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    let stopped = |cause: &(dyn std::error::Error + 'static)| {
        matches!(
            cause.downcast_ref::<autodecoder_training::Error>(),
            Some(autodecoder_training::Error::Stopped { .. })
        )
    };
    if error.chain().any(stopped) { INTERRUPTED } else { USER_ERROR }
}

/// Runs a command; experiment files may name everything in `catalogue`. A program with parts of its
/// own is this call with a larger catalogue (docs/extending.md).
///
/// # Errors
/// Whatever went wrong, ready to be printed with its causes.
pub fn run(arguments: Arguments, catalogue: Catalogue) -> Result<()> {
    match arguments.command {
        Command::Reproduce(new) => reproduce(&open::new_run(&new, catalogue)?),
        Command::Train(new) => train(&open::new_run(&new, catalogue)?),
        Command::Evaluate(old) => pipeline::evaluate(&open::old_run(&old, catalogue)?),
        Command::Compare(old) => pipeline::compare(&open::old_run(&old, catalogue)?),
        Command::Sample(old) => pipeline::sample(&open::old_run(&old, catalogue)?),
        Command::Interpolate(old) => pipeline::interpolate(&open::old_run(&old, catalogue)?),
        Command::Tsne(old) => pipeline::tsne(&open::old_run(&old, catalogue)?),
        Command::Report(old) => pipeline::report(&open::old_run(&old, catalogue)?),
        Command::Info(info) => info::print(&info.run, &catalogue),
    }
}

fn train(session: &Session) -> Result<()> {
    catch_signals()?;
    let result = pipeline::train(session);
    if result.as_ref().is_err_and(|error| exit_code(error) == INTERRUPTED) {
        say("The same command, without --force, goes on from here");
    }
    result
}

fn reproduce(session: &Session) -> Result<()> {
    let report = session.folder.report();
    if pipeline::is_finished(session)? {
        say(&format!(
            "Nothing to do: this run is finished. The report is {}; --force would begin anew",
            report.display()
        ));
        return Ok(());
    }
    train(session)?;
    pipeline::evaluate(session)?;
    pipeline::compare(session)?;
    pipeline::sample(session)?;
    pipeline::interpolate(session)?;
    pipeline::tsne(session)?;
    pipeline::report(session)?;
    say(&format!("The report is {}", report.display()));
    Ok(())
}
