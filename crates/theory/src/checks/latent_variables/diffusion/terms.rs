//! The terms of the ELBO: which they are, and which of them have a gradient.

use tch::{Kind, Tensor};

use super::Case;
use super::chain::Forward;
use super::elbo;
use crate::toolkit::compare::largest;
use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::{Finding, Precision, Verdict};

pub(super) fn decomposition(forward: &Forward, cases: &[Case]) -> [Finding; 2] {
    let kept = forward.kept()[forward.steps()];
    let (mut right, mut given): (f64, f64) = (0.0, f64::INFINITY);
    for case in cases {
        let direct = elbo::direct(forward, case.x0, &case.parameters).double_value(&[]);
        let trained = elbo::trained(forward, case.x0, &case.parameters).double_value(&[]);
        right = right.max((direct - trained + elbo::prior_term(kept, case.x0)).abs());
        given = given.min((direct - elbo::as_given(forward, case.x0, &case.parameters)).abs());
    }
    let printed = Finding {
        id: "decomposition-given".into(),
        claim:
            "ELBO = −KL(q(x_T|x₀) ‖ p(x_T)) − Σ_{t>1} E_q[KL(q(x_{t−1}|x_t, x₀) ‖ p(x_{t−1})) + \
                E_q[log p(x₀|x₁)]]"
                .into(),
        source: "003, question 9c".into(),
        expected: "the ELBO from the densities, for 10 random reverse processes".into(),
        measured: format!("off by at least {} nats", fixed(given, 2)),
        verdict: Verdict::holds_if(given < 1e-6),
        precision: Precision::Exact,
    };
    let corrected = Finding {
        id: "decomposition".into(),
        claim: "ELBO = −KL(q(x_T|x₀) ‖ p(x_T)) − Σ_{t>1} E_q[KL(q(x_{t−1}|x_t, x₀) ‖ \
                p(x_{t−1}|x_t))] + E_q[log p(x₀|x₁)]"
            .into(),
        source: "standard result".into(),
        expected: "the same".into(),
        measured: format!("difference {}", at_most(right, -9)),
        verdict: Verdict::holds_if(right < 1e-9),
        precision: Precision::Exact,
    };
    [printed, corrected]
}

/// The closed posterior of a step against conditioning the joint Gaussian of all steps.
pub(super) fn closed_posterior(forward: &Forward) -> Finding {
    let mut difference: f64 = 0.0;
    for x0 in [-1.5, 0.4, 2.0] {
        let joint = forward.joint(x0);
        let covariance = joint.covariance();
        let [mean, spread] = [&joint.mean, &covariance];
        for t in 2..=forward.steps() {
            let (before, here) = (t as i64 - 2, t as i64 - 1);
            let cross = spread.double_value(&[before, here]);
            let slope = cross / spread.double_value(&[here, here]);
            let at_zero = mean.double_value(&[before]) - slope * mean.double_value(&[here]);
            let variance = spread.double_value(&[before, before]) - slope * cross;
            let [of_x0, of_xt, closed] = forward.posterior(t);
            let faults = [of_x0 * x0 - at_zero, of_xt - slope, closed - variance];
            difference = faults.iter().fold(difference, |largest, fault| largest.max(fault.abs()));
        }
    }
    Finding {
        id: "posterior".into(),
        claim:
            "q(x_{t−1}|x_t, x₀) has the mean (√ᾱ_{t−1} β_t x₀ + √(1−β_t) (1−ᾱ_{t−1}) x_t)/(1−ᾱ_t) \
                and the variance β_t (1−ᾱ_{t−1})/(1−ᾱ_t)"
                .into(),
        source: "standard result".into(),
        expected: "the joint Gaussian of x₁ … x_T, conditioned on x_t, for t = 2 … 6".into(),
        measured: format!("difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}

/// The gradient of the whole ELBO, whose code knows of no terms, against that of what is left
/// without the prior term.
pub(super) fn no_gradient(forward: &Forward, cases: &[Case]) -> Finding {
    let kept = forward.kept()[forward.steps()];
    let (mut difference, mut size): (f64, f64) = (0.0, f64::INFINITY);
    for case in cases {
        let whole = case.slope(&|parameters| elbo::direct(forward, case.x0, parameters));
        let trained = case.slope(&|parameters| elbo::trained(forward, case.x0, parameters));
        difference = difference.max(largest(&(&whole - trained)) / largest(&whole));
        size = size.min(elbo::prior_term(kept, case.x0));
    }
    Finding {
        id: "prior-term-gradient".into(),
        claim: "−KL(q(x_T|x₀) ‖ p(x_T)) can be left out: it has no learnable parameter, and no \
                gradient"
            .into(),
        source: "002, diffusion, question 3; 000, question 9c".into(),
        expected: "the same gradient of the ELBO with and without it, though it is not 0".into(),
        measured: format!(
            "relative difference {}; the term is at least {} nats",
            at_most(difference, -9),
            scientific(size, 1)
        ),
        verdict: Verdict::holds_if(difference < 1e-9 && size > 1e-6),
        precision: Precision::Exact,
    }
}

pub(super) fn learned_schedule(forward: &Forward, cases: &[Case]) -> Finding {
    let x0 = cases[0].x0;
    let betas = Tensor::from_slice(&forward.betas);
    // KL(N(√ᾱ x_0, 1 − ᾱ) ‖ N(0, 1)) as a function of the schedule.
    let term = |betas: &Tensor| -> Tensor {
        let kept = (betas.neg() + 1.0).prod(Kind::Double);
        let variance: Tensor = 1.0 - &kept;
        0.5 * (&variance + kept * (x0 * x0) - 1.0 - variance.log())
    };
    let slope = &gradients(&[&betas], |betas| term(&betas[0]))[0];
    let numeric = finite_differences(&betas, 1e-5, |betas| term(betas).double_value(&[]));
    let (size, difference) = (largest(slope), largest(&(slope - numeric)));
    Finding {
        id: "learned-schedule".into(),
        claim: "Where the noise schedule is learned, the term has a gradient and must stay".into(),
        source: "standard result".into(),
        expected: "a derivative in β that is not 0, the same by autograd and by differences".into(),
        measured: format!(
            "largest derivative {}, difference {}",
            fixed(size, 3),
            at_most(difference, -7)
        ),
        verdict: Verdict::holds_if(size > 1e-3 && difference < 1e-7),
        precision: Precision::Exact,
    }
}
