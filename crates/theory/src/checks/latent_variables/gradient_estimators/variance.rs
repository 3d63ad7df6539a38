//! The variance of both estimators, against the number of latents.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use super::estimators::Setting;
use crate::toolkit::fit::exponent;
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Outcome, Precision, Verdict};

const DIMENSIONS: [i64; 4] = [1, 4, 16, 64];

/// Sums over coordinates of the variance of one sample's gradient.
#[derive(Debug, Clone, Copy)]
struct Variances {
    latent_dim: i64,
    pathwise: f64,
    score: f64,
    baseline: f64,
}

pub(super) fn measured(context: &Context, outcome: &mut Outcome) -> Result<()> {
    let variances = DIMENSIONS.map(|latent_dim| variances(context, latent_dim));
    for v in variances {
        outcome.show(format!(
            "latent_dim {:2}: variance of one sample's gradient {:.2e} reparameterised, {:.2e} score \
             function, {:.2e} with a baseline",
            v.latent_dim, v.pathwise, v.score, v.baseline
        ));
    }
    outcome.findings.extend([variance(variances[1]), growth(&variances)]);
    draw(outcome, &variances)
}

fn variances(context: &Context, latent_dim: i64) -> Variances {
    let setting = Setting::drawn(context, latent_dim);
    let noise = setting.noise(context);
    let total =
        |gradients: Tensor| gradients.var_dim(0, true, false).sum(Kind::Double).double_value(&[]);
    Variances {
        latent_dim,
        pathwise: total(setting.pathwise(&noise)),
        score: total(setting.score(&noise, 0.0)),
        // The exact mean, which does not depend on the samples, keeps it unbiased.
        baseline: total(setting.score(&noise, setting.objective())),
    }
}

fn variance(v: Variances) -> Finding {
    Finding {
        id: "variance".into(),
        claim: "The reparameterised gradient has far less variance than the score function's"
            .into(),
        source: "standard result".into(),
        expected:
            "at least 10 times less at latent_dim 4; a baseline helps the score function, but \
                   does not make up for it"
                .into(),
        measured: format!(
            "{} against {}, and {} with the baseline E f",
            fixed(v.pathwise, 1),
            fixed(v.score, 0),
            fixed(v.baseline, 0)
        ),
        verdict: Verdict::holds_if(
            10.0 * v.pathwise < v.score && v.pathwise < v.baseline && v.baseline < v.score,
        ),
        precision: Precision::Relative(0.05),
    }
}

fn growth(variances: &[Variances]) -> Finding {
    let of = |value: &dyn Fn(&Variances) -> f64| {
        // From 4 latents on, where the leading power has taken over.
        let points = variances[1..].iter().map(|v| (v.latent_dim as f64, value(v)));
        exponent(&points.collect::<Vec<_>>())
    };
    let [pathwise, score, baseline] = [of(&|v| v.pathwise), of(&|v| v.score), of(&|v| v.baseline)];
    Finding {
        id: "growth".into(),
        claim: "The score function's variance grows faster with latent_dim: D numbers times the \
                square of an f that is a sum of D terms"
            .into(),
        source: "standard result".into(),
        expected: "exponents near 1 reparameterised, 3 for the score function, 2 with a baseline"
            .into(),
        measured: format!(
            "{}, {}, {}, from latent_dim 4 to 64",
            fixed(pathwise, 2),
            fixed(score, 2),
            fixed(baseline, 2)
        ),
        verdict: Verdict::holds_if(score > baseline + 0.5 && baseline > pathwise + 0.5),
        precision: Precision::Relative(0.05),
    }
}

fn draw(outcome: &mut Outcome, variances: &[Variances]) -> Result<()> {
    let line = |name: &str, value: &dyn Fn(&Variances) -> f64| {
        let points = variances.iter().map(|v| (v.latent_dim as f64, value(v)));
        Series::new(name, points.collect())
    };
    let chart = LineChart {
        title: "Variance of one sample's gradient".into(),
        x_label: "latent_dim".into(),
        y_label: "sum of variances over coordinates".into(),
        series: vec![
            line("score function", &|v| v.score),
            line("score function, baseline", &|v| v.baseline),
            line("reparameterised", &|v| v.pathwise),
        ],
        log_x: true,
        log_y: true,
        ..LineChart::default()
    };
    outcome.plot(
        "gradient-variance",
        &chart.draw()?,
        "Variance against latent_dim, both axes logarithmic: three rising lines, the score function \
         steepest, the reparameterised gradient lowest and least steep.",
        "For the same error, the score function needs as many times more samples as its line lies \
         higher.",
    )
}
