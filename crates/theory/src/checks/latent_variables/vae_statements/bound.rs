//! The third statement, with one latent dimension and binary pixels: −log p(x) is then an integral
//! that a grid computes, and p(x|z) a probability.

use anyhow::Result;
use autodecoder_data::ImageSet;
use autodecoder_models::LatentModel;
use autodecoder_training::DeviceImages;
use tch::{Device, Kind, Tensor};

use super::{QUESTION, recipe};
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// Images that the integral is computed for.
const IMAGES: i64 = 24;
/// Points of the integral over the noise.
const POINTS: i64 = 401;

/// The terms of one image, in nats.
struct Terms {
    /// −log p(x).
    exact: f64,
    /// The loss's first term, the mean of −log p(x|z) over the posterior.
    reconstruction: f64,
    /// The loss's second term, in the closed form that training uses.
    kl: f64,
    /// The second term by an integral.
    kl_integral: f64,
}

/// Trains a VAE and a VAD on binary images and compares their losses with −log p(x).
pub fn findings(context: &Context, set: &ImageSet, outcome: &mut Outcome) -> Result<()> {
    let pixels = set.pixels().iter().map(|&pixel| if pixel > 127 { 255 } else { 0 }).collect();
    let set = ImageSet::new(set.shape(), pixels, set.labels().to_vec())?;
    let images = DeviceImages::new(&set, Device::Cpu);
    let some = images.range(0, IMAGES).pixels;
    let recipe = recipe(context, 1);
    let vae = recipe.clone().with_encoder().train(&images)?;
    let vad = recipe.train(&images)?;
    let [vae, vad] = tch::no_grad(|| [&vae, &vad].map(|m| terms(&m.model, &m.rows, &some)));
    show(outcome, "VAE", &vae);
    show(outcome, "VAD", &vad);
    outcome.findings.extend([upper_bound(&vae, &vad), closed_kl(&vae), alone(&vae, &vad)]);
    Ok(())
}

fn terms(model: &LatentModel, rows: &Tensor, images: &Tensor) -> Vec<Terms> {
    let (z, step) = grid(12.0, 8001);
    let log_prior = model.posterior().prior().log_prob(&z).to_kind(Kind::Double);
    let logits = model.decoder().forward(&z);
    let one = |index: i64| {
        let image = images.narrow(0, index, 1);
        let nll = model.likelihood().negative_log_prob(&logits, &image.expand_as(&logits).into());
        let joint = &log_prior - nll.to_kind(Kind::Double);
        let exact = -(joint.logsumexp([0i64].as_slice(), false).double_value(&[]) + step.ln());
        let [reconstruction, kl, kl_integral] = loss(model, &rows.narrow(0, index, 1), &image);
        Terms { exact, reconstruction, kl, kl_integral }
    };
    (0..images.size()[0]).map(one).collect()
}

/// Both terms of the loss as training computes them, averaged over the noise ε ~ N(0, 1) by an
/// integral instead of draws; and the second one again, as the mean of ln q(z) − ln p(z).
fn loss(model: &LatentModel, row: &Tensor, image: &Tensor) -> [f64; 3] {
    let (noise, step) = grid(8.0, POINTS);
    let posterior = model.posterior();
    let weight = posterior.prior().log_prob(&noise).to_kind(Kind::Double).exp() * step;
    let mean = |values: &Tensor| (values.to_kind(Kind::Double) * &weight).sum(Kind::Double);
    let rows = row.expand([POINTS, -1], false);
    let images = image.repeat([POINTS, 1, 1, 1]).into();
    let terms = model.terms(&rows, &noise, &images);
    let z = posterior.rsample(&rows, &noise);
    let ratio = posterior.log_prob(&rows, &z).map(|q| q - posterior.prior().log_prob(&z));
    let number = |values: Option<Tensor>| values.map_or(f64::NAN, |t| mean(&t).double_value(&[]));
    [number(Some(terms.reconstruction)), number(terms.kl), number(ratio)]
}

/// `points` from −`width` to `width`, `[points, 1]`, and the distance of two.
fn grid(width: f64, points: i64) -> (Tensor, f64) {
    let values = Tensor::linspace(-width, width, points, (Kind::Float, Device::Cpu));
    (values.reshape([-1, 1]), 2.0 * width / (points - 1) as f64)
}

fn show(outcome: &mut Outcome, name: &str, images: &[Terms]) {
    for Terms { exact, reconstruction, kl, .. } in images.iter().take(6) {
        outcome.show(format!(
            "{name}: loss {reconstruction:.2} + {kl:.2} = {:.2} nats, −log p(x) = {exact:.2} nats",
            reconstruction + kl
        ));
    }
}

fn upper_bound(vae: &[Terms], vad: &[Terms]) -> Finding {
    // Half a hundredth of a nat is what f32 leaves of sums over 784 pixels.
    let above = |t: &&Terms| t.reconstruction + t.kl > t.exact - 5e-3;
    let text = |images: &[Terms]| {
        let count = images.iter().filter(above).count();
        format!("above for {count}, by {} nats in the median", fixed(median_gap(images), 2))
    };
    Finding {
        id: "upper-bound".into(),
        claim: "The real loss −log p(x) is intractable; what we minimise is its upper bound".into(),
        source: QUESTION.into(),
        expected:
            "reconstruction + KL above −log p(x), which is the integral of p(x|z) p(z) over one \
                   latent dimension, for each of 24 images"
                .into(),
        measured: format!("VAE: {}; VAD: {}", text(vae), text(vad)),
        verdict: Verdict::holds_if(vae.iter().chain(vad).all(|t| above(&t))),
        precision: Precision::Relative(0.5),
    }
}

fn median_gap(images: &[Terms]) -> f64 {
    let mut gaps: Vec<f64> = images.iter().map(|t| t.reconstruction + t.kl - t.exact).collect();
    gaps.sort_by(f64::total_cmp);
    gaps[gaps.len() / 2]
}

fn closed_kl(vae: &[Terms]) -> Finding {
    let difference =
        vae.iter().map(|t| (t.kl - t.kl_integral).abs() / t.kl_integral.abs()).fold(0.0, f64::max);
    Finding {
        id: "kl-term".into(),
        claim:
            "The loss involves the KL divergence, which is intractable to compute directly, so we \
                minimise an upper bound on the KL divergence"
                .into(),
        source: QUESTION.into(),
        expected: "no closed form of the loss’s KL term that agrees with its integral".into(),
        measured: format!("relative difference {}", at_most(difference, -4)),
        verdict: Verdict::holds_if(difference > 1e-4),
        precision: Precision::Exact,
    }
}

fn alone(vae: &[Terms], vad: &[Terms]) -> Finding {
    let below = |images: &[Terms]| images.iter().filter(|t| t.reconstruction < t.exact).count();
    let (vae, vad) = (below(vae), below(vad));
    Finding {
        id: "without-kl".into(),
        claim: "Without its KL term the loss is no upper bound of −log p(x)".into(),
        source: "standard result".into(),
        expected: "the reconstruction term alone lies below −log p(x) for most of 24 images".into(),
        measured: format!("VAE: for {vae}; VAD: for {vad}"),
        verdict: Verdict::holds_if(vae > 12 && vad > 12),
        precision: Precision::Relative(0.4),
    }
}
