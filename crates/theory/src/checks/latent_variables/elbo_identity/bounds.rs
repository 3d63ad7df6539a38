//! Which side of the inequality is which.

use tch::{Device, Kind, Tensor};

use super::{Setting, some_q};
use crate::toolkit::gaussian::Gaussian;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Precision, Verdict};

/// −E_q[ln(p/q)] and −ln E_q[p/q] of two univariate Gaussians, by sums over a grid.
fn both_sides(numbers: &Tensor) -> (f64, f64) {
    let normal = |mean: i64, log_deviation: i64| {
        let deviation = (numbers.narrow(0, log_deviation, 1) * 0.5).exp();
        Gaussian::independent(numbers.narrow(0, mean, 1), &deviation)
    };
    let (q, p) = (normal(0, 1), normal(2, 3));
    let (points, half_width) = (20_001, 60.0);
    let grid = Tensor::linspace(-half_width, half_width, points, (Kind::Double, Device::Cpu));
    let step = 2.0 * half_width / (points - 1) as f64;
    let (log_q, log_p) = (q.log_prob(&grid.unsqueeze(1)), p.log_prob(&grid.unsqueeze(1)));
    let log_ratio: Tensor = log_p - &log_q;
    let mean_log = (log_q.exp() * &log_ratio).sum(Kind::Double).double_value(&[]) * step;
    let mean = (log_q + log_ratio).exp().sum(Kind::Double).double_value(&[]) * step;
    (-mean_log, -mean.ln())
}

/// "D_KL(q ‖ p) = −E[log p/q] ≤ −log E[p/q] = 0": Jensen's inequality the wrong way round.
pub(super) fn jensen(context: &Context) -> [Finding; 2] {
    let numbers = context.normal("elbo jensen", &[20, 4]);
    let sides: Vec<(f64, f64)> = (0..20).map(|index| both_sides(&numbers.get(index))).collect();
    let smallest = sides.iter().map(|side| side.0).fold(f64::INFINITY, f64::min);
    let largest_right = sides.iter().map(|side| side.1.abs()).fold(0.0, f64::max);
    let at_most_zero = sides.iter().filter(|side| side.0 <= side.1).count();
    let given = Finding {
        id: "jensen-given".into(),
        claim: "D(q ‖ p) = −E_q[log p/q] ≤ −log E_q[p/q] = 0".into(),
        source: "004, question 4".into(),
        expected: "20 of 20 random pairs with a left side of at most 0".into(),
        measured: format!("{at_most_zero} of 20; the smallest left side is {}", fixed(smallest, 3)),
        verdict: Verdict::holds_if(at_most_zero == 20),
        precision: Precision::Exact,
    };
    let right = Finding {
        id: "jensen".into(),
        claim: "−log is convex, so D(q ‖ p) = E_q[−log p/q] ≥ −log E_q[p/q] = 0".into(),
        source: "standard result".into(),
        expected: "the left side is never below the right one, and the right one is 0".into(),
        measured: format!(
            "at or above in {} of 20; right side {} from 0",
            sides.iter().filter(|side| side.0 >= side.1).count(),
            at_most(largest_right, -9)
        ),
        verdict: Verdict::holds_if(
            largest_right < 1e-9 && sides.iter().all(|side| side.0 >= side.1),
        ),
        precision: Precision::Exact,
    };
    [given, right]
}

pub(super) fn lower_bound(context: &Context, setting: &Setting) -> Finding {
    let below = |q: &Gaussian| setting.log_evidence() - setting.elbo(q).double_value(&[]);
    let gaps: Vec<f64> = some_q(context).iter().map(below).collect();
    let smallest = gaps.iter().copied().fold(f64::INFINITY, f64::min);
    let tight = below(&setting.model.posterior(&setting.x));
    Finding {
        id: "lower-bound".into(),
        claim: "E_q[log p(x|z)] − KL(q ‖ p(z)) is a lower bound on log p(x)".into(),
        source: "004, question 4".into(),
        expected: "log p(x) − ELBO is positive for 20 random q and 0 for the posterior".into(),
        measured: format!(
            "at least {} nats; {} for the posterior",
            fixed(smallest, 2),
            at_most(tight.abs(), -9)
        ),
        verdict: Verdict::holds_if(smallest > 0.0 && tight.abs() < 1e-9),
        precision: Precision::Exact,
    }
}

/// "We resort to minimizing an upper bound on the KL divergence … the hope is that this bound is
/// tight." The loss is KL − log p(x): a bound on −log p(x), and not on the KL.
pub(super) fn on_the_divergence(setting: &Setting) -> Finding {
    let posterior = setting.model.posterior(&setting.x);
    // Twice the posterior's standard deviations: a q that is close, but not the same.
    let q = Gaussian { factor: 2.0 * &posterior.factor, mean: posterior.mean };
    let rescaled = setting.in_units(10.0);
    let loss = |setting: &Setting| -setting.elbo(&q).double_value(&[]);
    let kl = |setting: &Setting| setting.gap(&q).double_value(&[]);
    let best = -setting.elbo(&setting.model.posterior(&setting.x)).double_value(&[]);
    Finding {
        id: "bound-on-kl".into(),
        claim: "The VAE minimises an upper bound on the KL divergence, hoping that it is tight"
            .into(),
        source: "001, unsupervised learning, question 2.3".into(),
        expected: "the loss is never below KL(q ‖ p(z|x)), and meets it at the best q".into(),
        measured: format!(
            "q of twice the posterior's width: loss {}, KL {}; with x in units ten times as large, \
             loss {}, KL {}; at the best q: loss {}, KL 0",
            fixed(loss(setting), 2),
            fixed(kl(setting), 2),
            fixed(loss(&rescaled), 2),
            fixed(kl(&rescaled), 2),
            fixed(best, 2)
        ),
        verdict: Verdict::holds_if(
            [setting, &rescaled].iter().all(|s| loss(s) >= kl(s)) && best.abs() < 1e-6,
        ),
        precision: Precision::Exact,
    }
}

pub(super) fn on_the_evidence(context: &Context, setting: &Setting) -> Finding {
    let above = |setting: &Setting, q: &Gaussian| {
        -setting.elbo(q).double_value(&[]) + setting.log_evidence()
    };
    let rescaled = setting.in_units(10.0);
    let excesses =
        some_q(context).into_iter().flat_map(|q| [above(setting, &q), above(&rescaled, &q)]);
    let smallest = excesses.fold(f64::INFINITY, f64::min);
    let tight = above(setting, &setting.model.posterior(&setting.x)).abs();
    Finding {
        id: "bound-on-loss".into(),
        claim: "The loss is an upper bound on −log p(x), which is tight where q is the posterior"
            .into(),
        source: "001, unsupervised learning, question 2.3".into(),
        expected: "loss + log p(x) is positive for 20 random q, in either unit, and 0 for the \
                   posterior"
            .into(),
        measured: format!(
            "at least {} nats; {} for the posterior",
            fixed(smallest, 2),
            at_most(tight, -9)
        ),
        verdict: Verdict::holds_if(smallest > 0.0 && tight < 1e-9),
        precision: Precision::Exact,
    }
}
