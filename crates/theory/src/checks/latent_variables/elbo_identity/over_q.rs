//! Maximising the ELBO over q, by gradient ascent.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Device, Kind, Tensor};

use super::{LATENT_DIM, Setting};
use crate::toolkit::ascent::climb;
use crate::toolkit::gaussian::Gaussian;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Finding, Outcome, Precision, Verdict};

const RATE: f64 = 0.1;
const STEPS: usize = 400;

/// A mean, logarithms of the factor's diagonal, and what is below it where there is a third tensor:
/// without one, q has independent coordinates (mean field).
fn q_of(parameters: &[Tensor]) -> Gaussian {
    let diagonal = parameters[1].exp().diag(0);
    let factor = match parameters.get(2) {
        Some(lower) => diagonal + lower.tril(-1),
        None => diagonal,
    };
    Gaussian { mean: parameters[0].shallow_clone(), factor }
}

/// The q after each step from N(0, I).
fn path(setting: &Setting, full: bool) -> Vec<Gaussian> {
    let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Double, Device::Cpu));
    let mut start = vec![zeros(&[LATENT_DIM]), zeros(&[LATENT_DIM])];
    if full {
        start.push(zeros(&[LATENT_DIM, LATENT_DIM]));
    }
    let path = climb(start, RATE, STEPS, |parameters| setting.elbo(&q_of(parameters)));
    path.iter().map(|parameters| q_of(parameters)).collect()
}

pub(super) fn climbed(setting: &Setting, outcome: &mut Outcome) -> Result<()> {
    let (full, independent) = (path(setting, true), path(setting, false));
    outcome.findings.extend([full_covariance(setting, &full), mean_field(setting, &independent)]);
    let curve = |path: &[Gaussian]| -> Vec<(f64, f64)> {
        let point =
            |(step, q): (usize, &Gaussian)| (step as f64, setting.elbo(q).double_value(&[]));
        path.iter().take(16).enumerate().map(point).collect()
    };
    let evidence = setting.log_evidence();
    let chart = LineChart {
        title: "Maximising the ELBO over q".into(),
        x_label: "step of gradient ascent".into(),
        y_label: "nats".into(),
        series: vec![
            Series::new("log p(x)", vec![(0.0, evidence), (15.0, evidence)]).dashed().colour(6),
            Series::new("ELBO, full covariance", curve(&full)).colour(0),
            Series::new("ELBO, independent coordinates", curve(&independent)).colour(1),
        ],
        ..LineChart::default()
    };
    outcome.plot(
        "elbo-over-q",
        &chart.draw()?,
        "The ELBO against steps of gradient ascent: with a full covariance it rises to the level of \
         log p(x), with independent coordinates it levels off below.",
        "log p(x) does not move. The distance to it is the KL from q to the posterior; a q that \
         cannot be the posterior keeps one.",
    )
}

fn full_covariance(setting: &Setting, path: &[Gaussian]) -> Finding {
    let (first, last) = (&path[0], &path[STEPS]);
    let rise = (setting.elbo(last) - setting.elbo(first)).double_value(&[]);
    let fall = (setting.gap(first) - setting.gap(last)).double_value(&[]);
    let rest = setting.gap(last).double_value(&[]);
    Finding {
        id: "over-q".into(),
        claim:
            "Pushed up over q, the bound gets closer to log p(x): the KL falls and q approaches \
                the posterior"
                .into(),
        source: "004, question 5".into(),
        expected: "the KL falls by what the ELBO rises, to 0 for a q that can be the posterior"
            .into(),
        measured: format!(
            "ELBO up by {} nats, KL down by {} to {}",
            fixed(rise, 4),
            fixed(fall, 4),
            at_most(rest.abs(), -8)
        ),
        verdict: Verdict::holds_if((rise - fall).abs() < 1e-9 && rest.abs() < 1e-8 && rise > 0.1),
        precision: Precision::Exact,
    }
}

/// The best independent q has the variances 1/Λᵢᵢ, Λ the posterior's precision.
fn mean_field(setting: &Setting, path: &[Gaussian]) -> Finding {
    let precision = setting.model.posterior_precision();
    let diagonal = precision.diagonal(0, 0, 1).log().sum(Kind::Double);
    let expected = 0.5 * (diagonal - precision.logdet()).double_value(&[]);
    let measured = setting.gap(&path[STEPS]).double_value(&[]);
    Finding {
        id: "mean-field".into(),
        claim: "A q with independent coordinates keeps a gap where the posterior's are dependent"
            .into(),
        source: "standard result".into(),
        expected: format!("½ (Σ ln Λᵢᵢ − ln det Λ) = {} nats", fixed(expected, 5)),
        measured: format!("{} nats after 400 steps", fixed(measured, 5)),
        verdict: Verdict::holds_if((measured - expected).abs() < 1e-6 && expected > 1e-3),
        precision: Precision::Exact,
    }
}
