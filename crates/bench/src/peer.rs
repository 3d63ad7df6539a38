//! The programs that take part: ours, and its peers in Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::child::Worker;
use crate::prepare::Workshop;

/// A program that does the same work as ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// PyTorch as the course's solutions write it.
    Course,
    /// The fastest eager PyTorch.
    Tuned,
    /// The same under `torch.compile`.
    Compiled,
    /// The eager one under `torch.autocast` to bfloat16.
    TunedBf16,
    /// The compiled one, likewise.
    CompiledBf16,
    /// The matrix products and convolutions of a step alone.
    Limit,
}

impl Peer {
    /// The name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Peer::Course => "course",
            Peer::Tuned => "tuned",
            Peer::Compiled => "compiled",
            Peer::TunedBf16 => "tuned-bf16",
            Peer::CompiledBf16 => "compiled-bf16",
            Peer::Limit => "limit",
        }
    }

    /// Script and flags.
    fn words(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Peer::Course => ("course.py", &[]),
            Peer::Tuned => ("tuned.py", &[]),
            Peer::Compiled => ("tuned.py", &["--compile"]),
            Peer::TunedBf16 => ("tuned.py", &["--bf16"]),
            Peer::CompiledBf16 => ("tuned.py", &["--compile", "--bf16"]),
            Peer::Limit => ("limit.py", &[]),
        }
    }
}

/// How the programs are started.
#[derive(Debug)]
pub struct Programs {
    /// The Python that finds the peers' packages.
    pub python: PathBuf,
    /// The folder of the peers' scripts.
    pub scripts: PathBuf,
    /// Where logs and generated code go.
    pub workshop: Workshop,
}

impl Programs {
    /// This very program, with other arguments.
    ///
    /// # Errors
    /// Where the system does not say where it lies.
    pub fn ours(&self) -> Result<Command> {
        let path = std::env::current_exe().context("cannot find this program")?;
        Ok(self.with_threads(Command::new(path)))
    }

    /// A script of the peers.
    pub fn script(&self, name: &str) -> Command {
        let mut command = self.with_threads(Command::new(&self.python));
        command.arg(self.scripts.join(name));
        // Nothing is left beside the scripts, nor in the user's cache.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("TORCHINDUCTOR_CACHE_DIR", self.workshop.path("inductor"));
        command
    }

    /// Every library's pool of threads gets the same size.
    fn with_threads(&self, mut command: Command) -> Command {
        let threads = self.workshop.threads().to_string();
        for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"] {
            command.env(variable, &threads);
        }
        command
    }

    /// Our worker, ready.
    ///
    /// # Errors
    /// Where it does not become ready.
    pub fn our_worker(&self, case: &Path) -> Result<Worker> {
        let mut command = self.ours()?;
        command.arg("worker").arg(case);
        Worker::start("our worker", command, &self.workshop.path("ours.log"))
    }

    /// A peer's worker, ready.
    ///
    /// # Errors
    /// Where it does not become ready.
    pub fn worker(&self, peer: Peer, case: &Path) -> Result<Worker> {
        let (script, flags) = peer.words();
        let mut command = self.script(script);
        command.arg(case).args(flags);
        Worker::start(peer.name(), command, &self.workshop.path(&format!("{}.log", peer.name())))
    }
}
