//! Where a run stands between two steps.

use std::fmt::{Display, Formatter, Result};

use serde::{Deserialize, Serialize};

/// A point of a run between two steps. Later points are greater ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Epochs that are complete.
    pub epoch: u32,
    /// Steps of the epoch after them that are complete.
    pub step: u64,
}

/// The step that was taken last: `step 7 of epoch 3`, or `epoch 2` where it ended that epoch.
impl Display for Position {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.step {
            0 => write!(f, "epoch {}", self.epoch),
            step => write!(f, "step {step} of epoch {}", self.epoch + 1),
        }
    }
}
