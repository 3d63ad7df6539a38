//! The program behind `cargo xtask bench`: ours and its peers in turn on the same work.
//!
//! A comparison is a row: a name, what it is against, and the median of ratios with their lowest and
//! highest. The two programs are processes that wait for requests and compute in turn; rounds in which
//! a third one used the machine are taken again. Before times are compared, losses are: two programs that do
//! not do the same work are an error.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use autodecoder::choose_device;
use autodecoder_training::Precision;
use clap::{Parser, Subcommand};

mod alternate;
mod bench;
mod case;
mod child;
mod goal;
mod machine;
mod model;
mod peer;
mod plan;
mod prepare;
mod proof;
mod protocol;
mod quality;
mod quiet;
mod row;
mod statistics;
mod table;
mod tsne;
mod worker;

use bench::{Bench, Effort};
use case::{Decoder, Setting, Work};
use peer::{Peer, Programs};
use plan::Planned;
use prepare::Workshop;
use proof::Violation;
use quality::Schedules;
use row::Report;

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                               every row, and runs/bench/bench.json
  cargo xtask bench --quick                       some minutes
  cargo xtask bench --only train/mlp              rows by the beginning of their names
  cargo xtask bench --document docs/performance.md";

/// Times this program and its peers in turn, on the same work.
#[derive(Debug, Parser)]
#[command(name = "autodecoder-bench", version, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    options: Options,
}

/// What this program does as one of those that take part.
#[derive(Debug, Subcommand)]
enum Part {
    /// Loads a case and obeys requests.
    #[command(hide = true)]
    Worker {
        /// The case.
        case: PathBuf,
    },
    /// Trains with the settings of the preset and says what each epoch has reached.
    #[command(hide = true)]
    Quality {
        /// A folder with Fashion-MNIST.
        data: PathBuf,
        #[arg(long)]
        epochs: u32,
        #[arg(long)]
        threads: usize,
    },
    /// Makes a t-SNE map and says how long it took.
    #[command(hide = true)]
    Tsne {
        /// 32-bit floats.
        data: PathBuf,
        /// Where the map is written.
        map: PathBuf,
    },
    /// Only proves on a small case that the peers do the same work.
    #[command(hide = true)]
    Prove {
        /// Raw bytes of images.
        images: PathBuf,
        #[arg(long)]
        batch: usize,
        #[command(flatten)]
        options: Box<Options>,
    },
}

/// What can be chosen.
#[derive(Debug, clap::Args)]
struct Options {
    /// A choice of rows, shorter rounds: some minutes.
    #[arg(long)]
    quick: bool,
    /// Only rows whose names begin so; other rows of an earlier report are kept.
    #[arg(long, value_name = "PREFIX", default_value = "")]
    only: String,
    /// Lists the rows.
    #[arg(long)]
    list: bool,
    /// A folder with Fashion-MNIST.
    #[arg(long, value_name = "DIR", default_value = "external/fashion-mnist")]
    data: PathBuf,
    /// Where bench.json and the files of the programs go.
    #[arg(long, value_name = "DIR", default_value = "runs/bench")]
    out: PathBuf,
    /// Writes the table of this document anew: docs/performance.md.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// The Python that has the peers' packages.
    #[arg(long, value_name = "FILE", default_value = "python3")]
    python: PathBuf,
    /// The folder of the peers' scripts.
    #[arg(long, value_name = "DIR", default_value = "benches/peers")]
    peers: PathBuf,
    /// Threads of every program [default: one per core].
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// cpu, or cuda: rows of training and inference alone, without goals.
    #[arg(long, default_value = "cpu", value_parser = ["cpu", "cuda"])]
    device: String,
    /// Epochs of the schedules whose time to quality is measured.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [10, 30])]
    epochs: Vec<u32>,
    /// Epochs of further schedules of ours alone.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [45])]
    our_epochs: Vec<u32>,
}

impl Options {
    /// Ratios on a GPU are no ratios on the CPU: each device has a report of its own.
    fn report(&self) -> PathBuf {
        self.out.join(if self.device == "cpu" { "bench.json" } else { "bench-cuda.json" })
    }

    fn effort(&self) -> Effort {
        let (rounds, seconds) = if self.quick { (5, 0.3) } else { (11, 0.7) };
        let (both, ours) = (self.epochs.clone(), self.our_epochs.clone());
        Effort { rounds, seconds, schedules: Schedules { both, ours } }
    }

    fn programs(&self) -> Result<Programs> {
        let device = choose_device(&self.device)?.name;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workshop =
            Workshop::new(self.out.join("work"), self.threads.unwrap_or(cores), &device)?;
        Ok(Programs { python: self.python.clone(), scripts: self.peers.clone(), workshop })
    }
}

