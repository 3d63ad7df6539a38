//! A VAD and a VAE trained with and without the KL term on the sample of images: what becomes of the
//! posteriors' variance, of reconstructions, of images decoded from the prior, and of the latents as
//! features.

mod findings;
mod measured;

use anyhow::Result;
use autodecoder_data::Split;
use autodecoder_models::LatentModel;
use autodecoder_training::DeviceImages;
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use tch::{Device, Tensor};

use self::findings::findings;
use self::measured::{Images, Measured, measure, noise, train};
use crate::toolkit::picture::tiles;
use crate::{Context, Outcome};

/// Images in each half of a row of the figure.
const SHOWN: i64 = 6;

/// One kind of model trained with the KL term and without.
struct Pair {
    name: &'static str,
    with: Measured,
    without: Measured,
}

/// Trains four models, and compares each kind with itself.
pub fn no_kl_term(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let set = context.sample(Split::Train)?;
    let classes: Vec<i64> = set.labels().iter().map(|&label| i64::from(label)).collect();
    let set = DeviceImages::new(&set, Device::Cpu);
    let pixels = set.range(0, set.len()).pixels;
    let images = Images { set, pixels, classes: Tensor::from_slice(&classes) };
    let mut rows = vec![GridRow::new("images", tiles(&images.pixels.narrow(0, 0, SHOWN))?)];
    let mut pairs = Vec::new();
    for (name, encoder) in [("VAD", false), ("VAE", true)] {
        let mut one = |beta: f64, label: String| -> Result<Measured> {
            let (model, latents) = train(context, &images, beta, encoder)?;
            let measured = measure(context, &model, &latents, &images);
            outcome.show(line(&measured, &label));
            rows.push(GridRow::new(label, pictures(context, &model, &latents)?));
            Ok(measured)
        };
        let with = one(1.0, format!("{name}, with KL"))?;
        let without = one(0.0, format!("{name}, without"))?;
        pairs.push(Pair { name, with, without });
    }
    outcome.findings = findings(&pairs);
    figure(&mut outcome, rows)?;
    Ok(outcome)
}

fn line(measured: &Measured, label: &str) -> String {
    let Measured { width, spread, error, reconstructed, generated, variety, accuracy, .. } =
        measured;
    format!(
        "{label:13} σ over spread {width:.4}, spread {spread:.2}, MSE {error:.4}; energy distance \
         from the images: reconstructions {reconstructed:.2}, prior samples {generated:.2}; distance \
         of two prior samples {variety:.2}; 5-NN accuracy {accuracy:.2}"
    )
}

/// Reconstructions, then images decoded from the prior.
fn pictures(context: &Context, model: &LatentModel, rows: &Tensor) -> Result<Vec<Vec<u8>>> {
    let shown = rows.narrow(0, 0, SHOWN);
    let z = model.posterior().rsample(&shown, &noise(context, "shown", SHOWN));
    let prior = model.posterior().prior().sample(&noise(context, "new", SHOWN));
    tiles(&model.decode(&Tensor::cat(&[z, prior], 0)))
}

fn figure(outcome: &mut Outcome, rows: Vec<GridRow>) -> Result<()> {
    let mut grid = ImageGrid::new(28, 28);
    grid.column_breaks = vec![SHOWN as usize];
    grid.rows = rows;
    outcome.png(
        "no-kl-term",
        grid.png()?,
        "Rows of small images: six training images; then for a VAD and a VAE, each trained with and \
         without the KL term, their six reconstructions and six images decoded from the prior.",
        "Left: training images and their reconstructions. Right: images decoded from the prior \
         N(0, I). Without the KL term reconstructions are sharper, but what the prior's draws decode \
         to looks less like clothes.",
    );
    Ok(())
}
