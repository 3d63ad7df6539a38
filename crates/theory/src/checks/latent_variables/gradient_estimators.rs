//! Two ways to the gradient of an expectation in the parameters of its distribution.

mod estimators;
mod samples;
mod variance;

use anyhow::Result;
use tch::{Kind, Tensor};

use self::estimators::Setting;
use crate::toolkit::estimate::{Estimate, largest_deviation};
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Outcome, Precision, Verdict};

const SAMPLES: i64 = 20_000;

/// The reparameterisation gradient and the score-function gradient of the reconstruction term.
pub fn gradient_estimators(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let setting = Setting::drawn(context, 4);
    let noise = setting.noise(context);
    let unbiased = unbiased(&setting, &noise, &mut outcome.working);
    outcome.findings.extend(unbiased);
    variance::measured(context, &mut outcome)?;
    outcome.findings.extend(samples::derivatives(context, &setting));
    outcome.findings.push(samples::coins(context));
    outcome.findings.push(samples::other_distributions(context)?);
    outcome.findings.push(one_sample(&setting, &noise));
    Ok(outcome)
}

fn unbiased(setting: &Setting, noise: &Tensor, working: &mut Vec<String>) -> [Finding; 3] {
    let exact = setting.exact();
    let deviation = |gradients: &Tensor| largest_deviation(gradients, &exact);
    let pathwise = deviation(&setting.pathwise(noise));
    let score = deviation(&setting.score(noise, 0.0));
    let text = |tensor: &Tensor| {
        let values: Vec<f64> = Vec::try_from(tensor).unwrap_or_default();
        values.iter().map(|value| format!("{value:8.2}")).collect::<Vec<_>>().join(" ")
    };
    let mean = |gradients: Tensor| text(&gradients.mean_dim(0, false, Kind::Double));
    working.push(format!("exact gradient   {}", text(&exact)));
    working.push(format!("reparameterised  {}", mean(setting.pathwise(noise))));
    working.push(format!("score function   {}", mean(setting.score(noise, 0.0))));
    let finding = |id: &str, claim: &str, source: &str, deviation: f64, holds: bool| Finding {
        id: id.into(),
        claim: claim.into(),
        source: source.into(),
        expected: "the closed form's gradient in 4 means and 4 log standard deviations, within 4 \
                   standard errors of 20,000 samples"
            .into(),
        measured: format!("largest deviation {} standard errors", fixed(deviation, 1)),
        verdict: Verdict::holds_if(holds),
        precision: Precision::Relative(0.05),
    };
    let given = "The act of sampling prevents us from computing the gradient in φ, unless we \
                 reparameterise";
    let trick = "With z = μ + σ ε and ε a fixed input, ∂z/∂φ and the gradient can be computed";
    let log_trick = "E[f(z) ∂log q(z)/∂φ] is the same gradient, without a derivative of z or of f";
    [
        finding("pathwise", trick, "004, question 8", pathwise, pathwise < 4.0),
        finding("score", log_trick, "standard result", score, score < 4.0),
        Finding {
            expected: "more than 4 standard errors off for a gradient that does without ∂z/∂φ"
                .into(),
            ..finding("sampling-prevents", given, "004, question 8", score, score >= 4.0)
        },
    ]
}

/// L_recon ≃ −log p(x | z) with one z.
fn one_sample(setting: &Setting, noise: &Tensor) -> Finding {
    let values = setting.log_likelihood(noise);
    let (estimate, exact) = (Estimate::of(&values), setting.objective());
    Finding {
        id: "one-sample".into(),
        claim: "E_q[log p(x|z)] is approximated by one sample of z".into(),
        source: "004, questions 6 and 7".into(),
        expected: format!("a mean of {} nats over single samples: no bias", fixed(exact, 2)),
        measured: format!(
            "{}; one sample alone has a standard deviation of {} nats",
            estimate.text(2),
            fixed(values.std(true).double_value(&[]), 1)
        ),
        verdict: Verdict::holds_if(estimate.holds(exact, 0.0)),
        precision: Precision::Relative(0.05),
    }
}
