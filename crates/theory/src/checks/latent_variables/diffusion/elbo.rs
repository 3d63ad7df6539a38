//! The ELBO of the chain: from the densities alone, and cut into the terms of the tutorial.

use std::f64::consts::TAU;

use tch::{Device, Kind, Tensor};

use super::chain::{Forward, kl, reverse_joint};

/// E_q[log p(x_{0:T}) − log q(x_{1:T} | x_0)]. Both logarithms are quadratic, and 2T points with
/// q's mean and covariance give a quadratic's expectation exactly.
pub(super) fn direct(forward: &Forward, x0: f64, parameters: &[Tensor]) -> Tensor {
    let q = forward.joint(x0);
    let steps = forward.steps() as i64;
    let axes = Tensor::eye(steps, (Kind::Double, Device::Cpu)) * (steps as f64).sqrt();
    let points = q.sample(&Tensor::cat(&[&axes, &-&axes], 0));
    let whole = Tensor::cat(
        &[&points.new_full([2 * steps, 1], x0, (Kind::Double, Device::Cpu)), &points],
        1,
    );
    (reverse_joint(parameters).log_prob(&whole) - q.log_prob(&points)).mean(Kind::Double)
}

/// D_KL(q(x_T | x_0) ‖ p(x_T)) with p(x_T) = N(0, 1).
pub(super) fn prior_term(kept: f64, x0: f64) -> f64 {
    // ½ (σ² + μ² − 1 − ln σ²) with μ² = ᾱ x_0² and σ² = 1 − ᾱ.
    0.5 * (kept * (x0 * x0 - 1.0) - (-kept).ln_1p())
}

/// E_q[log p(x_0 | x_1)].
pub(super) fn reconstruction(forward: &Forward, x0: f64, parameters: &[Tensor]) -> Tensor {
    let kept = forward.kept()[1];
    let [a, c, log_s] = [0, 1, 2].map(|which: usize| parameters[which].get(0));
    let missed: Tensor = x0 - &a * (kept.sqrt() * x0) - c;
    let squared = missed.square() + a.square() * (1.0 - kept);
    -0.5 * (squared * (&log_s * -2.0).exp() + TAU.ln()) - log_s
}

/// E_q[D_KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t))], t > 1.
pub(super) fn step_term(forward: &Forward, t: usize, x0: f64, parameters: &[Tensor]) -> Tensor {
    let kept = forward.kept()[t];
    let [of_x0, of_xt, variance] = forward.posterior(t);
    let [a, c, log_s] = [0, 1, 2].map(|which: usize| parameters[which].get(t as i64 - 1));
    let slope: Tensor = of_xt - a;
    let apart = &slope * (kept.sqrt() * x0) + of_x0 * x0 - c;
    kl(variance, &(apart.square() + slope.square() * (1.0 - kept)), &log_s)
}

/// The same with the marginal p(x_{t−1}) in place of p(x_{t−1} | x_t).
fn marginal_step_term(forward: &Forward, t: usize, x0: f64, parameters: &[Tensor]) -> Tensor {
    let kept = forward.kept()[t];
    let [of_x0, of_xt, variance] = forward.posterior(t);
    let joint = reverse_joint(parameters);
    let index = t as i64 - 1;
    let (mean, spread) = (joint.mean.get(index), joint.covariance().get(index).get(index));
    let apart: Tensor = (of_x0 + of_xt * kept.sqrt()) * x0 - mean;
    let squared = apart.square() + of_xt * of_xt * (1.0 - kept);
    kl(variance, &squared, &(spread.log() * 0.5))
}

/// −Σ_{t>1} E_q[D_KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t))] + E_q[log p(x_0 | x_1)]: the ELBO
/// without the prior term.
pub(super) fn trained(forward: &Forward, x0: f64, parameters: &[Tensor]) -> Tensor {
    let steps = (2..=forward.steps()).map(|t| step_term(forward, t, x0, parameters));
    steps.fold(reconstruction(forward, x0, parameters), |sum, term| sum - term)
}

/// The formula as the assignment prints it: the reconstruction inside the sum, with its minus, and
/// the marginal p(x_{t−1}).
pub(super) fn as_given(forward: &Forward, x0: f64, parameters: &[Tensor]) -> f64 {
    let inside = reconstruction(forward, x0, parameters).double_value(&[]);
    let term = |t| marginal_step_term(forward, t, x0, parameters).double_value(&[]) + inside;
    let sum: f64 = (2..=forward.steps()).map(term).sum();
    -prior_term(forward.kept()[forward.steps()], x0) - sum
}
