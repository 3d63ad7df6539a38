//! Two workers that compute in turn, round by round.
//!
//! Both wait while the other one works, so that they never share the machine. Rounds in which other
//! programs used it are taken again.

use anyhow::Result;

use crate::child::Worker;
use crate::protocol::Request;
use crate::quiet::{LIMIT, Watch};

/// Steps that nobody counts: caches, pools and generated code are made in them.
const WARM_UP: u64 = 2;
/// Share of a round that the trial takes from which its length is found.
const TRIAL: f64 = 0.25;
/// How many times as many rounds as asked for are tried where some are disturbed.
const PATIENCE: u32 = 4;

/// Seconds per step of the two in one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Ours.
    pub ours: f64,
    /// The other's.
    pub other: f64,
    /// Cores that other programs used meanwhile.
    pub foreign: f64,
}

impl Round {
    /// How many times as long the other takes.
    pub fn ratio(&self) -> f64 {
        self.other / self.ours
    }
}

/// A worker and how many steps its rounds have.
#[derive(Debug)]
struct Paced {
    worker: Worker,
    steps: u64,
}

impl Paced {
    fn new(mut worker: Worker, seconds: f64) -> Result<Paced> {
        worker.ask::<f64>(Request::Time(WARM_UP))?;
        let mut trial = 1;
        loop {
            let taken: f64 = worker.ask(Request::Time(trial))?;
            if taken >= TRIAL * seconds {
                return Ok(Paced { worker, steps: steps(taken / trial as f64, seconds) });
            }
            trial *= 2;
        }
    }

    /// A round. The next one's length follows from it: the machine may have been busy in the trial.
    fn round(&mut self, seconds: f64) -> Result<f64> {
        let each = self.worker.ask::<f64>(Request::Time(self.steps))? / self.steps as f64;
        self.steps = steps(each, seconds);
        Ok(each)
    }
}

/// How many steps of `each` seconds make a round.
fn steps(each: f64, seconds: f64) -> u64 {
    (seconds / each).round().clamp(1.0, 1e5) as u64
}

/// Lets the two work in turn, each time for about `seconds`, until there are `rounds` undisturbed
/// rounds; or else the least disturbed ones of several times as many.
///
/// # Errors
/// Where a worker fails.
pub fn alternate(ours: Worker, other: Worker, rounds: u32, seconds: f64) -> Result<Vec<Round>> {
    let pids = [ours.pid(), other.pid()];
    let (mut ours, mut other) = (Paced::new(ours, seconds)?, Paced::new(other, seconds)?);
    let mut found = Vec::new();
    for _ in 0..PATIENCE * rounds {
        let watch = Watch::start(&pids)?;
        let (ours, other) = (ours.round(seconds)?, other.round(seconds)?);
        found.push(Round { ours, other, foreign: watch.foreign()? });
        if found.iter().filter(|round| round.foreign <= LIMIT).count() >= rounds as usize {
            break;
        }
    }
    Ok(quietest(found, rounds as usize))
}

/// The rounds in which others used the machine least; which they are does not depend on the ratios.
fn quietest(mut rounds: Vec<Round>, count: usize) -> Vec<Round> {
    rounds.sort_by(|a, b| a.foreign.total_cmp(&b.foreign));
    rounds.truncate(count);
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(other: f64, foreign: f64) -> Round {
        Round { ours: 2.0, other, foreign }
    }

    #[test]
    fn disturbed_rounds_are_left_out_whatever_their_ratio() {
        let rounds = vec![round(9.0, 0.9), round(2.0, 0.1), round(8.0, 0.0), round(1.0, 1.5)];
        assert_eq!(quietest(rounds, 2), [round(8.0, 0.0), round(2.0, 0.1)]);
    }

    #[test]
    fn rounds_are_as_long_as_asked_and_never_empty() {
        assert_eq!(steps(0.01, 0.5), 50);
        assert_eq!(steps(3.0, 0.5), 1);
    }

    #[test]
    fn a_ratio_above_one_means_that_ours_is_faster() {
        assert_eq!(round(3.0, 0.0).ratio(), 1.5);
    }
}
