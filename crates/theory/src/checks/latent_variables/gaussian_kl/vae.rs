//! The KL term of the VAE's loss.

use tch::{Kind, Tensor};

use super::univariate::{Normal, STANDARD, integral};
use crate::toolkit::estimate::Estimate;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Precision, Verdict};

/// ½ Σᵢ (σᵢ² − ln σᵢ² − 1 + μᵢ²): the VAE's KL term for one image, from the univariate formula.
pub(super) fn diagonal(context: &Context) -> Finding {
    let dimension = 20;
    let mean = context.normal("gaussian-kl mean", &[dimension]);
    let variance = context.normal("gaussian-kl variance", &[dimension]).exp();
    let given: Tensor = 0.5 * (&variance - variance.log() - 1.0 + mean.square());
    let given = given.sum(Kind::Double).double_value(&[]);
    let coordinate =
        |i: i64| Normal { mean: mean.double_value(&[i]), variance: variance.double_value(&[i]) };
    let summed: f64 = (0..dimension).map(|i| integral(coordinate(i), STANDARD)).sum();
    let difference = (given - summed).abs() / summed;
    let noise = context.normal("gaussian-kl diagonal noise", &[20_000, dimension]);
    let z: Tensor = &mean + variance.sqrt() * &noise;
    let log_ratio: Tensor = 0.5 * (z.square() - noise.square() - variance.log());
    let sampled = Estimate::of(&log_ratio.sum_dim_intlist(1, false, Kind::Double));
    Finding {
        id: "diagonal".into(),
        claim: "The VAE's KL term is ½ (Σᵢ (σᵢ² − ln σᵢ²) − D + ‖μ‖²)".into(),
        source: "004, question 7".into(),
        expected: format!(
            "the sum of 20 numerical integrals, one a coordinate; {} nats by Monte Carlo",
            sampled.text(2)
        ),
        measured: format!(
            "{} nats; relative difference {}",
            fixed(given, 2),
            at_most(difference, -10)
        ),
        verdict: Verdict::holds_if(difference < 1e-10 && sampled.holds(given, 0.0)),
        precision: Precision::Exact,
    }
}

/// "Penalizes approximations that are too far from N(0, I), i.e. from 0."
pub(super) fn distance_from_zero() -> Finding {
    let at = |mean, variance| integral(Normal { mean, variance }, STANDARD);
    // With the prior's variance the term is the squared distance of the mean from 0, halved.
    let with = [0.0, 0.5, 2.0].iter().all(|&mean| (at(mean, 1.0) - 0.5 * mean * mean).abs() < 1e-9);
    let (narrow, wide) = (at(0.0, 1e-4), at(0.0, 100.0));
    let without = narrow < 1e-9 && wide < 1e-9;
    Finding {
        id: "distance-from-zero".into(),
        claim: "The KL term penalises posteriors that are far from N(0, I), that is, from 0".into(),
        source: "004, question 6".into(),
        expected: "½ μ² for a posterior of variance 1; nothing for one with mean 0".into(),
        measured: format!(
            "{} nats for N(2, 1); but {} for N(0, 0.0001) and {} for N(0, 100)",
            fixed(at(2.0, 1.0), 3),
            fixed(narrow, 2),
            fixed(wide, 2)
        ),
        verdict: Verdict::by_condition(with, without),
        precision: Precision::Exact,
    }
}
