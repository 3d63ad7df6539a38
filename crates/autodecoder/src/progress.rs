//! Progress of long work: bars on a terminal, a line per epoch elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use autodecoder_training::{EpochRecord, Observer};
use indicatif::{ProgressBar, ProgressStyle};

/// Set by SIGINT and SIGTERM: finish what must be finished, save, and stop.
static STOP: AtomicBool = AtomicBool::new(false);

/// Lets SIGINT and SIGTERM ask for an orderly stop.
///
/// # Errors
/// Where the handler cannot be installed.
pub fn catch_signals() -> anyhow::Result<()> {
    Ok(ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed))?)
}

/// Shows one piece of work.
#[derive(Debug)]
pub struct Progress {
    label: String,
    bar: ProgressBar,
    line_per_epoch: bool,
}

impl Progress {
    /// Progress of `label`, drawn on standard error if that is a terminal.
    pub fn new(label: impl Into<String>) -> Progress {
        let label = label.into();
        let bar = ProgressBar::new(0);
        let template = "{prefix:<28} {bar:24} {percent:>3}%  {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(label.clone());
        bar.enable_steady_tick(Duration::from_millis(250));
        let line_per_epoch = bar.is_hidden();
        Progress { label, bar, line_per_epoch }
    }

    /// The same without lines for epochs: for short work, of which the outcome is enough.
    #[must_use]
    pub fn quiet(mut self) -> Progress {
        self.line_per_epoch = false;
        self
    }

    /// Ends the bar with a line that stays.
    pub fn finish(self, outcome: &str) {
        self.bar.finish_and_clear();
        say(&format!("{}: {outcome}", self.label));
    }
}

/// Prints a line for people, on standard error.
#[allow(clippy::print_stderr)]
pub fn say(line: &str) {
    eprintln!("{line}");
}

impl Observer for Progress {
    fn step(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    fn epoch(&mut self, record: &EpochRecord) {
        let message = format!(
            "epoch {}: {:.1} nats, {:.0} images/s",
            record.epoch, record.objective, record.images_per_second
        );
        if self.line_per_epoch {
            say(&format!("{}: {message}", self.label));
        }
        self.bar.set_message(message);
    }

    fn should_stop(&self) -> bool {
        STOP.load(Ordering::Relaxed)
    }
}
