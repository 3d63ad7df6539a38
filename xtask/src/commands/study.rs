//! What the flags of experiments with many small models have in common.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use super::program::{add_data, program, take_over, words};
use super::reproduce::PACKAGE;
use super::setup::{self, DataNeed};
use crate::host::Host;
use crate::libtorch::Wish;

/// Size, folder and device of such an experiment.
#[derive(Debug, clap::Args)]
pub struct Study {
    /// Which libtorch; a LIBTORCH variable of your own wins over it.
    #[arg(long, value_enum, default_value_t = Wish::Auto)]
    libtorch: Wish,
    /// A folder with Fashion-MNIST, instead of fetching it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Less of everything: some minutes.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// All images, for a GPU.
    #[arg(long)]
    full: bool,
    /// Begin anew where the folder holds the same with other settings.
    #[arg(long)]
    force: bool,
    /// Where tables and figures go [default: a folder in runs that is called like the command].
    #[arg(long, value_name = "DIR")]
    out: Option<OsString>,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long)]
    device: Option<OsString>,
    /// Threads of libtorch [default: one per core].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    threads: Option<OsString>,
}

impl Study {
    /// The program's flags, data aside, as it reads them.
    pub fn words(&self) -> Vec<OsString> {
        words(
            &[("--quick", self.quick), ("--full", self.full), ("--force", self.force)],
            &[("--out", &self.out), ("--device", &self.device), ("--threads", &self.threads)],
        )
    }

    /// Sets up what is needed and starts the program with `arguments`; on success it does not return, for
    /// the program takes this process's place.
    ///
    /// # Errors
    ///
    /// Where the set-up fails, or cargo cannot be started.
    pub fn start(&self, host: &Host, arguments: Vec<OsString>) -> Result<u8> {
        let need = DataNeed::FashionMnist(self.data.as_deref());
        let data = setup::provide(host, self.libtorch, need)?;
        let mut command = program(host, PACKAGE);
        command.args(arguments);
        add_data(&mut command, data.as_deref());
        command.args(self.words());
        take_over(command)
    }
}
