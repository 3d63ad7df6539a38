//! log p(x) by plain Monte Carlo over the prior, and by importance weighting, where it is known.

mod ancestral;
mod dimensions;
mod trial;

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use self::trial::{Trial, log_errors};
use crate::toolkit::compare::largest_difference;
use crate::toolkit::fit::exponent;
use crate::toolkit::linear_gaussian::LinearGaussian;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

const VISIBLE: i64 = 32;
/// With columns of W of length 1, a posterior whose standard deviations are a third of the prior's.
const NOISE_VARIANCE: f64 = 0.125;
/// Sizes of the sample; each estimate is repeated.
const SAMPLES: [i64; 5] = [16, 64, 256, 1024, 4096];
const REPEATS: i64 = 50;
/// How much wider than the posterior the proposal is, in variance.
const WIDER: f64 = 1.5;

/// A model that shows each latent equally well, whatever their number.
fn model(context: &Context, latent_dim: i64) -> LinearGaussian {
    let purpose = format!("evidence {latent_dim}");
    LinearGaussian::orthonormal(context, &purpose, [VISIBLE, latent_dim], NOISE_VARIANCE)
}

/// `count` samples x of the model, `[count, 32]`.
fn images(context: &Context, model: &LinearGaussian, count: i64) -> Tensor {
    let latent_dim = model.weights.size()[1];
    let latents = context.normal(&format!("evidence x latents {latent_dim}"), &[count, latent_dim]);
    model.sample(&latents, &context.normal("evidence x noise", &[count, VISIBLE]))
}

/// Sampling forwards is easy; estimating log p(x) from such samples is not, as latent_dim grows.
pub fn monte_carlo_evidence(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let ancestral = ancestral::bernoulli_images(context, &mut outcome);
    let trials = [2, 8, 32].map(|latent_dim| Trial::new(context, latent_dim));
    for trial in &trials {
        for ((samples, plain), (_, weighted)) in
            trial.curve(&trial.plain).into_iter().zip(trial.curve(&trial.weighted))
        {
            outcome.show(format!(
                "latent_dim {:2}, {samples:4} samples: median error {plain:8.4} nats plain, \
                 {weighted:.4} importance-weighted",
                trial.latent_dim
            ));
        }
    }
    let [small, _, large] = &trials;
    outcome.findings.extend([ancestral, rate(small), dimensions::smooth_average(context)]);
    outcome.findings.push(dimensions::exponential(context, &mut outcome.working));
    outcome.findings.extend([bias(large), importance(large), posterior_proposal(large)]);
    draw(&mut outcome, &trials)?;
    dimensions::draw(context, &mut outcome)?;
    Ok(outcome)
}

fn rate(trial: &Trial) -> Finding {
    let points: Vec<(f64, f64)> = SAMPLES
        .iter()
        .map(|&samples| (samples as f64, trial.relative_error(&trial.plain, samples)))
        .collect();
    let slope = exponent(&points);
    Finding {
        id: "rate".into(),
        claim: "The error of Monte-Carlo integration falls as 1/√L with the number L of samples"
            .into(),
        source: "standard result".into(),
        expected: "slope −0.5 of the relative error of p(x) against L, both logarithmic, \
                   latent_dim 2"
            .into(),
        measured: format!("slope {}", fixed(slope, 2)),
        verdict: Verdict::holds_if((slope + 0.5).abs() < 0.1),
        precision: Precision::Relative(0.05),
    }
}

