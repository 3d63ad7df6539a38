//! KL divergences in closed form, against an integral and against samples.

mod posteriors;
mod univariate;
mod vae;

use anyhow::Result;
use autodecoder_distributions::standard;

use self::univariate::{Normal, STANDARD, closed, integral, monte_carlo};

use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// Samples of each Monte-Carlo estimate.
const SAMPLES: i64 = 100_000;

/// The closed forms of KL divergences that the course and the VAE use, each against computations
/// that do not know them.
pub fn gaussian_kl(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let pairs = pairs(context);
    let findings = [formula(context, &pairs, &mut outcome), smallest(&pairs)];
    outcome.findings.extend(findings);
    outcome.findings.extend(worked_numbers(context));
    outcome.findings.extend([asymmetry(), vae::diagonal(context), vae::distance_from_zero()]);
    for name in standard().names() {
        outcome.findings.extend(posteriors::reported(context, standard().get(name)?.as_ref()));
    }
    outcome.findings.push(posteriors::point());
    Ok(outcome)
}

fn pairs(context: &Context) -> Vec<(Normal, Normal)> {
    let numbers = Vec::try_from(context.normal("gaussian-kl pairs", &[20, 4]).reshape([-1]));
    let normal = |mean: f64, log: f64| Normal { mean, variance: log.exp() };
    let numbers: Vec<f64> = numbers.unwrap_or_default();
    numbers.chunks_exact(4).map(|n| (normal(n[0], n[1]), normal(n[2], n[3]))).collect()
}

fn formula(context: &Context, pairs: &[(Normal, Normal)], outcome: &mut Outcome) -> Finding {
    let noise = context.normal("gaussian-kl noise", &[pairs.len() as i64, SAMPLES]);
    let (mut difference, mut deviation): (f64, f64) = (0.0, 0.0);
    for (index, &(q, p)) in pairs.iter().enumerate() {
        let (closed, integral) = (closed(q, p), integral(q, p));
        let sampled = monte_carlo(q, p, &noise.get(index as i64));
        outcome.show(format!(
            "KL(N({:.3}, {:.3}) ‖ N({:.3}, {:.3})): closed form {closed:.9}, integral \
             {integral:.9}, Monte Carlo {}",
            q.mean,
            q.variance,
            p.mean,
            p.variance,
            sampled.text(4)
        ));
        difference = difference.max((closed - integral).abs() / closed);
        deviation = deviation.max(sampled.deviation(closed));
    }
    Finding {
        id: "closed-form".into(),
        claim: "KL(q ‖ p) = ln(σp/σq) + (σq² + (μq − μp)²)/2σp² − ½ for univariate Gaussians"
            .into(),
        source: "004, question 3".into(),
        expected: "the numerical integral of q ln(q/p), and the mean of ln(q/p) over 100,000 \
                   samples of q within 4 standard errors, for 20 random pairs"
            .into(),
        measured: format!(
            "relative difference {}; the farthest of 20 means {} standard errors off",
            at_most(difference, -10),
            fixed(deviation, 1)
        ),
        verdict: Verdict::holds_if(difference < 1e-10 && deviation < 4.0),
        precision: Precision::Relative(0.05),
    }
}

fn smallest(pairs: &[(Normal, Normal)]) -> Finding {
    let smallest = pairs.iter().map(|&(q, p)| integral(q, p)).fold(f64::INFINITY, f64::min);
    let equal = pairs.iter().map(|&(q, _)| integral(q, q).abs()).fold(0.0, f64::max);
    Finding {
        id: "smallest".into(),
        claim: "The KL divergence is smallest, and 0, for p = q".into(),
        source: "004, question 3".into(),
        expected: "0 for 20 equal pairs, more for 20 others, by the integral".into(),
        measured: format!("{}; at least {}", at_most(equal, -12), fixed(smallest, 3)),
        verdict: Verdict::holds_if(equal < 1e-12 && smallest > 0.0),
        precision: Precision::Exact,
    }
}

fn worked_numbers(context: &Context) -> [Finding; 2] {
    let cases = [
        ("small-example", Normal { mean: 0.1, variance: 1.0 }, 0.005, "0.005", [3, 4]),
        ("large-example", Normal { mean: 1.0, variance: 1e-4 }, 9994.9, "9994.9", [1, 0]),
    ];
    cases.map(|(id, p, claimed, text, decimals)| {
        let noise = context.normal(&format!("gaussian-kl {id}"), &[SAMPLES]);
        let (measured, sampled) = (integral(STANDARD, p), monte_carlo(STANDARD, p, &noise));
        let rounding = 0.5 * 10f64.powi(-(decimals[0] as i32)) + 1e-9;
        Finding {
            id: id.into(),
            claim: format!("KL(N(0, 1) ‖ N({}, {})) = {text} nats", p.mean, p.variance),
            source: "004, question 3".into(),
            expected: text.into(),
            measured: format!(
                "{} by the closed form, {} by the integral, {} by Monte Carlo",
                fixed(closed(STANDARD, p), decimals[0]),
                fixed(measured, decimals[0]),
                sampled.text(decimals[1])
            ),
            verdict: Verdict::holds_if(
                [measured, closed(STANDARD, p)].iter().all(|v| (v - claimed).abs() < rounding)
                    && sampled.holds(claimed, 0.0),
            ),
            precision: Precision::Exact,
        }
    })
}

fn asymmetry() -> Finding {
    let narrow = Normal { mean: 1.0, variance: 1e-4 };
    let (forward, backward) = (integral(STANDARD, narrow), integral(narrow, STANDARD));
    Finding {
        id: "asymmetry".into(),
        claim: "KL(q ‖ p) is not KL(p ‖ q): what costs is mass of the first where the second has \
                none"
            .into(),
        source: "standard result".into(),
        expected: "another number for the second worked pair the other way round: ln 100 + 0.00005"
            .into(),
        measured: format!(
            "{} nats, and {} the other way round",
            fixed(forward, 1),
            fixed(backward, 5)
        ),
        verdict: Verdict::holds_if((backward - (100f64.ln() + 5e-5)).abs() < 1e-8),
        precision: Precision::Exact,
    }
}
