//! When a model in training is saved.

use std::cell::Cell;
use std::time::{Duration, Instant};

use autodecoder_training::{EpochRecord, Observer};

use crate::CheckpointInterval;
use crate::progress::Progress;

/// Measures the time since the last checkpoint.
#[derive(Debug)]
pub(super) struct CheckpointClock {
    interval: CheckpointInterval,
    last: Cell<Instant>,
    wait: Cell<Duration>,
}

impl CheckpointClock {
    /// A clock that begins now.
    pub fn new(interval: CheckpointInterval) -> CheckpointClock {
        let wait = Cell::new(interval.after(Duration::ZERO));
        CheckpointClock { interval, last: Cell::new(Instant::now()), wait }
    }

    /// Whether it is time for a checkpoint.
    pub fn is_due(&self) -> bool {
        self.last.get().elapsed() >= self.wait.get()
    }

    /// A checkpoint was written, which took so long.
    fn wrote(&self, took: Duration) {
        self.last.set(Instant::now());
        self.wait.set(self.interval.after(took));
    }
}

/// Shows training's progress, and tells the clock of its checkpoints.
#[derive(Debug)]
pub(super) struct Saving<'a> {
    /// Where progress is shown.
    pub progress: Progress,
    /// The clock.
    pub clock: &'a CheckpointClock,
}

impl Observer for Saving<'_> {
    fn step(&mut self, done: u64, total: u64) {
        self.progress.step(done, total);
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.progress.epoch(record);
    }

    fn checkpoint(&mut self, seconds: f64) {
        self.clock.wrote(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    }

    fn should_stop(&self) -> bool {
        self.progress.should_stop()
    }
}
