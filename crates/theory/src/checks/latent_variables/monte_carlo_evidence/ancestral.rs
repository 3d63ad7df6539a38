//! Sampling a model in the order of its arrows.

use tch::{Device, Kind, Tensor};

use crate::toolkit::linear_gaussian::standard_prior;
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Outcome, Precision, Verdict};

const PIXELS: i64 = 4;
const SAMPLES: i64 = 100_000;

/// Probabilities of a white pixel, `[L, 4]`, for latents `[L, 2]`: one linear layer and a sigmoid.
fn decode(context: &Context, latents: &Tensor) -> Tensor {
    let weights = 2.0 * context.normal("ancestral weights", &[2, PIXELS]);
    (latents.matmul(&weights) + context.normal("ancestral offset", &[PIXELS])).sigmoid()
}

/// z from the prior, the decoder, then one coin a pixel: the shares of the 16 possible images are
/// their probabilities p(x) = ∫ p(x | z) p(z) dz.
pub(super) fn bernoulli_images(context: &Context, outcome: &mut Outcome) -> Finding {
    let latents = context.normal("ancestral latents", &[SAMPLES, 2]);
    let coins = context.uniform("ancestral coins", &[SAMPLES, PIXELS]);
    let images = coins.lt_tensor(&decode(context, &latents)).to_kind(Kind::Double);
    let places = Tensor::from_slice(&[1.0, 2.0, 4.0, 8.0]);
    let counts = images.mv(&places).to_kind(Kind::Int64).bincount(None::<Tensor>, 16);
    let expected = SAMPLES as f64 * probabilities(context);
    let squares = (&expected - counts).square() / &expected;
    let statistic = squares.sum(Kind::Double).double_value(&[]);
    let total = expected.sum(Kind::Double).double_value(&[]) / SAMPLES as f64;
    outcome.show(format!(
        "Ancestral sampling: 16 images, probabilities by integration sum to {total:.6}, \
         χ² = {statistic:.1} on 15 degrees of freedom"
    ));
    Finding {
        id: "ancestral".into(),
        claim: "z from N(0, I), then a Bernoulli draw per pixel with the decoder's output: that \
                samples p(x)"
            .into(),
        source: "004, question 1".into(),
        expected: "the 16 images of 4 pixels as often as the integral of p(x|z) p(z) says: χ² \
                   below 37.7 (1 in 1,000) on 15 degrees of freedom"
            .into(),
        measured: format!("χ² = {} for 100,000 samples", fixed(statistic, 1)),
        verdict: Verdict::holds_if(statistic < 37.7 && (total - 1.0).abs() < 1e-6),
        precision: Precision::Relative(0.05),
    }
}

/// p(x) of all 16 images by an integral over a grid of latents.
fn probabilities(context: &Context) -> Tensor {
    let step = 0.1;
    let axis = Tensor::arange(161, (Kind::Double, Device::Cpu)) * step - 8.0;
    let latents = Tensor::cartesian_prod(&[&axis, &axis]);
    let prior = standard_prior(2).log_prob(&latents).exp() * step * step;
    let white = decode(context, &latents);
    let bits: Vec<f64> =
        (0..16 * PIXELS).map(|i| f64::from((i / 4) as i32 >> (i % 4) & 1)).collect();
    // p(x | z) is a product over pixels: `[L, 16, 4]` to `[L, 16]`.
    let images = Tensor::from_slice(&bits).reshape([1, 16, PIXELS]);
    let white = white.unsqueeze(1);
    let pixels: Tensor = &images * &white + (1.0 - &images) * (1.0 - &white);
    prior.unsqueeze(0).matmul(&pixels.prod_dim_int(2, false, Kind::Double)).squeeze_dim(0)
}
