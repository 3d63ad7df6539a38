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
/// `kind` decides. A cosine with a warm-up of 0.3 is the one-cycle policy (arXiv:1708.07120) with the
/// defaults of PyTorch's `OneCycleLR`, but for three things: momentum does not cycle, the fall ends
/// at 0 and not at 1/250,000, and the rise ends at a share of the run and not one step before it.
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

    /// `OneCycleLR(max_lr=1, total_steps=31, pct_start=10/31)` at steps 0 to 30: the formula of
    /// `torch.optim.lr_scheduler` (cosine, two phases, div_factor 25, final_div_factor 1e4), computed
    /// by a few lines of Python and not by PyTorch itself. The rise ends at step 31 · 10/31 − 1 = 9.
    const ONE_CYCLE: [f64; 31] = [
        0.040000000,
        0.068947542,
        0.152298667,
        0.280000000,
        0.436648875,
        0.603351125,
        0.760000000,
        0.887701333,
        0.971052458,
        1.000000000,
        0.994415435,
        0.977786492,
        0.950484632,
        0.913119735,
        0.866526470,
        0.811745654,
        0.750001000,
        0.682671782,
        0.611262022,
        0.537366897,
        0.462637103,
        0.388741978,
        0.317332218,
        0.250003000,
        0.188258346,
        0.133477530,
        0.086884265,
        0.049519368,
        0.022217508,
        0.005588565,
        0.000004000,
    ];

    #[test]
    fn one_cycle_follows_pytorchs_formula() {
        let schedule = Schedule { kind: ScheduleKind::Cosine, warm_up: 9.0 / 30.0 };
        for (step, expected) in ONE_CYCLE.into_iter().enumerate() {
            // PyTorch's fall ends at 4e-6.
            assert_relative_eq!(schedule.factor(step as f64 / 30.0), expected, epsilon = 5e-6);
        }
        assert_eq!(schedule.factor(1.0), 0.0);
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
