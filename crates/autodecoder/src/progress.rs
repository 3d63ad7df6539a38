//! Progress of long work: bars on a terminal, a line per epoch elsewhere.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use autodecoder_training::{BatchRecord, EpochRecord, Error, Observer};
use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Set by SIGINT and SIGTERM: finish what must be finished, save, and stop.
static STOP: AtomicBool = AtomicBool::new(false);
/// Exit code of a run that a signal ended, as shells report it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Lets SIGINT and SIGTERM ask for an orderly stop. A second signal ends the process at once. May be
/// called again.
///
/// # Errors
/// Where the handler cannot be installed.
pub fn catch_signals() -> anyhow::Result<()> {
    static CAUGHT: OnceLock<()> = OnceLock::new();
    if CAUGHT.set(()).is_ok() {
        let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot catch signals")?;
        let wait = move || signals.forever().for_each(|_| stop());
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(wait)
            .context("cannot start a thread")?;
    }
    Ok(())
}

/// What a signal does.
fn stop() {
    if STOP.swap(true, Ordering::Relaxed) {
        // Not `std::process::exit`: its clean-up would pull libtorch from under the working threads.
        signal_hook::low_level::exit(i32::from(INTERRUPTED));
    }
    say("stopping at the next point that can be gone on from; another signal ends this at once");
}

/// An error where a signal has asked for a stop: to be called where stopping loses nothing, which
/// `place` names.
///
/// # Errors
/// [`Error::Interrupted`].
pub fn check_stop(place: &'static str) -> Result<(), Error> {
    if STOP.load(Ordering::Relaxed) { Err(Error::Interrupted { place }) } else { Ok(()) }
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
        Progress::drawn(label.into(), "{prefix:<28} {bar:24} {percent:>3}%  {eta} left  {msg}")
    }

    fn drawn(label: String, template: &str) -> Progress {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(label.clone());
        bar.enable_steady_tick(Duration::from_millis(250));
        let line_per_epoch = bar.is_hidden();
        Progress { label, bar, line_per_epoch }
    }

    /// Work of which nothing is known but that it goes on.
    pub fn spinner(label: impl Into<String>) -> Progress {
        Progress::drawn(label.into(), "{prefix:<28} {spinner} {elapsed}")
    }

    /// The same without lines for epochs: for short work, of which the outcome is enough.
    #[must_use]
    pub fn quiet(mut self) -> Progress {
        self.line_per_epoch = false;
        self
    }

    /// Ends the bar and leaves nothing.
    pub fn clear(self) {
        self.bar.finish_and_clear();
    }

    /// Ends the bar with a line that stays.
    pub fn finish(self, outcome: &str) {
        self.bar.finish_and_clear();
        say(&format!("{}: {outcome}", self.label));
    }
}

/// Prints a line for people, on standard error. Where nobody can read it any more (a closed pipe, a
/// full disk) the work goes on all the same, which `eprintln` would not let it.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl Observer for Progress {
    fn step(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    fn epoch(&mut self, record: &EpochRecord) {
        // A classifier's loss is a fraction of a nat, a decoder's objective hundreds.
        let decimals = if record.objective < 10.0 { 3 } else { 1 };
        let message = format!(
            "epoch {}: {:.decimals$} nats, {:.0} images/s",
            record.epoch, record.objective, record.images_per_second
        );
        if self.line_per_epoch {
            say(&format!("{}: {message}", self.label));
        }
        self.bar.set_message(message);
    }

    fn batch(&mut self, record: &BatchRecord) {
        let BatchRecord { objective, images_per_second } = record;
        self.bar.set_message(format!("{objective:.1} nats, {images_per_second:.0} images/s"));
    }

    fn should_stop(&self) -> bool {
        STOP.load(Ordering::Relaxed)
    }
}
