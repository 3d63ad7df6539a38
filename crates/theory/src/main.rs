//! The program behind `cargo xtask theory`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use autodecoder_models::tensor_file::write_atomically;
use autodecoder_theory::report::Done;
use autodecoder_theory::{Check, Context, Outcome, checks, document, report, results};
use autodecoder_training::Streams;
use clap::Parser;
use rayon::prelude::*;

mod terminal;

use terminal::{complain, print};

const EXAMPLES: &str = "\
Examples:
  cargo xtask theory                  every check: a table, and runs/theory/theory.html
  cargo xtask theory gaussian-kl      one check, with its working
  cargo xtask theory --list           the names";

/// The theory of the course, as checks that run.
#[derive(Debug, Parser)]
#[command(name = "autodecoder-theory", version, after_help = EXAMPLES)]
struct Arguments {
    /// One check by its name; all of them without one.
    name: Option<String>,
    /// Lists the checks' names.
    #[arg(long)]
    list: bool,
    /// A folder with Fashion-MNIST; without one, what needs it is left out.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The long versions of the checks that have one.
    #[arg(long)]
    full: bool,
    /// Where theory.json, theory.html and the figures go.
    #[arg(long, value_name = "DIR", default_value = "runs/theory")]
    out: PathBuf,
    /// Writes the tables of this document anew: docs/theory.md.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if arguments.list {
        checks::all().for_each(|check| print(&format!("{:28} {}", check.name, check.title)));
        return Ok(());
    }
    // One thread per check, checks side by side: sums have one order, whatever the machine has.
    tch::set_num_threads(1);
    let context = Context {
        streams: Streams::new(1),
        sample: PathBuf::from("assets/sample"),
        data: arguments.data.clone(),
        full: arguments.full,
    };
    match &arguments.name {
        Some(name) => one(name, &context, arguments),
        None => all(&context, arguments),
    }
}

/// One check with its working. The files of a whole run are left as they are.
fn one(name: &str, context: &Context, arguments: &Arguments) -> Result<()> {
    let Some(check) = checks::find(name) else {
        let known: Vec<&str> = checks::all().map(|check| check.name).collect();
        bail!("no check {name:?}: known are {}", known.join(", "));
    };
    let outcome = check.run(context)?;
    print(&terminal::working(check, &outcome));
    print(&terminal::table(&outcome.findings));
    write_figures(&arguments.out, &outcome)?;
    update_document(arguments, &[(check, outcome)])
}

/// Every check; the table, theory.json, theory.html and the figures.
fn all(context: &Context, arguments: &Arguments) -> Result<()> {
    let list: Vec<&'static Check> = checks::all().collect();
    let done: Vec<Done> = list
        .into_par_iter()
        .map(|check| {
            let outcome = check.run(context)?;
            complain(&format!("done: {}", check.title));
            Ok((check, outcome))
        })
        .collect::<Result<_>>()?;
    let findings = || done.iter().flat_map(|(_, outcome)| &outcome.findings);
    print(&terminal::table(findings()));
    print(&results::tally(findings()));
    print(&terminal::left_out(&done));
    for (_, outcome) in &done {
        write_figures(&arguments.out, outcome)?;
    }
    let subtitle = format!(
        "autodecoder {}, seed {}, one thread a check",
        env!("CARGO_PKG_VERSION"),
        context.streams.seed()
    );
    write(&arguments.out.join("theory.json"), results::json(findings())?.as_bytes())?;
    let html = report::render(&done, &subtitle)?;
    write(&arguments.out.join("theory.html"), html.as_bytes())?;
    print(&format!("The report is {}", arguments.out.join("theory.html").display()));
    update_document(arguments, &done)
}

fn write_figures(out: &Path, outcome: &Outcome) -> Result<()> {
    for plot in &outcome.plots {
        let path = out.join("figures").join(format!("{}.png", plot.name));
        write(&path, &plot.png)?;
        print(&format!("figure: {}", path.display()));
    }
    Ok(())
}

fn update_document(arguments: &Arguments, done: &[Done]) -> Result<()> {
    let Some(path) = &arguments.document else {
        return Ok(());
    };
    let unreadable = || format!("cannot read {}", path.display());
    let mut text = std::fs::read_to_string(path).with_context(unreadable)?;
    for (check, outcome) in done {
        text = document::with_table(&text, check.name, outcome)?;
    }
    write(path, text.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        let context = || format!("cannot make the folder {}", folder.display());
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    Ok(write_atomically(path, bytes)?)
}
