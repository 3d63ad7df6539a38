//! The command line.

mod apply;
mod arguments;
mod classifier;
mod incomplete;
mod info;
mod open;
mod study;
mod sweep;

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

pub use arguments::{
    Arguments, ClassifierArguments, Command, IncompleteArguments, NewRun, OldRun,
    SampleQualityArguments, SeedsArguments, StudyArguments, SweepArguments, Varied,
};

use crate::Catalogue;
use crate::pipeline;
use crate::progress::{INTERRUPTED, catch_signals, check_stop, say};
use crate::seeds;
use crate::session::Session;

/// Something the user can mend: a bad argument, file or value.
const USER_ERROR: u8 = 2;

/// The exit code that belongs to `error`.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    use autodecoder_training::Error;
    let stopped = |cause: &(dyn std::error::Error + 'static)| {
        let cause = cause.downcast_ref::<Error>();
        matches!(cause, Some(Error::Stopped { .. } | Error::Interrupted { .. }))
    };
    if error.chain().any(stopped) { INTERRUPTED } else { USER_ERROR }
}

/// Runs a command; experiment files may name everything in `catalogue`. A program with parts of its
/// own is this call with a larger catalogue (docs/extending.md).
///
/// # Errors
/// Whatever went wrong, ready to be printed with its causes.
pub fn run(arguments: Arguments, catalogue: Catalogue) -> Result<()> {
    catch_signals()?;
    match arguments.command {
        Command::Reproduce(new) => take(reproduce, &open::new_run(&new, catalogue)?),
        Command::Train(new) => take(pipeline::train, &open::new_run(&new, catalogue)?),
        Command::Evaluate(old) => take(pipeline::evaluate, &open::old_run(&old, catalogue)?),
        Command::Compare(old) => take(pipeline::compare, &open::old_run(&old, catalogue)?),
        Command::Sample(old) => take(pipeline::sample, &open::run_of_images(&old, catalogue)?),
        Command::Interpolate(old) => {
            take(pipeline::interpolate, &open::run_of_images(&old, catalogue)?)
        }
        Command::Tsne(old) => take(pipeline::tsne, &open::old_run(&old, catalogue)?),
        Command::Report(old) => take(pipeline::report, &open::run_of_images(&old, catalogue)?),
        Command::Classifier(arguments) => classifier::train(&arguments, &catalogue),
        Command::SampleQuality(arguments) => sample_quality(&arguments, catalogue),
        Command::Amortisation(old) => {
            take(pipeline::amortisation, &open::old_run(&old, catalogue)?)
        }
        Command::Sweep(arguments) => sweep::run(&arguments, &catalogue),
        Command::Incomplete(arguments) => incomplete::run(&arguments, &catalogue),
        Command::Info(info) => print(&info::text(&info.run, &catalogue)?),
        Command::Seeds(arguments) => print(&seeds::tables(&arguments.runs, &catalogue)?),
        Command::Infer(apply) => apply::infer(&apply, &catalogue),
        Command::Impute(impute) => apply::impute(&impute, &catalogue),
    }
}

fn sample_quality(arguments: &SampleQualityArguments, catalogue: Catalogue) -> Result<()> {
    let session = open::old_run(&arguments.old, catalogue)?;
    let SampleQualityArguments { classifier, samples, .. } = arguments;
    take(|session| pipeline::sample_quality(session, classifier, *samples), &session)
}

/// Prints `text`. A reader who has seen enough and closes the pipe is no error.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

type Step = fn(&Session) -> Result<()>;

/// Takes a step of a run that is open. Only from here on is there something to go on with.
fn take(step: impl Fn(&Session) -> Result<()>, session: &Session) -> Result<()> {
    let stopped = check_stop("before the step was begun").map_err(anyhow::Error::from);
    say_how_to_go_on(stopped.and_then(|()| step(session)))
}

/// Says, of work that was stopped, that it can be gone on with.
fn say_how_to_go_on(result: Result<()>) -> Result<()> {
    if result.as_ref().is_err_and(|error| exit_code(error) == INTERRUPTED) {
        say("The same command, without --force, goes on from here");
    }
    result
}

/// What `reproduce` does, in order, and whether it draws images, of which a table has none.
const STEPS: [(Step, bool); 7] = [
    (pipeline::train, false),
    (pipeline::evaluate, false),
    (pipeline::compare, false),
    (pipeline::sample, true),
    (pipeline::interpolate, true),
    (pipeline::tsne, false),
    (pipeline::report, true),
];

fn reproduce(session: &Session) -> Result<()> {
    let report = session.folder.report();
    if pipeline::is_finished(session)? {
        let what = if session.images.is_table() { session.folder.results() } else { report };
        say(&format!(
            "Nothing to do: this run is finished. See {}; --force would begin anew",
            what.display()
        ));
        session.folder.say_left_over();
        return Ok(());
    }
    for (step, pictures) in STEPS {
        check_stop("between two steps")?;
        if !(pictures && session.images.is_table()) {
            step(session)?;
        }
    }
    match session.images.is_table() {
        true => say(&format!("The numbers are in {}", session.folder.results().display())),
        false => say(&format!("The report is {}", report.display())),
    }
    Ok(())
}
