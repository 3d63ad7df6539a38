//! The KL term of every posterior of this workbench, in one dimension.

use autodecoder_distributions::{Gaussian, Kl, Posterior};
use autodecoder_training::latent_noise;
use tch::{Device, Kind, Tensor};

use super::SAMPLES;
use crate::toolkit::estimate::Estimate;
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Precision, Verdict};

/// A row of parameters: located at 0.7, with this many times the prior's standard deviation.
fn row(posterior: &dyn Posterior, spread: f64) -> Tensor {
    posterior.start(&Tensor::from_slice(&[0.7]).reshape([1, 1]), spread)
}

/// The KL that a posterior reports, against the integral of q(z) ln(q(z)/p(z)) and against the mean
/// of ln(q(z)/p(z)) over its own reparameterised samples. `None` for a point, which has no density.
pub(super) fn reported(context: &Context, posterior: &dyn Posterior) -> Option<Finding> {
    let row = row(posterior, 0.4);
    let mut rng = context.rng(&format!("gaussian-kl {}", posterior.name()));
    let noise = latent_noise(posterior.noise(), SAMPLES, 1, Device::Cpu, &mut rng);
    let noise = noise.to_kind(Kind::Double);
    let z = posterior.rsample(&row, &noise);
    let sampled = posterior.log_prob(&row, &z)? - posterior.prior().log_prob(&z);
    let sampled = Estimate::of(&sampled);
    let kl = posterior.kl(&row, &noise);
    let value = kl.value()?.mean(Kind::Double).double_value(&[]);
    let integral = integral(posterior, &row)?;
    // A posterior without a closed form reports the samples' mean.
    let (way, measured, room) = match kl {
        Kl::Closed(_) => ("closed", format!("{} nats; ", fixed(value, 4)), 1e-4),
        _ => ("Monte-Carlo", String::new(), 4.0 * sampled.error),
    };
    let (name, prior) = (posterior.name(), posterior.prior().name());
    Some(Finding {
        id: format!("posterior-{name}"),
        claim: format!("The {way} KL of the {name} posterior from the {prior} prior is right"),
        source: "docs/distributions.md".into(),
        expected: format!("{} nats, by the integral of q ln(q/p)", fixed(integral, 4)),
        measured: format!("{measured}{} nats by Monte Carlo", sampled.text(4)),
        verdict: Verdict::holds_if(
            (value - integral).abs() <= room && sampled.holds(integral, 1e-4),
        ),
        precision: Precision::Exact,
    })
}

/// The integral by the midpoint rule over forty standard deviations.
fn integral(posterior: &dyn Posterior, row: &Tensor) -> Option<f64> {
    let points = 400_000;
    let width = 40.0 * posterior.variance(row).double_value(&[0, 0]).sqrt();
    let step = width / f64::from(points);
    let grid =
        (Tensor::arange(i64::from(points), (Kind::Double, Device::Cpu)) + 0.5) * step - 0.5 * width;
    let z = grid.reshape([-1, 1]) + posterior.mean(row);
    let log_q = posterior.log_prob(row, &z)?;
    // Where q is 0, its logarithm is −∞ and the product 0.
    let product = log_q.exp() * (&log_q - posterior.prior().log_prob(&z));
    Some(product.nan_to_num(0.0, 0.0, 0.0).sum(Kind::Double).double_value(&[]) * step)
}

/// The point posterior of the plain auto-decoder is the limit σ → 0 of the Gaussian one.
pub(super) fn point() -> Finding {
    let kl = |spread: f64| integral(&Gaussian, &row(&Gaussian, spread)).unwrap_or(f64::NAN);
    let steps = [(1e-1, 1e-2), (1e-2, 1e-3)].map(|(wide, narrow)| kl(narrow) - kl(wide));
    let decade = 10f64.ln();
    Finding {
        id: "posterior-point".into(),
        claim: "A point posterior has no finite KL: −ln σ grows beyond every bound".into(),
        source: "docs/distributions.md".into(),
        expected: "ln 10 = 2.303 nats more for each tenth of σ, by the integral".into(),
        measured: format!("{} and {} nats more", fixed(steps[0], 3), fixed(steps[1], 3)),
        verdict: Verdict::holds_if(steps.iter().all(|step| (step - decade).abs() < 0.01)),
        precision: Precision::Exact,
    }
}
