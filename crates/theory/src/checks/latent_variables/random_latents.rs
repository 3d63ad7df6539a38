//! Why decoding any random vector is not generation: the latents of an auto-decoder beside the prior
//! that random vectors come from, and what either decodes to.

mod findings;

use std::collections::BTreeMap;

use anyhow::Result;
use autodecoder_data::Split;
use autodecoder_evaluation::{PriorGap, prior_gap};
use autodecoder_models::{Decoder, LatentModel, ModelKind, Parts};
use autodecoder_training::{DeviceImages, standard_normal};
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use tch::{Device, Kind, Tensor};

use super::small_models::{Recipe, Trained};
use crate::toolkit::compare::largest_difference;
use crate::toolkit::picture::tiles;
use crate::toolkit::samples::energy_distance;
use crate::{Context, Outcome};

const LATENT_DIM: i64 = 8;
/// Latents drawn from each distribution.
const DRAWS: i64 = 256;
/// Images in a row of the figure.
const SHOWN: i64 = 12;
/// Factors on the auto-decoder's latents.
const SCALES: [f64; 3] = [0.3, 1.0, 10.0];

/// Energy distances from the training images of what latents decode to, and where the latents lie.
struct Measured {
    /// The AD's own latents of the training images.
    own: f64,
    /// The AD's latents of test images.
    test: f64,
    /// N(0, I), decoded by the AD.
    normal: f64,
    /// The Gaussian with the mean and covariance of the AD's latents.
    fitted: f64,
    /// N(0, I), decoded by the VAD.
    vad: f64,
    /// N(0, I), decoded by the AD whose latents are scaled by each of [`SCALES`].
    scaled: Vec<f64>,
    /// Largest difference, in a pixel, between reconstructions by the scaled ADs and by the AD.
    unchanged: f64,
    /// The VAD's KL term, nats per image, and the same for latents that are 10 times as large.
    kl: [f64; 2],
    gap: PriorGap,
}

/// Trains an AD and a VAD on the sample of images, and draws from them.
pub fn random_latents(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let train = DeviceImages::new(&context.sample(Split::Train)?, Device::Cpu);
    let test = DeviceImages::new(&context.sample(Split::Test)?, Device::Cpu);
    let ad = recipe(context, ModelKind::AutoDecoder).train(&train)?;
    let vad = recipe(context, ModelKind::VariationalAutoDecoder).train(&train)?;
    let inferred = ad.infer(&test, &context.streams)?;
    let mut rng = context.rng("random-latents draws");
    let normal = standard_normal(DRAWS, LATENT_DIM, Device::Cpu, &mut rng);
    let pixels = train.range(0, train.len()).pixels;
    let gap = prior_gap(ad.model.posterior(), &ad.rows, &inferred, &context.streams);
    let latents =
        Latents { normal: &normal, inferred: &inferred, fitted: fitted(&ad.rows, &normal) };
    let measured = measure(&ad, &vad, &latents, &pixels, gap)?;
    outcome.findings = findings::findings(&measured);
    outcome.show(findings::working(&measured));
    let rows = [
        ("images", pixels.narrow(0, 0, SHOWN)),
        ("AD, their latents", decoded(&ad.model, &ad.rows)),
        ("AD, N(0, I)", decoded(&ad.model, &normal)),
        ("AD × 10, N(0, I)", decoded(&rescaled(&ad.model, 10.0)?, &normal)),
        ("AD, N(μ, Σ)", decoded(&ad.model, &latents.fitted)),
        ("VAD, N(0, I)", decoded(&vad.model, &normal)),
    ];
    figure(&mut outcome, &rows)?;
    Ok(outcome)
}

fn recipe(context: &Context, kind: ModelKind) -> Recipe {
    Recipe {
        kind,
        latent_dim: LATENT_DIM,
        hidden: vec![64, 128],
        likelihood: "bernoulli",
        beta: 1.0,
        epochs: 120,
        batch_size: 32,
        streams: context.streams,
    }
}

/// Latents that are decoded beside the training images' own.
struct Latents<'a> {
    normal: &'a Tensor,
    inferred: &'a Tensor,
    fitted: Tensor,
}

