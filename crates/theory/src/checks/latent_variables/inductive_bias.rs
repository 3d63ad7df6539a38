//! Inductive bias: a small CNN and an MLP of equal size on few and on many images, and on images that
//! are shifted.

mod findings;
mod network;

use anyhow::Result;
use autodecoder_data::{ImageSet, Split, balanced_subset};
use autodecoder_training::Streams;
use autodecoder_visualization::curves::{LineChart, Series};

use self::network::{Network, Pictures};
use crate::toolkit::classify::accuracy;
use crate::{Context, Outcome};

/// Pixels that test images are moved, right and down.
const SHIFT: i64 = 2;

/// Accuracies on test images of one network, averaged over seeds.
#[derive(Debug, Clone, Copy, Default)]
struct Accuracies {
    /// On the images as they are.
    test: f64,
    /// On the images moved by [`SHIFT`].
    shifted: f64,
    /// On its training images.
    train: f64,
}

/// Both networks after training on so many images.
struct Point {
    images: usize,
    cnn: Accuracies,
    mlp: Accuracies,
}

/// How often and how long networks are trained on so many images.
#[derive(Debug, Clone, Copy)]
struct Size {
    images: usize,
    steps: u32,
    seeds: u64,
}

const fn size(images: usize, steps: u32, seeds: u64) -> Size {
    Size { images, steps, seeds }
}

const SAMPLE: [Size; 2] = [size(40, 150, 2), size(160, 150, 2)];
const SMALL: [Size; 3] = [size(100, 300, 2), size(1000, 1000, 2), size(10_000, 1500, 1)];
const FULL: [Size; 3] = [size(100, 800, 3), size(1000, 2500, 3), size(10_000, 5000, 3)];

/// Trains pairs of networks on the sample of images, and on Fashion-MNIST where there is one.
pub fn inductive_bias(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(findings::counted(context));
    let (train, test) = (context.sample(Split::Train)?, context.sample(Split::Test)?);
    let points = curve(context, &SAMPLE, &train, &test)?;
    record(&mut outcome, "the sample", &points)?;
    outcome.findings.extend(findings::on_sample(&points));
    for (prefix, sizes, wanted) in [("", SMALL, true), ("full-", FULL, context.full)] {
        let train = if wanted { context.images(Split::Train, 10_000)? } else { None };
        let Some(train) = train else {
            outcome.left_out.extend(findings::IDS.iter().map(|id| format!("{prefix}{id}")));
            continue;
        };
        if let Some(test) = context.images(Split::Test, 2000)? {
            let points = curve(context, &sizes, &train, &test)?;
            record(&mut outcome, "Fashion-MNIST", &points)?;
            outcome.findings.extend(findings::on_data(prefix, &points));
        }
    }
    Ok(outcome)
}

fn curve(
    context: &Context,
    sizes: &[Size],
    train: &ImageSet,
    test: &ImageSet,
) -> Result<Vec<Point>> {
    let test = Pictures::new(test);
    let mut points = Vec::new();
    for size in sizes {
        let mut point =
            Point { images: size.images, cnn: Accuracies::default(), mlp: Accuracies::default() };
        for seed in 0..size.seeds {
            // Each seed has its own images, initial weights and batches.
            let streams = Streams::new(context.streams.seed() + seed);
            let mut rng = streams.rng("inductive-bias", &[size.images as u64]);
            let data = Pictures::new(&balanced_subset(train, size.images, &mut rng)?);
            for (network, sum) in
                [(Network::cnn(&mut rng), &mut point.cnn), (Network::mlp(&mut rng), &mut point.mlp)]
            {
                network.train(&data, size.steps, &mut rng);
                add(sum, &network, &data, &test, size.seeds as f64);
            }
        }
        points.push(point);
    }
    Ok(points)
}

/// Adds a network's share to an average over `seeds`.
fn add(sum: &mut Accuracies, network: &Network, data: &Pictures, test: &Pictures, seeds: f64) {
    // Padding on one side and cropping on the other moves the image; what comes in is black.
    let shifted = test.images.constant_pad_nd([SHIFT, -SHIFT, SHIFT, -SHIFT]);
    sum.test += accuracy(&network.scores(&test.images), &test.classes) / seeds;
    sum.shifted += accuracy(&network.scores(&shifted), &test.classes) / seeds;
    sum.train += accuracy(&network.scores(&data.images), &data.classes) / seeds;
}

/// The working and the figure; a later one takes the place of an earlier.
fn record(outcome: &mut Outcome, set: &str, points: &[Point]) -> Result<()> {
    for Point { images, cnn, mlp } in points {
        for (name, Accuracies { test, shifted, train }) in [("CNN", cnn), ("MLP", mlp)] {
            outcome.show(format!(
                "{name}, {images} images of {set}: accuracy {test:.3} on test images, {shifted:.3} on \
                 shifted ones, {train:.3} on training images"
            ));
        }
    }
    let line = |name: &str, value: fn(&Point) -> f64| {
        Series::new(name, points.iter().map(|p| (p.images as f64, value(p))).collect())
    };
    let chart = LineChart {
        title: format!("A CNN and an MLP of equal size on {set}"),
        x_label: "training images".to_owned(),
        y_label: "accuracy on test images".to_owned(),
        series: vec![
            line("CNN", |p| p.cnn.test).colour(0),
            line("MLP", |p| p.mlp.test).colour(1),
            line("CNN, images shifted", |p| p.cnn.shifted).colour(0).dashed(),
            line("MLP, images shifted", |p| p.mlp.shifted).colour(1).dashed(),
        ],
        log_x: true,
        ..LineChart::default()
    };
    outcome.plots.clear();
    outcome.plot(
        "inductive-bias",
        &chart.draw()?,
        "Accuracy on test images against the number of training images, for a CNN and an MLP of equal \
         size, on images as they are and on images moved by two pixels.",
        "On images as they are the two networks lie close together at every size. On images moved by \
         two pixels (dashed) both lose, the MLP more.",
    )
}
