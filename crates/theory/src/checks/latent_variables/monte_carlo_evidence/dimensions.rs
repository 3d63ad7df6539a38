//! What the number of latents does to the number of samples.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use super::{NOISE_VARIANCE, VISIBLE, images, model};
use crate::toolkit::fit::slope;
use crate::toolkit::linear_gaussian::LinearGaussian;
use crate::toolkit::numbers::{fixed, scientific};
use crate::{Context, Finding, Outcome, Precision, Verdict};

const DIMENSIONS: [i64; 6] = [1, 2, 4, 8, 16, 32];
/// Images x over which the needed number of samples is averaged.
const IMAGES: i64 = 20;
/// One sample has the relative variance v, L have v/L: 10 % needs 100 v samples.
const TEN_PERCENT: f64 = 100.0;

/// "We need 10 values if dim(z) = 1, 100 if it is 2, and generally 10^D": true of a grid. A sample's
/// mean has the error σ/√L, and σ need not grow with D.
pub(super) fn smooth_average(context: &Context) -> Finding {
    let (repeats, samples) = (40, 1000);
    let error = |dimensions: i64| {
        let z = context.normal(&format!("smooth {dimensions}"), &[repeats, samples, dimensions]);
        let along = z.sum_dim_intlist(2, false, Kind::Double) / (dimensions as f64).sqrt();
        let means = along.cos().mean_dim(1, false, Kind::Double);
        // E cos u = e^−½ for a standard normal u.
        (means - (-0.5f64).exp()).square().mean(Kind::Double).sqrt().double_value(&[])
    };
    let errors = [1, 8, 64].map(error);
    Finding {
        id: "grid".into(),
        claim: "An accurate integral over D dimensions needs samples that cover the space like a \
                grid: 10 for D = 1, 100 for D = 2, 10^D in general"
            .into(),
        source: "004, question 2".into(),
        expected:
            "from 1,000 samples, errors of E cos(Σz/√D) that grow with D; without a grid's law \
                   σ/√1000 = 0.014 for every D"
                .into(),
        measured: format!(
            "{} for D = 1, {} for D = 8, {} for D = 64",
            fixed(errors[0], 3),
            fixed(errors[1], 3),
            fixed(errors[2], 3)
        ),
        verdict: Verdict::holds_if(errors[2] > 2.0 * errors[0]),
        precision: Precision::Relative(0.05),
    }
}

/// Var p(x|z) / p(x)² for z from the prior. The square of a Gaussian density is a density of half
/// the variance times (4πσ²)^(−M/2), so E p(x|z)² is another evidence.
fn relative_variance(model: &LinearGaussian, x: &Tensor) -> f64 {
    let noise = model.noise_variance;
    let scale = -0.5 * VISIBLE as f64 * (4.0 * std::f64::consts::PI * noise).ln();
    let squared = model.evidence_with_noise(noise / 2.0).log_prob(&x.unsqueeze(0));
    let log_ratio: Tensor = squared + scale - 2.0 * model.log_evidence(x);
    log_ratio.double_value(&[0]).exp_m1()
}

/// Samples for a relative error of 10 %, in the geometric mean over images.
fn needed(context: &Context, model: &LinearGaussian) -> f64 {
    let x = images(context, model, IMAGES);
    let log = |index| relative_variance(model, &x.get(index)).ln();
    let mean = (0..IMAGES).map(log).sum::<f64>() / IMAGES as f64;
    TEN_PERCENT * mean.exp()
}

/// The model of `latent_dim` latents of which the decoder uses the first two.
fn two_used(context: &Context, latent_dim: i64) -> LinearGaussian {
    let used = model(context, 2);
    let unused =
        used.weights.new_zeros([VISIBLE, latent_dim - 2], (Kind::Double, tch::Device::Cpu));
    LinearGaussian { weights: Tensor::cat(&[&used.weights, &unused], 1), ..used }
}

/// The relative variance of p(x|z), measured on samples of the prior.
fn sampled_variance(context: &Context, model: &LinearGaussian, x: &Tensor) -> f64 {
    let latents = context.normal("evidence variance", &[100_000, model.weights.size()[1]]);
    let ratio = (model.log_likelihood(x, &latents) - model.log_evidence(x)).exp();
    ratio.var(true).double_value(&[])
}

pub(super) fn exponential(context: &Context, working: &mut Vec<String>) -> Finding {
    let points = DIMENSIONS.map(|d| (d as f64, needed(context, &model(context, d))));
    let listed = points.map(|(d, n)| format!("latent_dim {d:2}: 10 % error needs {n:.2e} samples"));
    working.extend(listed);
    let logs: Vec<(f64, f64)> = points[2..].iter().map(|&(d, n)| (d, n.ln())).collect();
    let base = slope(&logs).exp();
    let (all, two) = (model(context, 2), two_used(context, 32));
    let x = images(context, &all, 1).squeeze_dim(0);
    let (closed, sampled) = (relative_variance(&all, &x), sampled_variance(context, &all, &x));
    let wide = sampled_variance(context, &two, &x);
    let agrees = |measured: f64| (measured / closed - 1.0).abs() < 0.1;
    working.push(format!(
        "latent_dim 2: relative variance of p(x|z) {closed:.2} in closed form, {sampled:.2} sampled; \
         with 30 unused latents {wide:.2}"
    ));
    Finding {
        id: "exponential".into(),
        claim: "The number of samples that p(x) = E p(x|z) needs is exponentially large in D"
            .into(),
        source: "004, question 2".into(),
        expected: "a constant factor per latent, by a closed form that samples confirm; none for \
                   latents that the decoder does not use, if it is D that counts"
            .into(),
        measured: format!(
            "for 10 % error {} samples at D = 2, {} at D = 32, a factor of {} per latent; variance \
             {} at D = 2 ({} by the closed form), {} with 30 unused latents more",
            fixed(points[1].1.round(), 0),
            scientific(points[5].1, 0),
            fixed(base, 2),
            fixed(sampled, 1),
            fixed(closed, 1),
            fixed(wide, 1)
        ),
        verdict: Verdict::by_condition(base > 1.5 && agrees(sampled), !agrees(wide)),
        precision: Precision::Relative(0.05),
    }
}

pub(super) fn draw(context: &Context, outcome: &mut Outcome) -> Result<()> {
    let line = |samples: &dyn Fn(i64) -> f64| -> Vec<(f64, f64)> {
        DIMENSIONS[1..].iter().map(|&d| (d as f64, samples(d))).collect()
    };
    let all = line(&|d| needed(context, &model(context, d)));
    let used = line(&|d| needed(context, &two_used(context, d)));
    let grid = line(&|d| 10f64.powi(d as i32));
    let chart = LineChart {
        title: "Samples of the prior for 10 % error of p(x)".into(),
        x_label: "latent_dim".into(),
        y_label: "samples".into(),
        series: vec![
            Series::new("a grid of 10 values a dimension", grid).dashed().colour(2),
            Series::new("every latent is used", all).colour(1),
            Series::new("two latents are used", used).colour(0),
        ],
        log_y: true,
        ..LineChart::default()
    };
    outcome.plot(
        "evidence-samples",
        &chart.draw()?,
        "Number of samples, on a logarithmic axis, against latent_dim: the grid's 10 to the power D \
         rises steepest, the samples for a decoder that uses every latent rise exponentially too, and \
         those for a decoder that uses two latents stay level.",
        format!(
            "What counts is how much x says about z, here a noise variance of {NOISE_VARIANCE} in \
             each direction that the decoder uses, not how many latents there are."
        ),
    )
}