/// Draws from the Gaussian with the mean and covariance of `latents`: μ + L ε with Σ = L Lᵀ.
fn fitted(latents: &Tensor, normal: &Tensor) -> Tensor {
    let mean = latents.mean_dim([0i64].as_slice(), true, Kind::Float);
    let factor = latents.tr().cov(1, None::<Tensor>, None::<Tensor>).linalg_cholesky(false);
    mean + normal.mm(&factor.tr())
}

fn measure(
    ad: &Trained,
    vad: &Trained,
    latents: &Latents<'_>,
    pixels: &Tensor,
    gap: PriorGap,
) -> Result<Measured> {
    let flat = pixels.flatten(1, -1);
    let from_images =
        |model: &LatentModel, z: &Tensor| energy_distance(&model.decode(z).flatten(1, -1), &flat);
    let (mut scaled, mut unchanged) = (Vec::new(), 0f64);
    for scale in SCALES {
        let model = rescaled(&ad.model, scale)?;
        let again = model.decode(&(&ad.rows * scale));
        unchanged = unchanged.max(largest_difference(&again, &ad.model.decode(&ad.rows)));
        scaled.push(from_images(&model, latents.normal));
    }
    Ok(Measured {
        own: from_images(&ad.model, &ad.rows),
        test: from_images(&ad.model, latents.inferred),
        normal: from_images(&ad.model, latents.normal),
        fitted: from_images(&ad.model, &latents.fitted),
        vad: from_images(&vad.model, latents.normal),
        scaled,
        unchanged,
        kl: [1.0, 10.0].map(|scale| kl(vad, scale)),
        gap,
    })
}

/// The same model for latents `scale` times as large: the weights that meet them are divided by it.
fn rescaled(model: &LatentModel, scale: f64) -> Result<LatentModel> {
    let old = model.decoder();
    let named: BTreeMap<String, Tensor> = old.named_parameters().into_iter().collect();
    let first = "layers.0.weight";
    let take = |name: &str, _: &[i64]| Ok(&named[name] / if name == first { scale } else { 1.0 });
    let layers = old.layers().to_vec();
    let decoder = Decoder::from_parameters(layers, old.latent_dim(), old.image(), take)?;
    Ok(LatentModel::with_decoder(model.spec().clone(), decoder, &Parts::standard(), Device::Cpu)?)
}

/// The KL term, nats per image, of the VAD's posteriors scaled about the origin.
fn kl(vad: &Trained, scale: f64) -> f64 {
    let posterior = vad.model.posterior();
    let [mean, log_variance] = [0, 1].map(|i| posterior.constrain(&vad.rows).swap_remove(i));
    let rows = posterior.unconstrain(&[mean * scale, log_variance + 2.0 * scale.ln()]);
    let kl = posterior.kl(&rows, &rows.zeros_like());
    kl.value().map_or(f64::NAN, |nats| nats.mean(Kind::Double).double_value(&[]))
}

/// The first images that latents decode to.
fn decoded(model: &LatentModel, latents: &Tensor) -> Tensor {
    model.decode(&latents.narrow(0, 0, SHOWN))
}

fn figure(outcome: &mut Outcome, rows: &[(&str, Tensor)]) -> Result<()> {
    let mut grid = ImageGrid::new(28, 28);
    for (label, images) in rows {
        grid.rows.push(GridRow::new(*label, tiles(images)?));
    }
    outcome.png(
        "random-latents",
        grid.png()?,
        "Six rows of small images: training images; an auto-decoder's reconstructions of them; what it \
         makes of draws from N(0, I); what the same auto-decoder with latents ten times as large makes \
         of them, which is grey blur; what it makes of draws from the Gaussian fitted to its latents; \
         and what a variational auto-decoder makes of draws from N(0, I).",
        "The auto-decoder reconstructs (second row). What it makes of N(0, I) depends on a scale that \
         its loss leaves free (third and fourth row, whose reconstructions are the same). Draws from \
         the Gaussian with its latents’ mean and covariance have the contrast and variety of the \
         images, though not yet their shapes. The last row’s model was trained to fill N(0, I).",
    );
    Ok(())
}
