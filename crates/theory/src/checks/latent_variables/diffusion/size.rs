//! How large the prior term is for images and the noise schedules that are in use.

use std::f64::consts::FRAC_PI_2;

use anyhow::Result;
use autodecoder_data::Split;
use autodecoder_visualization::curves::{LineChart, Series};

use super::chain::Forward;
use super::elbo::prior_term;
use crate::toolkit::numbers::{fixed, scientific};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// Ho, Jain, Abbeel, *Denoising Diffusion Probabilistic Models*, 2020, arXiv:2006.11239: β from
/// 0.0001 to 0.02 in equal steps, 1,000 of them.
fn linear(steps: usize) -> Forward {
    let beta = |t: usize| 1e-4 + (0.02 - 1e-4) * t as f64 / (steps - 1) as f64;
    Forward { betas: (0..steps).map(beta).collect() }
}

/// Nichol, Dhariwal, *Improved Denoising Diffusion Probabilistic Models*, 2021, arXiv:2102.09672.
fn cosine(steps: usize) -> Forward {
    let kept = |t: usize| ((t as f64 / steps as f64 + 0.008) / 1.008 * FRAC_PI_2).cos().powi(2);
    let beta = |t: usize| (1.0 - kept(t + 1) / kept(t)).min(0.999);
    Forward { betas: (0..steps).map(beta).collect() }
}

/// KL(q(x_t | x_0) ‖ N(0, I)) in nats for an image of this many pixels and mean square.
fn nats(kept: f64, pixels: f64, mean_square: f64) -> f64 {
    pixels * prior_term(kept, mean_square.sqrt())
}

pub(super) fn of_images(context: &Context, outcome: &mut Outcome) -> Result<()> {
    let images = context.sample(Split::Train)?;
    let values = images.pixels();
    // Pixels in [−1, 1], as these models take them. The term is linear in x_0².
    let squares = values.iter().map(|&v| (f64::from(v) / 127.5 - 1.0).powi(2));
    let mean_square = squares.sum::<f64>() / values.len() as f64;
    let pixels = values.len() as f64 / images.len() as f64;
    let schedules = [
        ("linear, 1,000 steps", linear(1000)),
        ("cosine, 1,000 steps", cosine(1000)),
        ("linear, 100 steps", linear(100)),
    ];
    let last = |forward: &Forward| nats(forward.kept()[forward.steps()], pixels, mean_square);
    let sizes = schedules.each_ref().map(|(_, forward)| last(forward));
    outcome.show(format!("Images of {pixels} pixels with E x₀² = {mean_square:.3}"));
    for ((name, forward), size) in schedules.iter().zip(sizes) {
        let kept = forward.kept()[forward.steps()];
        outcome.show(format!("{name}: ᾱ_T = {kept:.3e}, prior term {size:.3e} nats an image"));
    }
    outcome.findings.push(finding(sizes));
    draw(outcome, &schedules, &|kept| nats(kept, pixels, mean_square))
}

fn finding([linear, cosine, short]: [f64; 3]) -> Finding {
    Finding {
        id: "prior-term-size".into(),
        claim: "With a real noise schedule, q(x_T|x₀) is nearly N(0, I) and the term is tiny"
            .into(),
        source: "standard result".into(),
        expected: "below 0.1 nats for a Fashion-MNIST image, T = 1,000; not for any schedule"
            .into(),
        measured: format!(
            "{} nats (linear), {} (cosine); {} for the linear one in 100 steps",
            fixed(linear, 4),
            scientific(cosine, 1),
            fixed(short, 1)
        ),
        verdict: Verdict::by_condition(linear < 0.1 && cosine < 0.1, short < 0.1),
        precision: Precision::Exact,
    }
}

fn draw(
    outcome: &mut Outcome,
    schedules: &[(&str, Forward)],
    nats: &dyn Fn(f64) -> f64,
) -> Result<()> {
    let series = schedules.iter().map(|(name, forward)| {
        let steps = forward.steps();
        let points = forward.kept().into_iter().enumerate().skip(steps / 100);
        let points =
            points.step_by(steps / 100).map(|(t, kept)| (t as f64 / steps as f64, nats(kept)));
        Series::new(*name, points.collect())
    });
    let chart = LineChart {
        title: "How far a noisy image is from pure noise".into(),
        x_label: "share of the steps done, t/T".into(),
        y_label: "KL to pure noise, nats an image".into(),
        series: series.collect(),
        log_y: true,
        ..LineChart::default()
    };
    outcome.plot(
        "diffusion-prior-term",
        &chart.draw()?,
        "KL from the noisy image to pure noise over the course of the forward process, on a \
         logarithmic axis, for three schedules: both of 1,000 steps fall far below a tenth of a nat, \
         the one of 100 steps ends at hundreds of nats.",
        "The right ends are the term that training leaves out. It has no gradient whatever its size: \
         with too few steps it is large, and samples that start from N(0, I) are off.",
    )
}
