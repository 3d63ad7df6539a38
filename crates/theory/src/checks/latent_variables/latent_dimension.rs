//! A larger latent_dim: better classification, then worse? A linear probe and nearest neighbours on the
//! latents of auto-decoders and variational auto-decoders of 2 to 128 dimensions.
//!
//! An auto-decoder has no encoder. A test image's latent is inferred with the decoder frozen; a
//! training image's can be taken from the table that was trained with the decoder, or inferred in the
//! same way. The check does both.

mod findings;
mod sweep;

use anyhow::Result;
use autodecoder_data::{ImageSet, Split};
use autodecoder_models::ModelKind;
use autodecoder_visualization::curves::{LineChart, Series};

use self::sweep::{Point, Size, sweep};
use crate::{Context, Outcome};

/// The sweeps of both kinds of model.
struct Sweeps {
    ad: Vec<Point>,
    vad: Vec<Point>,
}

const SAMPLE: Size =
    Size { dimensions: &[2, 32, 128], hidden: &[64, 128], epochs: 30, batch_size: 32, probe: 256 };
const SMALL: Size = Size {
    dimensions: &[2, 8, 32, 128],
    hidden: &[64, 128],
    epochs: 10,
    batch_size: 64,
    probe: 1000,
};
const FULL: Size = Size {
    dimensions: &[2, 4, 8, 16, 32, 64, 128],
    hidden: &[128, 256],
    epochs: 25,
    batch_size: 64,
    probe: 4000,
};

/// A small sweep on the sample of images; a larger one where there is Fashion-MNIST; the whole one where
/// the long version is wanted.
pub fn latent_dimension(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let (train, test) = (context.sample(Split::Train)?, context.sample(Split::Test)?);
    let measured = sweeps(context, &SAMPLE, &train, &test)?;
    record(&mut outcome, "256 images", &measured);
    outcome.findings.extend(findings::on_sample(&measured));
    on_data(context, &mut outcome, ["", "2,000 images"], [2000, 1000], Some(&SMALL))?;
    let full = context.full.then_some(&FULL);
    on_data(context, &mut outcome, ["full-", "10,000 images"], [10_000, 2000], full)?;
    Ok(outcome)
}

fn sweeps(context: &Context, size: &Size, train: &ImageSet, test: &ImageSet) -> Result<Sweeps> {
    let of = |kind| sweep(kind, size, train, test, context.streams);
    Ok(Sweeps { ad: of(ModelKind::AutoDecoder)?, vad: of(ModelKind::VariationalAutoDecoder)? })
}

/// A sweep on Fashion-MNIST, or, where there is none or the sweep is not wanted, the names of the
/// findings that are left out.
fn on_data(
    context: &Context,
    outcome: &mut Outcome,
    [prefix, images]: [&str; 2],
    [train, test]: [usize; 2],
    size: Option<&Size>,
) -> Result<()> {
    if let Some(size) = size
        && let Some(train) = context.images(Split::Train, train)?
        && let Some(test) = context.images(Split::Test, test)?
    {
        let measured = sweeps(context, size, &train, &test)?;
        record(outcome, images, &measured);
        outcome.findings.extend(findings::on_data(prefix, &measured));
        return figure(outcome, &measured);
    }
    outcome.left_out.extend(findings::IDS.iter().map(|id| format!("{prefix}{id}")));
    Ok(())
}

fn record(outcome: &mut Outcome, images: &str, measured: &Sweeps) {
    for (name, points) in [("AD", &measured.ad), ("VAD", &measured.vad)] {
        for Point { dimension, inferred, table, few } in points {
            outcome.show(format!(
                "{images}, {name}, latent_dim {dimension:3}: latents inferred: linear {:.3} (with 128 \
                 labels {few:.3}), 5-NN {:.3}; from the table: linear {:.3}, 5-NN {:.3}",
                inferred.linear, inferred.neighbours, table.linear, table.neighbours
            ));
        }
    }
}

fn figure(outcome: &mut Outcome, Sweeps { ad, vad }: &Sweeps) -> Result<()> {
    let line = |name: &str, points: &[Point], value: fn(&Point) -> f64| {
        Series::new(name, points.iter().map(|p| (p.dimension as f64, value(p))).collect())
    };
    let linear = |p: &Point| p.inferred.linear;
    let neighbours = |p: &Point| p.inferred.neighbours;
    let chart = LineChart {
        title: "Class from the latent: accuracy against latent_dim".to_owned(),
        x_label: "latent_dim".to_owned(),
        y_label: "accuracy on test images".to_owned(),
        series: vec![
            line("VAD, 5-NN", vad, neighbours).colour(0),
            line("VAD, linear", vad, linear).colour(1),
            line("AD, 5-NN", ad, neighbours).colour(2),
            line("AD, linear", ad, linear).colour(3),
            line("AD, linear, table", ad, |p| p.table.linear).colour(3).dashed(),
            line("AD, linear, 128 labels", ad, |p| p.few).colour(4).dashed(),
        ],
        log_x: true,
        ..LineChart::default()
    };
    // The long sweep takes the place of the short one.
    outcome.plots.retain(|plot| plot.name != "latent-dimension");
    outcome.plot(
        "latent-dimension",
        &chart.draw()?,
        "Accuracy of a linear probe and of nearest neighbours on the latents, against latent_dim, for an \
         auto-decoder and a variational one. Solid lines rise and level off; two dashed lines rise and \
         fall: the linear probe on the auto-decoder's table, and that with 128 labels.",
        "Accuracy rises and levels off; nearest neighbours on the auto-decoder’s latents lose a little \
         of it again where training is long. It falls far (dashed) where the probe has as few labelled images as \
         the latents have dimensions, and where its training latents come from the auto-decoder’s \
         table while test latents are inferred.",
    )
}
