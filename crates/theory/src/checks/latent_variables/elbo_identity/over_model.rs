//! Maximising the ELBO over the model, by gradient ascent.

use std::f64::consts::TAU;

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::Tensor;

use crate::toolkit::ascent::climb;
use crate::toolkit::numbers::fixed;
use crate::{Finding, Outcome, Precision, Verdict};

const RATE: f64 = 0.1;

/// One number x = 2 under x = w z + ε: log N(2; 0, w² + 1), largest at w = √3.
const X: f64 = 2.0;

fn log_evidence(w: &Tensor) -> Tensor {
    let variance: Tensor = w.square() + 1.0;
    -0.5 * ((TAU * &variance).log() + X * X / variance)
}

/// The ELBO of this model with q = N(mean, variance).
fn scalar_elbo(w: &Tensor, mean: &Tensor, variance: &Tensor) -> Tensor {
    let missed = (X - w * mean).square() + w.square() * variance;
    let kl: Tensor = 0.5 * (variance + mean.square() - 1.0 - variance.log());
    -0.5 * (missed + TAU.ln()) - kl
}

/// p(z | x) of this model, without a gradient.
fn scalar_posterior(w: &Tensor) -> (Tensor, Tensor) {
    let variance: Tensor = 1.0 / (w.square() + 1.0);
    ((X * w * &variance).detach(), variance.detach())
}

pub(super) fn climbed(outcome: &mut Outcome) -> Result<()> {
    let (prior_mean, prior_variance) = (Tensor::from(0.0), Tensor::from(1.0));
    let fixed_q = |w: &Tensor| scalar_elbo(w, &prior_mean, &prior_variance);
    // From the maximum of the likelihood, with a q that ignores x.
    let away = climb(vec![Tensor::from(3f64.sqrt())], RATE, 60, |w| fixed_q(&w[0]));
    // Expectation maximisation: q is the posterior before each step.
    let towards = climb(vec![Tensor::from(0.3)], RATE, 40, |w| {
        let (mean, variance) = scalar_posterior(&w[0]);
        scalar_elbo(&w[0], &mean, &variance)
    });
    let values = |path: &[Vec<Tensor>], function: &dyn Fn(&Tensor) -> Tensor| -> Vec<f64> {
        path.iter().map(|w| function(&w[0]).double_value(&[])).collect()
    };
    let elbo = values(&away, &fixed_q);
    let evidence = values(&away, &log_evidence);
    let em = values(&towards, &log_evidence);
    outcome.findings.push(one_or_the_other(&elbo, &evidence));
    outcome.findings.push(raises_likelihood(&elbo, &evidence, &em));
    draw(outcome, &elbo, &evidence)
}

fn rises(values: &[f64]) -> usize {
    values.windows(2).filter(|pair| pair[1] > pair[0]).count()
}

fn one_or_the_other(elbo: &[f64], evidence: &[f64]) -> Finding {
    let kl: Vec<f64> = elbo.iter().zip(evidence).map(|(elbo, evidence)| evidence - elbo).collect();
    let moves = |index: usize| {
        let up = |values: &[f64]| values[index + 1] > values[index];
        (up(elbo), up(evidence), up(&kl))
    };
    let moves: Vec<_> = (0..elbo.len() - 1).map(moves).collect();
    let risen = moves.iter().filter(|step| step.0).count();
    let explained = moves.iter().filter(|step| step.0 && (step.1 || !step.2)).count();
    Finding {
        id: "one-or-other".into(),
        claim: "When the bound is pushed up, log p(x) rises, or the KL falls, or both".into(),
        source: "004, question 5".into(),
        expected: "one of the two at each step that raises the ELBO".into(),
        measured: format!(
            "at {explained} of {risen}; log p(x) rose at {}",
            moves.iter().filter(|step| step.1).count()
        ),
        verdict: Verdict::holds_if(risen > 0 && explained == risen),
        precision: Precision::Exact,
    }
}

/// "Maximizing the ELBO also increases the overall log-likelihood."
fn raises_likelihood(elbo: &[f64], evidence: &[f64], em: &[f64]) -> Finding {
    let change = |values: &[f64]| values[values.len() - 1] - values[0];
    let with = rises(em) == em.len() - 1;
    let without = change(elbo) > 0.0 && change(evidence) > 0.0;
    Finding {
        id: "raises-likelihood".into(),
        claim: "Maximising the ELBO also increases the log-likelihood".into(),
        source: "002, diffusion, question 2".into(),
        expected:
            "log p(x) rises with the ELBO over the model: at each step if q is the posterior \
                   before it, and for another q too"
                .into(),
        measured: format!(
            "it rises at {} of {} steps with the posterior; with q = N(0, 1), the ELBO goes up by \
             {} nats and log p(x) down by {}",
            rises(em),
            em.len() - 1,
            fixed(change(elbo), 3),
            fixed(-change(evidence), 3)
        ),
        verdict: Verdict::by_condition(with, without),
        precision: Precision::Exact,
    }
}

fn draw(outcome: &mut Outcome, elbo: &[f64], evidence: &[f64]) -> Result<()> {
    let line = |values: &[f64]| -> Vec<(f64, f64)> {
        values.iter().enumerate().map(|(step, value)| (step as f64, *value)).take(41).collect()
    };
    let chart = LineChart {
        title: "Maximising the ELBO over the model, with a q that ignores x".into(),
        x_label: "step of gradient ascent".into(),
        y_label: "nats".into(),
        series: vec![
            Series::new("log p(x)", line(evidence)).dashed().colour(6),
            Series::new("ELBO, q = N(0, 1)", line(elbo)).colour(0),
        ],
        ..LineChart::default()
    };
    outcome.plot(
        "elbo-over-model",
        &chart.draw()?,
        "Over steps of gradient ascent, the ELBO rises and log p(x) falls until they meet.",
        "Started at the maximum of the likelihood. The ELBO rises because the KL falls faster than \
         log p(x): the decoder learns to do without z, which makes the useless q right.",
    )
}
