//! Our own program as a worker: the same protocol as its peers, in a process of its own.

mod inference;
mod training;

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::case::{Case, Work};
use crate::protocol::Request;

/// What a worker can be asked for.
trait Program {
    /// Seconds for so many steps.
    fn time(&mut self, steps: u64) -> Result<f64>;

    /// The loss of each of so many steps, nats per image.
    fn losses(&mut self, steps: u64) -> Result<Vec<f64>>;

    /// Seconds for one checkpoint, written into `folder`.
    fn checkpoint(&mut self, folder: &Path) -> Result<f64>;
}

/// Loads a case and obeys requests until there are no more.
///
/// # Errors
/// Where the case is wrong or a request fails.
pub fn run(path: &Path) -> Result<()> {
    let case = Case::read(path)?;
    tch::set_num_threads(i32::try_from(case.threads)?);
    let folder = path.parent().context("a case lies in a folder")?;
    match case.work {
        Work::Train => training::with(&case, |program| serve(program, folder)),
        Work::Infer => inference::with(&case, |program| serve(program, folder)),
    }
}

fn serve(program: &mut dyn Program, folder: &Path) -> Result<()> {
    answer(&"ready")?;
    for line in std::io::stdin().lock().lines() {
        match line?.parse()? {
            Request::Time(steps) => answer(&program.time(steps)?)?,
            Request::Losses(steps) => answer(&program.losses(steps)?)?,
            Request::Memory => answer(&peak_memory()?)?,
            Request::Checkpoint => answer(&program.checkpoint(folder)?)?,
            Request::Quit => break,
        }
    }
    Ok(())
}

/// Writes one line of JSON to standard output.
///
/// # Errors
/// Where nobody reads.
pub fn answer(value: &impl Serialize) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", serde_json::to_string(value)?)?;
    Ok(output.flush()?)
}

/// The most memory that this process has held, bytes.
fn peak_memory() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status").context("cannot read /proc")?;
    match high_water_mark(&text) {
        Some(kibibytes) => Ok(kibibytes * 1024),
        None => bail!("/proc/self/status has no VmHWM"),
    }
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_found() {
        assert_eq!(high_water_mark("VmPeak:\t 9 kB\nVmHWM:\t  1234 kB\nVmRSS: 3 kB"), Some(1234));
        assert_eq!(high_water_mark("VmRSS: 3 kB"), None);
        assert!(peak_memory().unwrap() > 100_000);
    }
}
