//! How long training goes on between two checkpoints.

use std::time::Duration;

/// The shortest time between two checkpoints, unless the user asks for another.
const LEAST: Duration = Duration::from_secs(20);
/// A checkpoint is only worth its time where training took so many times as much.
const TIMES_THE_WRITE: u32 = 100;

/// The time from the end of a checkpoint's write to the next checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CheckpointInterval {
    /// 20 seconds, or 100 times what the last write took if that is more: checkpoints of a large
    /// table take minutes, and shall cost no more than a hundredth of the training all the same.
    #[default]
    Adaptive,
    /// What the user asked for, whatever it costs.
    Every(Duration),
}

impl CheckpointInterval {
    /// How long training goes on after a write that took `write`.
    pub fn after(self, write: Duration) -> Duration {
        match self {
            CheckpointInterval::Adaptive => LEAST.max(write.saturating_mul(TIMES_THE_WRITE)),
            CheckpointInterval::Every(interval) => interval,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheap_checkpoints_come_every_20_seconds() {
        for milliseconds in [0, 1, 200] {
            let write = Duration::from_millis(milliseconds);
            assert_eq!(CheckpointInterval::default().after(write), LEAST);
        }
    }

    #[test]
    fn dear_ones_cost_a_hundredth_of_the_training() {
        for milliseconds in [201, 1_000, 60_000] {
            let write = Duration::from_millis(milliseconds);
            assert_eq!(CheckpointInterval::Adaptive.after(write), write * 100);
        }
        assert_eq!(CheckpointInterval::Adaptive.after(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn the_user_is_obeyed() {
        let every = CheckpointInterval::Every(Duration::from_millis(50));
        assert_eq!(every.after(Duration::from_secs(60)), Duration::from_millis(50));
    }
}
