//! How much of the machine other programs use while ours and its peer are timed.
//!
//! Taking turns does not cancel a busy machine: threads that wait for one another at barriers, as
//! OpenMP's do, lose far more by one that is kept waiting than threads that share out work as they
//! come. Seen with a compiler beside: a peer's step took thirty times as long, ours the same.

use std::path::Path;

use anyhow::{Context, Result};

/// Cores that others may use before a measurement counts as disturbed.
pub const LIMIT: f64 = 0.15;

/// A watch over the machine, from when it is started.
#[derive(Debug)]
pub struct Watch {
    pids: Vec<u32>,
    start: Ticks,
}

/// Ticks since the machine was started.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ticks {
    /// In which a core was not idle.
    busy: f64,
    /// Of each core.
    wall: f64,
    /// In which the watched processes, or this one with those that it has waited for, computed.
    own: f64,
}

impl Watch {
    /// Starts the watch; what the processes `pids` use, or what this one and processes that it starts
    /// and ends meanwhile use, is not foreign.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn start(pids: &[u32]) -> Result<Watch> {
        Ok(Watch { pids: pids.to_owned(), start: Ticks::now(pids)? })
    }

    /// Cores that other programs have used on average since the start.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn foreign(&self) -> Result<f64> {
        Ok(Ticks::now(&self.pids)?.foreign(self.start))
    }
}

impl Ticks {
    fn now(pids: &[u32]) -> Result<Ticks> {
        let (busy, wall) = machine(&read("/proc/stat")?).context("/proc/stat is malformed")?;
        let mut own = process(&read("/proc/self/stat")?).context("/proc/self/stat is malformed")?;
        for pid in pids {
            let path = format!("/proc/{pid}/stat");
            own += process(&read(&path)?).with_context(|| format!("{path} is malformed"))?;
        }
        Ok(Ticks { busy, wall, own })
    }

    fn foreign(self, start: Ticks) -> f64 {
        let wall = self.wall - start.wall;
        let foreign = (self.busy - start.busy) - (self.own - start.own);
        if wall > 0.0 { (foreign / wall).max(0.0) } else { 0.0 }
    }
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(Path::new(path)).with_context(|| format!("cannot read {path}"))
}

/// Ticks in which a core was not idle, and ticks of one core.
fn machine(stat: &str) -> Option<(f64, f64)> {
    let first = stat.lines().next()?.strip_prefix("cpu ")?;
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
    let ticks: Vec<f64> =
        first.split_whitespace().take(8).map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let total: f64 = ticks.iter().sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    let cores = stat.lines().skip(1).filter(|line| line.starts_with("cpu")).count();
    (cores > 0).then(|| (total - idle, total / cores as f64))
}

/// Ticks that a process and the children that it has waited for have used.
fn process(stat: &str) -> Option<f64> {
    // The program's name, in parentheses, may hold anything.
    let (_, after) = stat.rsplit_once(')')?;
    let words: Vec<&str> = after.split_whitespace().collect();
    // utime, stime, cutime and cstime: fields 14 to 17, of which the name is the second.
    words.get(11..15)?.iter().map(|word| word.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_not_busy() {
        let stat =
            "cpu  10 1 4 80 5 0 0 0 7 0\ncpu0 5 1 2 40 2 0 0 0\ncpu1 5 0 2 40 3 0 0 0\nintr 3\n";
        assert_eq!(machine(stat), Some((15.0, 50.0)));
        assert_eq!(machine("intr 3"), None);
    }

    #[test]
    fn a_process_is_counted_with_its_children_whatever_its_name() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0";
        assert_eq!(process(stat), Some(127.0));
    }

    #[test]
    fn what_is_not_our_own_is_foreign() {
        let start = Ticks { busy: 100.0, wall: 1000.0, own: 50.0 };
        let now = Ticks { busy: 300.0, wall: 1100.0, own: 200.0 };
        assert_eq!(now.foreign(start), 0.5);
        assert_eq!(Ticks { own: 260.0, ..now }.foreign(start), 0.0);
        assert_eq!(start.foreign(start), 0.0);
    }

    #[test]
    fn this_machine_tells() {
        let watch = Watch::start(&[std::process::id()]).unwrap();
        assert!(watch.foreign().unwrap() >= 0.0);
    }
}
