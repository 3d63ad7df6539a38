//! The error of a numerical gradient against its step: a V on logarithmic axes.

use autodecoder_visualization::curves::{LineChart, Series};
use tch::Tensor;

use super::Snippet;
use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::toolkit::fit::exponent;
use crate::toolkit::numbers::{fixed, scientific};
use crate::{Finding, Precision, Verdict};

/// Relative errors of the gradient of W, for steps from 10⁻¹³ to 1.
pub(super) struct Sweep {
    /// (f(w + h) − f(w)) / h on the curved loss.
    forward: Vec<(f64, f64)>,
    /// (f(w + h) − f(w − h)) / 2h on the curved loss.
    central: Vec<(f64, f64)>,
    /// The same on the snippet's linear loss.
    linear: Vec<(f64, f64)>,
}

impl Sweep {
    /// Half a power of ten a step.
    pub fn new(snippet: &Snippet) -> Sweep {
        let curved = |w: &Tensor| snippet.curved(w).double_value(&[]);
        let linear = |w: &Tensor| snippet.linear(w, &snippet.b).double_value(&[]);
        let exact = gradients(&[&snippet.w], |w| snippet.curved(&w[0])).remove(0);
        let straight = gradients(&[&snippet.w], |w| snippet.linear(&w[0], &snippet.b)).remove(0);
        let steps: Vec<f64> = (-26..=0).map(|half| 10f64.powf(0.5 * f64::from(half))).collect();
        let sweep = |error: &dyn Fn(f64) -> f64| -> Vec<(f64, f64)> {
            steps.iter().map(|&step| (step, error(step))).collect()
        };
        Sweep {
            forward: sweep(&|h| relative_difference(&one_sided(&snippet.w, h, curved), &exact)),
            central: sweep(&|h| {
                relative_difference(&finite_differences(&snippet.w, h, curved), &exact)
            }),
            linear: sweep(&|h| {
                relative_difference(&finite_differences(&snippet.w, h, linear), &straight)
            }),
        }
    }

    /// Both sides of the V, its bottom, and the loss that has none.
    pub fn findings(&self, working: &mut Vec<String>) -> Vec<Finding> {
        working.push("step       forward    central    central, linear loss".to_owned());
        for ((forward, central), linear) in self.forward.iter().zip(&self.central).zip(&self.linear)
        {
            working.push(format!(
                "{:8.1e}   {:8.1e}   {:8.1e}   {:8.1e}",
                forward.0, forward.1, central.1, linear.1
            ));
        }
        vec![self.bend(), self.rounding(), self.best(), self.blind()]
    }

    /// Right of the V: Taylor's remainder.
    fn bend(&self) -> Finding {
        let forward = exponent(&between(&self.forward, 1e-5, 1e-2));
        let central = exponent(&between(&self.central, 1e-3, 1e-1));
        Finding {
            id: "large-steps".into(),
            claim: "For large steps the error grows as h one-sided, as h² central".into(),
            source: "standard result".into(),
            expected: "exponents 1 and 2 on a loss that bends".into(),
            measured: format!("exponents {} and {}", fixed(forward, 2), fixed(central, 2)),
            verdict: Verdict::holds_if((forward - 1.0).abs() < 0.1 && (central - 2.0).abs() < 0.1),
            precision: Precision::Exact,
        }
    }

    /// Left of the V: a rounding error of about 10⁻¹⁶ in the loss, divided by h.
    fn rounding(&self) -> Finding {
        let central = exponent(&between(&self.central, 1e-13, 1e-7));
        Finding {
            id: "small-steps".into(),
            claim:
                "Numerical gradients are inaccurate if the step is badly chosen: rounding grows \
                    as 1/h"
                    .into(),
            source: "001, Backpropagation, question 2".into(),
            expected: "exponent −1 for small steps".into(),
            measured: format!("exponent {}", fixed(central, 1)),
            verdict: Verdict::holds_if((central + 1.0).abs() < 0.3),
            precision: Precision::Relative(0.25),
        }
    }

    /// The bottom of the V, where h² ≈ ε/h: h ≈ ε^⅓.
    fn best(&self) -> Finding {
        let (forward, central) = (lowest(&self.forward), lowest(&self.central));
        Finding {
            id: "best-step".into(),
            claim: "Central differences come closer than one-sided ones, with a larger best step"
                .into(),
            source: "standard result".into(),
            expected: "best steps near √ε = 1.5 × 10⁻⁸ and ε^⅓ = 6 × 10⁻⁶".into(),
            measured: format!(
                "errors below 10⁻⁶ at h = {}, below 10⁻⁹ at h = {}",
                scientific(forward.0, 0),
                scientific(central.0, 0)
            ),
            verdict: Verdict::holds_if(
                forward.1 < 1e-6
                    && central.1 < 1e-9
                    && central.1 < forward.1 / 10.0
                    && central.0 > 10.0 * forward.0,
            ),
            precision: Precision::Relative(0.95),
        }
    }

    /// A linear loss has no remainder: any step passes, even a step of 1.
    fn blind(&self) -> Finding {
        let at_one = |points: &[(f64, f64)]| points.last().map_or(f64::NAN, |point| point.1);
        let (linear, curved) = (at_one(&self.linear), at_one(&self.central));
        Finding {
            id: "linear-loss".into(),
            claim: "The snippet's allclose tests its step size".into(),
            source: super::SOURCE.into(),
            expected: "a step of 1 misses the tolerance of 10⁻⁵".into(),
            measured: format!(
                "{} on the snippet's loss, which is linear; error {} on a loss that bends",
                if linear < 1e-12 { "error below 10⁻¹²" } else { "an error" },
                fixed(curved, 3)
            ),
            verdict: Verdict::holds_if(linear > 1e-5),
            precision: Precision::Exact,
        }
    }

    /// The three errors against the step.
    pub fn chart(&self) -> LineChart {
        LineChart {
            title: "Error of a numerical gradient against its step".to_owned(),
            x_label: "step h".to_owned(),
            y_label: "relative error of ∂loss/∂W".to_owned(),
            series: vec![
                Series::new("one-sided", self.forward.clone()),
                Series::new("central", self.central.clone()),
                Series::new("central, linear loss", self.linear.clone()).dashed(),
            ],
            log_x: true,
            log_y: true,
            ..LineChart::default()
        }
    }
}

/// (f(w + h) − f(w)) / h, one coordinate at a time.
fn one_sided(w: &Tensor, step: f64, function: impl Fn(&Tensor) -> f64) -> Tensor {
    let start = function(w);
    let slope = |index: i64| {
        let moved = w.copy();
        let _ = moved.view([-1]).get(index).f_add_(&Tensor::from(step));
        (function(&moved) - start) / step
    };
    let slopes: Vec<f64> = (0..w.numel() as i64).map(slope).collect();
    Tensor::from_slice(&slopes).reshape(w.size())
}

/// The points whose step lies in the range.
fn between(points: &[(f64, f64)], low: f64, high: f64) -> Vec<(f64, f64)> {
    let inside = |point: &&(f64, f64)| point.0 > 0.99 * low && point.0 < 1.01 * high;
    points.iter().filter(inside).copied().collect()
}

/// The step with the smallest error, and that error.
fn lowest(points: &[(f64, f64)]) -> (f64, f64) {
    points.iter().copied().fold((f64::NAN, f64::INFINITY), |a, b| if b.1 < a.1 { b } else { a })
}
