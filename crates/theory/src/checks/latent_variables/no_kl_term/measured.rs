//! The models of the check, and what is measured of each.

use anyhow::Result;
use autodecoder_models::{LatentModel, ModelKind, Terms};
use autodecoder_training::{DeviceImages, latent_noise};
use tch::{Device, Kind, Tensor};

use super::super::small_models::Recipe;
use crate::Context;
use crate::toolkit::classify::{Labelled, nearest_neighbours};
use crate::toolkit::samples::{energy_distance, mean_distance};

const LATENT_DIM: i64 = 8;
/// Draws that the derivatives of the reconstruction term are averaged over.
const DRAWS: u32 = 16;

/// The training images with their classes.
pub struct Images {
    /// For training.
    pub set: DeviceImages,
    /// All of them, `[N, 1, 28, 28]` in [0, 1].
    pub pixels: Tensor,
    /// `[N]`.
    pub classes: Tensor,
}

/// What is measured of one model. Images of the model are compared with the training images.
pub struct Measured {
    /// Median standard deviation of the posteriors, over the standard deviation of their means.
    pub width: f64,
    /// Standard deviation of the posteriors' means over the images; the prior's is 1.
    pub spread: f64,
    /// Mean squared error per pixel of x → z → x′, with z drawn from the posterior.
    pub error: f64,
    /// Energy distance between those x′ and the images.
    pub reconstructed: f64,
    /// Energy distance between images decoded from the prior and the images.
    pub generated: f64,
    /// Mean distance between two images decoded from the prior.
    pub variety: f64,
    /// Share of images whose class the latents of other images tell.
    pub accuracy: f64,
    /// Mean derivative of the reconstruction term in a coordinate's ln σ², nats.
    pub reconstruction_pull: f64,
    /// The same of the KL term.
    pub kl_pull: f64,
}

/// A model and the rows of the training images: from the table of a VAD, from the encoder of a VAE.
pub fn train(
    context: &Context,
    images: &Images,
    beta: f64,
    encoder: bool,
) -> Result<(LatentModel, Tensor)> {
    let recipe = Recipe {
        kind: ModelKind::VariationalAutoDecoder,
        latent_dim: LATENT_DIM,
        hidden: vec![64, 128],
        likelihood: "bernoulli",
        beta,
        epochs: 80,
        batch_size: 32,
        streams: context.streams,
    };
    let recipe = if encoder { recipe.with_encoder() } else { recipe };
    let trained = recipe.train(&images.set)?;
    Ok((trained.model, trained.rows))
}

/// Standard normals, one row for each of `count` latents.
pub fn noise(context: &Context, purpose: &str, count: i64) -> Tensor {
    let rng = &mut context.rng(&format!("no-kl-term {purpose}"));
    latent_noise(autodecoder_distributions::Noise::Normal, count, LATENT_DIM, Device::Cpu, rng)
}

/// Measures a model.
pub fn measure(context: &Context, model: &LatentModel, rows: &Tensor, images: &Images) -> Measured {
    let (posterior, count) = (model.posterior(), rows.size()[0]);
    let means = posterior.mean(rows);
    let spread = average(&means.var_dim([0i64].as_slice(), false, false)).sqrt();
    let z = posterior.rsample(rows, &noise(context, "posterior", count));
    let again = model.decode(&z);
    let prior = posterior.prior().sample(&noise(context, "prior", count));
    let new = model.decode(&prior).flatten(1, -1);
    let flat = images.pixels.flatten(1, -1);
    let pull = |term: fn(Terms) -> Tensor| pull(context, model, rows, images, term);
    Measured {
        width: posterior.variance(rows).median().double_value(&[]).sqrt() / spread,
        spread,
        error: average(&(&again - &images.pixels).square()),
        reconstructed: energy_distance(&again.flatten(1, -1), &flat),
        generated: energy_distance(&new, &flat),
        variety: mean_distance(&new, &new),
        accuracy: two_fold(&means, &images.classes),
        reconstruction_pull: pull(|terms| terms.reconstruction),
        kl_pull: pull(|terms| terms.kl.unwrap_or_else(|| Tensor::from(0.0f32))),
    }
}

fn average(values: &Tensor) -> f64 {
    values.mean(Kind::Double).double_value(&[])
}

/// The derivative of a term of the objective in ln σ², by autograd, averaged over images, coordinates
/// and draws. The second half of a Gaussian's row is its ln σ² (squashed only at the far ends).
fn pull(
    context: &Context,
    model: &LatentModel,
    rows: &Tensor,
    images: &Images,
    term: fn(Terms) -> Tensor,
) -> f64 {
    let rows = rows.detach().copy().set_requires_grad(true);
    for draw in 0..DRAWS {
        let noise = noise(context, &format!("pull {draw}"), rows.size()[0]);
        term(model.terms(&rows, &noise, &(&images.pixels).into())).sum(Kind::Float).backward();
    }
    average(&rows.grad().narrow(1, LATENT_DIM, LATENT_DIM)) / f64::from(DRAWS)
}

/// Accuracy of 5 nearest neighbours: each half of the images is classified by the other.
fn two_fold(features: &Tensor, classes: &Tensor) -> f64 {
    let half = features.size()[0] / 2;
    let part = |from: i64| Labelled {
        features: features.narrow(0, from, half),
        classes: classes.narrow(0, from, half),
    };
    let (first, second) = (part(0), part(half));
    (nearest_neighbours(&first, &second, 5) + nearest_neighbours(&second, &first, 5)) / 2.0
}
