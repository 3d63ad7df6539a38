//! Two workers that compute in turn, round by round.
//!
//! Both wait while the other one works, so that they never share the machine. A round is short: what
//! else the machine does falls on both alike.

use anyhow::Result;

use crate::child::Worker;
use crate::protocol::Request;

/// Steps that nobody counts: caches, pools and generated code are made in them.
const WARM_UP: u64 = 2;
/// Share of a round that the trial takes from which its length is found.
const TRIAL: f64 = 0.25;

/// Seconds per step of the two in one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Ours.
    pub ours: f64,
    /// The other's.
    pub other: f64,
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

/// Lets the two work in turn, `rounds` times each for about `seconds`.
///
/// # Errors
/// Where a worker fails.
pub fn alternate(ours: Worker, other: Worker, rounds: u32, seconds: f64) -> Result<Vec<Round>> {
    let (mut ours, mut other) = (Paced::new(ours, seconds)?, Paced::new(other, seconds)?);
    (0..rounds)
        .map(|_| Ok(Round { ours: ours.round(seconds)?, other: other.round(seconds)? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_as_long_as_asked_and_never_empty() {
        assert_eq!(steps(0.01, 0.5), 50);
        assert_eq!(steps(3.0, 0.5), 1);
    }

    #[test]
    fn a_ratio_above_one_means_that_ours_is_faster() {
        assert_eq!(Round { ours: 2.0, other: 3.0 }.ratio(), 1.5);
    }
}
