//! `cargo xtask sweep`: many small models, one setting varied.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use super::program::{add_data, program, take_over, words};
use super::reproduce::PACKAGE;
use super::setup::{self, DataNeed};
use crate::host::Host;
use crate::libtorch::Wish;

const EXAMPLES: &str = "\
Examples:
  cargo xtask sweep latent-dim            2 to 128 dimensions, three seeds: runs/sweep-latent-dim
  cargo xtask sweep latent-dim --quick    fewer of everything: some minutes
  cargo xtask sweep latent-dim --full --libtorch cuda

The program runs in the repository's root. What was measured is kept: the same command goes on.";

/// The flags of `cargo xtask sweep`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What is varied.
    #[arg(value_enum)]
    what: What,
    /// Which libtorch; a LIBTORCH variable of your own wins over it.
    #[arg(long, value_enum, default_value_t = Wish::Auto)]
    libtorch: Wish,
    /// A folder with Fashion-MNIST, instead of fetching it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Fewer images, epochs and dimensions: some minutes.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// All images, for a GPU.
    #[arg(long)]
    full: bool,
    /// A folder with a classifier: samples are judged too.
    #[arg(long, value_name = "DIR")]
    classifier: Option<OsString>,
    /// Begin anew where the folder holds another sweep.
    #[arg(long)]
    force: bool,
    /// Where the tables and the figure go [default: runs/sweep-latent-dim].
    #[arg(long, value_name = "DIR")]
    out: Option<OsString>,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long)]
    device: Option<OsString>,
    /// Threads of libtorch [default: one per core].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    threads: Option<OsString>,
}

/// What can be varied.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// The number of values in a latent.
    LatentDim,
}

impl What {
    /// As the program calls it.
    fn name(self) -> &'static str {
        match self {
            What::LatentDim => "latent-dim",
        }
    }
}

impl Arguments {
    /// The program's flags, data aside, as it reads them.
    fn words(&self) -> Vec<OsString> {
        words(
            &[("--quick", self.quick), ("--full", self.full), ("--force", self.force)],
            &[
                ("--classifier", &self.classifier),
                ("--out", &self.out),
                ("--device", &self.device),
                ("--threads", &self.threads),
            ],
        )
    }
}

/// Runs the command; on success it does not return, for the program takes this process's place.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let need = DataNeed::FashionMnist(arguments.data.as_deref());
    let data = setup::provide(host, arguments.libtorch, need)?;
    let mut command = program(host, PACKAGE);
    command.args(["sweep", arguments.what.name()]);
    add_data(&mut command, data.as_deref());
    command.args(arguments.words());
    take_over(command)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::test_support::Machine;

    /// The sweep command as a whole line of its own.
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(typed: &str) -> Result<Arguments, clap::Error> {
        let words = std::iter::once("sweep").chain(typed.split_whitespace());
        Line::try_parse_from(words).map(|line| line.arguments)
    }

    #[test]
    fn the_program_is_told_what_was_typed() {
        let arguments = parse("latent-dim --quick --out a --threads 2").unwrap();
        assert_eq!(arguments.what.name(), "latent-dim");
        assert_eq!(arguments.words(), ["--quick", "--out=a", "--threads=2"]);
    }

    #[test]
    fn a_misspelt_flag_is_found_before_any_download() {
        for typed in ["", "latent-dims", "latent-dim --ful", "latent-dim --quick --full"] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn data_that_the_user_names_is_not_fetched() {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.own_libtorch();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        let typed = format!("latent-dim --data {}", machine.path("missing").display());
        let error = format!("{:#}", run(&host, &parse(&typed).unwrap()).unwrap_err());
        assert!(error.contains("missing") && machine.calls().is_empty(), "{error}");
    }
}