fn main() -> ExitCode {
    let Arguments { part, options } = Arguments::parse();
    let done = match part {
        None => run(&options),
        Some(Part::Worker { case }) => worker::run(&case),
        Some(Part::Quality { data, epochs, threads }) => quality::ours(&data, epochs, threads),
        Some(Part::Tsne { data, map }) => tsne::ours(&data, &map),
        Some(Part::Prove { images, batch, options }) => prove(&images, batch, &options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::from(if error.is::<Violation>() { 1 } else { 2 })
        }
    }
}

fn run(options: &Options) -> Result<()> {
    ensure!(
        options.device == "cpu" || options.document.is_none(),
        "--document with --device cuda: the document's table is the CPU's; the rows of a GPU are printed, \
         and lie in bench-cuda.json"
    );
    let rows = plan::rows(options.quick, &options.only, &options.device);
    ensure!(!rows.is_empty(), "no row's name begins with {:?}; --list shows all", options.only);
    if options.list {
        rows.iter().for_each(|row| print(&format!("{:28} {}", row.name, row.against)));
        return Ok(());
    }
    let report = measure(options, &rows)?;
    print(&table::terminal(&report.rows));
    print("Ratios are the other's over ours, medians with the lowest and highest of the rounds.");
    print(&bench::inference_note());
    let disturbed = report.rows.iter().filter(|row| row.is_disturbed()).count();
    if disturbed > 0 {
        complain(&format!(
            "warning: other programs used the machine during {disturbed} rows, marked as disturbed: \
             their ratios mean nothing; measure again on a quiet machine"
        ));
    }
    print(&format!("The report is {}", options.report().display()));
    match &options.document {
        Some(path) => table::into_document(path, &report),
        None => Ok(()),
    }
}

/// Measures all rows. The report is written after each: an interrupted run keeps what it has.
fn measure(options: &Options, rows: &[Planned]) -> Result<Report> {
    let (programs, effort) = (options.programs()?, options.effort());
    let path = options.report();
    let earlier = if options.only.is_empty() { None } else { Report::read(&path)? };
    let mut report = earlier.unwrap_or_default();
    report.machine = machine::machine(programs.workshop.threads(), programs.workshop.device());
    report.versions = machine::versions(&programs)?;
    let mut bench = Bench::new(&programs, &options.data, &effort, &complain)?;
    for (number, planned) in rows.iter().enumerate() {
        let Planned { name, against, .. } = planned;
        complain(&format!("[{}/{}] {name} against {against}", number + 1, rows.len()));
        let mut row =
            bench.measure(planned.measure).with_context(|| format!("{name} against {against}"))?;
        (row.name, row.against) = (name.clone(), against.clone());
        row.goal = (options.device == "cpu").then(|| goal::goal(&planned.measure)).flatten();
        report.put(row);
        report.write(&path)?;
    }
    Ok(report)
}

fn prove(images: &Path, batch: usize, options: &Options) -> Result<()> {
    let programs = options.programs()?;
    let images = std::path::absolute(images)?;
    for work in [Work::Train, Work::Infer] {
        let (decoder, precision) = (Decoder::Mlp, Precision::F32);
        let setting = Setting { work, decoder, variational: true, count: 0, batch, precision };
        for peer in [Peer::Course, Peer::Tuned] {
            if (work, peer) == (Work::Infer, Peer::Course) {
                continue;
            }
            let found = proof::prove(&programs, &setting, peer, &images)?;
            print(&format!("{work:?} {}: {:.1e}, {:.1e}", peer.name(), found.first, found.last));
        }
    }
    Ok(())
}

/// Writes a line to standard output. A closed pipe is no error: who closed it has seen enough.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes a line to standard error.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_gpu_has_a_report_of_its_own_and_no_document() {
        let parse = |typed: &str| {
            Arguments::try_parse_from(["bench"].into_iter().chain(typed.split(' ')))
                .unwrap()
                .options
        };
        assert_ne!(parse("--device cuda").report(), parse("--device cpu").report());
        let both = parse("--device cuda --document docs/performance.md");
        assert!(run(&both).unwrap_err().to_string().contains("--document with --device cuda"));
    }

    #[test]
    fn schedules_are_typed_as_a_list() {
        let parsed = Arguments::try_parse_from(["bench", "--epochs", "5,20", "--quick"]).unwrap();
        assert_eq!(parsed.options.epochs, [5, 20]);
        assert_eq!(parsed.options.effort().rounds, 5);
    }
}
