//! Why decoding any random vector is not generation: the latents of an auto-decoder beside the prior
//! that random vectors come from, and what each decodes to.

use anyhow::Result;
use autodecoder_data::Split;
use autodecoder_evaluation::{PriorGap, prior_gap};
use autodecoder_models::{Decoder, Error, LatentModel, ModelKind, Parts};
use autodecoder_training::{DeviceImages, standard_normal};
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use tch::{Device, Kind, Tensor};

use super::pictures::grey;
use super::small_models::{Recipe, Trained};
use crate::toolkit::numbers::{at_most, fixed};
use crate::toolkit::samples::energy_distance;
use crate::{Context, Finding, Outcome, Precision, Verdict};

const LATENT_DIM: i64 = 16;
/// Latents drawn from each distribution.
const DRAWS: i64 = 256;

/// Trains an AD and a VAD on the sample of images, and draws from them.
pub fn random_latents(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let train = DeviceImages::new(&context.sample(Split::Train)?, Device::Cpu);
    let test = DeviceImages::new(&context.sample(Split::Test)?, Device::Cpu);
    let ad = recipe(context, ModelKind::AutoDecoder).train(&train)?;
    let vad = recipe(context, ModelKind::VariationalAutoDecoder).train(&train)?;
    let inferred = ad.infer(&test, &context.streams)?;
    let gap = prior_gap(ad.model.posterior(), &ad.rows, &inferred, &context.streams);
    let mut rng = context.rng("random-latents draws");
    let normal = standard_normal(DRAWS, LATENT_DIM, Device::Cpu, &mut rng);
    let flat = train.range(0, train.len()).flatten(1, -1);
    let fitted = fitted(&ad.rows, &normal);
    let cases = [("AD own", &ad, &ad.rows), ("AD N", &ad, &normal), ("AD fitted", &ad, &fitted), ("VAD", &vad, &normal), ("AD test", &ad, &inferred)];
    for (name, t, z) in cases {
        let d = t.model.decode(z).flatten(1, -1);
        outcome.show(format!("{name} energy {:.3}", energy_distance(&d, &flat)));
    }
    for c in [0.1, 0.3, 3.0, 10.0] {
        let m = rescaled(&ad.model, c)?;
        let d = m.decode(&normal).flatten(1, -1);
        let diff = (m.decode(&(&ad.rows * c)) - ad.model.decode(&ad.rows)).abs().max().double_value(&[]);
        outcome.show(format!("{c} energy {:.3} diff {diff:e}", energy_distance(&d, &flat)));
    }
    outcome.show(format!("{gap:?}"));
    Ok(outcome)
}

fn recipe(context: &Context, kind: ModelKind) -> Recipe {
    Recipe {
        kind,
        latent_dim: LATENT_DIM,
        hidden: vec![64, 128],
        likelihood: "bernoulli",
        beta: 1.0,
        epochs: 80,
        streams: context.streams,
    }
}

/// Draws from the Gaussian with the mean and covariance of `latents`: μ + L ε with Σ = L Lᵀ.
fn fitted(latents: &Tensor, normal: &Tensor) -> Tensor {
    let mean = latents.mean_dim([0i64].as_slice(), true, Kind::Float);
    let factor = latents.tr().cov(1, None::<Tensor>, None::<Tensor>).linalg_cholesky(false);
    mean + normal.mm(&factor.tr())
}

/// The same model for latents `scale` times as large: the weights that meet them are divided by it.
fn rescaled(model: &LatentModel, scale: f64) -> Result<LatentModel> {
    let decoder = model.decoder();
    let named = decoder.named_parameters();
    let take = |name: &str, _: &[i64]| -> Result<Tensor, Error> {
        let found = named.iter().find(|(known, _)| known == name).map(|(_, tensor)| tensor);
        let Some(tensor) = found else { panic!() };
        Ok(if name == "layers.0.weight" { tensor / scale } else { tensor.shallow_clone() })
    };
    let layers = decoder.layers().to_vec();
    let decoder =
        Decoder::from_parameters(layers, decoder.latent_dim(), decoder.image(), take)?;
    Ok(LatentModel::with_decoder(model.spec().clone(), decoder, &Parts::standard(), Device::Cpu)?)
}
