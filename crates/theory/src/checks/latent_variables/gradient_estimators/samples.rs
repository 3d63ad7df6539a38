//! In what sense a random sample has a derivative.

use anyhow::Result;
use autodecoder_distributions::standard;
use autodecoder_training::latent_noise;
use tch::{Device, Kind, Tensor};

use super::SAMPLES;
use super::estimators::Setting;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::estimate::{Estimate, largest_deviation};
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Precision, Verdict};

pub(super) fn derivatives(context: &Context, setting: &Setting) -> [Finding; 2] {
    let mean = setting.mean.get(0).double_value(&[]);
    let noise = context.normal("gradients quotient", &[100, 2]);
    [non_deterministic(mean, &noise), detached(mean, &noise)]
}

/// A difference quotient of z = μ + ½ ε in μ, with the noise held or drawn anew.
fn non_deterministic(mean: f64, noise: &Tensor) -> Finding {
    let quotient = |step: f64, fresh: bool| {
        let (first, second) = (noise.select(1, 0), noise.select(1, i64::from(fresh)));
        let above: Tensor = 0.5 * first + (mean + step);
        let below: Tensor = 0.5 * second + (mean - step);
        ((above - below) * (0.5 / step)).square().mean(Kind::Double).sqrt().double_value(&[])
    };
    let fresh = [1e-2, 1e-4].map(|step| quotient(step, true));
    let held = [1e-2, 1e-4].map(|step| (quotient(step, false) - 1.0).abs());
    let held = held[0].max(held[1]);
    Finding {
        id: "non-deterministic".into(),
        claim: "The sample z(φ) is non-deterministic, hence not continuous and not differentiable"
            .into(),
        source: "004, question 8".into(),
        expected: "difference quotients without a limit: for noise drawn anew at each φ, and for \
                   noise that is held"
            .into(),
        measured: format!(
            "drawn anew {} for a step of 0.01 and {} for 0.0001; held 1, error {}",
            fixed(fresh[0], 0),
            fixed(fresh[1], 0),
            at_most(held, -9)
        ),
        verdict: Verdict::by_condition(fresh[1] > 10.0 * fresh[0], held > 0.1),
        precision: Precision::Relative(0.05),
    }
}

/// What autograd makes of a sample that is cut off from its parameters.
fn detached(mean: f64, noise: &Tensor) -> Finding {
    let size = |detached: bool| {
        let leaf = Tensor::from(mean);
        let slope = &gradients(&[&leaf], |leaf| {
            let z: Tensor = &leaf[0] + 0.5 * noise.select(1, 0);
            let z = if detached { z.detach() } else { z };
            // Something that still depends on the parameter, as the KL term does.
            z.square().mean(Kind::Double) + 0.0 * &leaf[0]
        })[0];
        slope.double_value(&[])
    };
    let (through, cut) = (size(false), size(true));
    Finding {
        id: "detached".into(),
        claim: "Drawn by a sampler, z brings autograd no gradient in the parameters".into(),
        source: "003, section 1.2.4".into(),
        expected: "0 for a z without a graph; not 0 for the same numbers as μ + σ ε".into(),
        measured: format!("{}; {} reparameterised", fixed(cut, 1), fixed(through, 3)),
        verdict: Verdict::holds_if(cut == 0.0 && through.abs() > 0.1),
        precision: Precision::Exact,
    }
}

/// A latent that is 0 or 1 has no reparameterisation; the score function does not mind.
pub(super) fn coins(context: &Context) -> Finding {
    let probability = 0.3;
    let coins =
        context.uniform("gradients coins", &[SAMPLES]).lt(probability).to_kind(Kind::Double);
    // f(0) = 4 and f(1) = 1, so that E f = 4 − 3 p.
    let f: Tensor = (&coins - 2.0).square();
    let score = &coins / probability - (1.0 - &coins) / (1.0 - probability);
    let estimate = Estimate::of(&(f * score));
    Finding {
        id: "discrete".into(),
        claim: "The score function also serves latents that jump: a coin with P(1) = p".into(),
        source: "standard result".into(),
        expected: "f(1) − f(0) = −3 for the derivative of E f in p".into(),
        measured: estimate.text(2),
        verdict: Verdict::holds_if(estimate.holds(-3.0, 0.0)),
        precision: Precision::Relative(0.05),
    }
}

/// "This trick … can work for many other distributions": the derivative of E z² in each posterior's
/// row, through its samples, against that of mean² + variance.
pub(super) fn other_distributions(context: &Context) -> Result<Finding> {
    let (mut names, mut worst) = (Vec::new(), 0.0f64);
    for name in standard().names() {
        let posterior = standard().get(name)?;
        let row = posterior.start(&Tensor::from_slice(&[0.4]).reshape([1, 1]), 0.5);
        let mut rng = context.rng(&format!("gradients {name}"));
        let noise = latent_noise(posterior.noise(), SAMPLES, 1, Device::Cpu, &mut rng);
        let noise = noise.to_kind(Kind::Double);
        if posterior.log_prob(&row, &noise).is_none() {
            continue;
        }
        let rows = row.expand([SAMPLES, -1], false);
        let sampled = &gradients(&[&rows], |rows| {
            posterior.rsample(&rows[0], &noise).square().sum(Kind::Double)
        })[0];
        let exact = &gradients(&[&row], |row| {
            (posterior.mean(&row[0]).square() + posterior.variance(&row[0])).sum(Kind::Double)
        })[0];
        worst = worst.max(largest_deviation(sampled, &exact.squeeze_dim(0)));
        names.push(name.to_string());
    }
    Ok(Finding {
        id: "other-distributions".into(),
        claim: "The trick can work for many other distributions".into(),
        source: "003, section 1.2.4".into(),
        expected: format!(
            "∂E z² in both parameters of {}, within 4 standard errors",
            names.join(", ")
        ),
        measured: format!("largest deviation {} standard errors", fixed(worst, 1)),
        verdict: Verdict::holds_if(names.len() > 1 && worst < 4.0),
        precision: Precision::Relative(0.05),
    })
}