/// The mean of p̂ is p(x), but by Jensen's inequality the mean of ln p̂ is below ln p(x): most
/// samples of the prior miss the posterior altogether.
fn bias(trial: &Trial) -> Finding {
    let errors = |samples| log_errors(&trial.plain, samples, trial.log_evidence);
    let (few, many) = (errors(256), errors(4096));
    let mean = |errors: &Tensor| errors.mean(Kind::Double).double_value(&[]);
    let below = many.lt(0.0).to_kind(Kind::Int64).sum(Kind::Int64).int64_value(&[]);
    Finding {
        id: "bias".into(),
        claim: "The logarithm of a Monte-Carlo estimate is biased: on average below log p(x)"
            .into(),
        source: "standard result".into(),
        expected: "negative errors in the mean at latent_dim 32, less so with more samples".into(),
        measured: format!(
            "{} nats with 256 samples, {} with 4,096; of 50 estimates with 4,096, {below} are below",
            fixed(mean(&few), 1),
            fixed(mean(&many), 1)
        ),
        verdict: Verdict::holds_if(mean(&few) < mean(&many) && mean(&many) < 0.0),
        precision: Precision::Relative(0.02),
    }
}

/// With z from q = N(m, c Σ) around the posterior N(m, Σ), the relative variance of one weight is
/// (c/√(2c − 1))^D − 1: exponential in D, but with a base near 1.
fn importance(trial: &Trial) -> Finding {
    let samples = 4096;
    let base = WIDER / (2.0 * WIDER - 1.0).sqrt();
    let expected = ((base.powi(trial.latent_dim as i32) - 1.0) / samples as f64).sqrt();
    let measured = trial.relative_error(&trial.weighted, samples);
    let plain = trial.curve(&trial.plain)[SAMPLES.len() - 1].1;
    Finding {
        id: "importance".into(),
        claim: "Weights p(x, z)/q(z) with z from a q near the posterior repair it".into(),
        source: "standard result".into(),
        expected: format!(
            "relative error {} with 4,096 samples at latent_dim 32, for a q of 1.5 times the \
             posterior's variance, by the closed form",
            fixed(expected, 3)
        ),
        measured: format!(
            "{}; as many samples of the prior are off by {} nats in the median",
            fixed(measured, 3),
            fixed(plain, 1)
        ),
        verdict: Verdict::holds_if((0.6..1.5).contains(&(measured / expected)) && plain > 1.0),
        precision: Precision::Relative(0.05),
    }
}

fn posterior_proposal(trial: &Trial) -> Finding {
    let truth = trial.exact.full_like(trial.log_evidence);
    let difference = largest_difference(&trial.exact, &truth);
    Finding {
        id: "posterior-proposal".into(),
        claim: "With q the posterior itself, one sample is enough: p(x, z)/p(z|x) is p(x) for \
                every z"
            .into(),
        source: "standard result".into(),
        expected: "no error in any of 204,800 single weights, latent_dim 32".into(),
        measured: format!("{} nats", at_most(difference, -9)),
        verdict: Verdict::holds_if(difference < 1e-9),
        precision: Precision::Exact,
    }
}

fn draw(outcome: &mut Outcome, trials: &[Trial; 3]) -> Result<()> {
    let plain = trials.iter().enumerate().map(|(index, trial)| {
        let name = format!("latent_dim {}, from the prior", trial.latent_dim);
        Series::new(name, trial.curve(&trial.plain)).colour(index)
    });
    let weighted = trials.iter().enumerate().map(|(index, trial)| {
        let name = format!("latent_dim {}, importance", trial.latent_dim);
        Series::new(name, trial.curve(&trial.weighted)).colour(index).dashed()
    });
    let chart = LineChart {
        title: "How far an estimate of log p(x) is off".into(),
        x_label: "samples".into(),
        y_label: "median error, nats".into(),
        series: plain.chain(weighted).collect(),
        log_x: true,
        log_y: true,
        ..LineChart::default()
    };
    outcome.plot(
        "evidence-error",
        &chart.draw()?,
        "Median error of log p(x) against the number of samples, both axes logarithmic: three solid \
         lines for samples of the prior, of which the one of 32 latents stays above ten nats, and \
         three dashed lines for importance weighting, all below a tenth of a nat at the right end.",
        "Samples of the prior are fine for 2 latents and hopeless for 32; weighted samples of a \
         proposal near the posterior are fine for all.",
    )
}
