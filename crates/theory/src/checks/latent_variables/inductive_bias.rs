//! Inductive bias: a small CNN and an MLP of equal size on few and on many images, on images as they are
//! and on images moved at random.

mod findings;
mod network;

use anyhow::Result;
use autodecoder_data::{ImageSet, Split, balanced_subset};
use autodecoder_training::Streams;
use autodecoder_visualization::curves::{LineChart, Series};
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use self::network::{Network, Pictures};
use crate::toolkit::classify::accuracy;
use crate::{Context, Outcome};

/// Pixels, right and down, that test images are moved by after training on images as they are.
const SHIFT: i64 = 2;
/// Most pixels in either direction that images are moved by at random, training and test images alike.
const MOST: i64 = 4;

/// Accuracies of one network, averaged over seeds.
#[derive(Debug, Clone, Copy, Default)]
struct Accuracies {
    /// On test images like those that it was trained on.
    test: f64,
    /// On those moved by [`SHIFT`].
    shifted: f64,
}

/// Both networks after training on the same images.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    cnn: Accuracies,
    mlp: Accuracies,
}

/// Both networks after training on so many images.
struct Point {
    images: usize,
    /// Images as they are: each piece of clothing in the middle.
    centred: Pair,
    /// Images moved at random.
    moved: Pair,
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
const SMALL: [Size; 3] = [size(100, 200, 2), size(1000, 600, 1), size(10_000, 1600, 1)];
const FULL: [Size; 3] = [size(100, 600, 3), size(1000, 2000, 3), size(10_000, 5000, 2)];

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
    let moved = test.moved(MOST, &mut context.rng("inductive-bias moved test images"));
    let point = |size: &Size| -> Result<Point> {
        let (mut centred_pair, mut moved_pair) = (Pair::default(), Pair::default());
        for seed in 0..size.seeds {
            // Each seed has its own images, initial weights and batches.
            let streams = Streams::new(context.streams.seed() + seed);
            let mut rng = streams.rng("inductive-bias", &[size.images as u64]);
            let data = Pictures::new(&balanced_subset(train, size.images, &mut rng)?);
            add(&mut centred_pair, size, &data, &test, &mut rng);
            add(&mut moved_pair, size, &data.moved(MOST, &mut rng), &moved, &mut rng);
        }
        Ok(Point { images: size.images, centred: centred_pair, moved: moved_pair })
    };
    sizes.iter().map(point).collect()
}

/// Trains both networks and adds one seed's share to the averages.
fn add(pair: &mut Pair, size: &Size, data: &Pictures, test: &Pictures, rng: &mut ChaCha8Rng) {
    let networks = [(Network::cnn(rng), &mut pair.cnn), (Network::mlp(rng), &mut pair.mlp)];
    // Padding on one side and cropping on the other moves the image.
    let shifted = test.images.constant_pad_nd([SHIFT, -SHIFT, SHIFT, -SHIFT]);
    for (network, sum) in networks {
        network.train(data, size.steps, rng);
        let share =
            |images: &Tensor| accuracy(&network.scores(images), &test.classes) / size.seeds as f64;
        sum.test += share(&test.images);
        sum.shifted += share(&shifted);
    }
}

/// The working and the figure; a later one takes the place of an earlier.
fn record(outcome: &mut Outcome, set: &str, points: &[Point]) -> Result<()> {
    for Point { images, centred, moved } in points {
        for (state, Pair { cnn, mlp }) in [("centred", centred), ("moved", moved)] {
            for (name, Accuracies { test, shifted }) in [("CNN", cnn), ("MLP", mlp)] {
                outcome.show(format!(
                    "{name}, {images} images of {set}, {state}: accuracy {test:.3} on test images, \
                     {shifted:.3} on shifted ones"
                ));
            }
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
            line("CNN", |p| p.centred.cnn.test).colour(0),
            line("MLP", |p| p.centred.mlp.test).colour(1),
            line("CNN, moved images", |p| p.moved.cnn.test).colour(0).dashed(),
            line("MLP, moved images", |p| p.moved.mlp.test).colour(1).dashed(),
        ],
        log_x: true,
        ..LineChart::default()
    };
    outcome.plots.clear();
    outcome.plot(
        "inductive-bias",
        &chart.draw()?,
        "Accuracy on test images against the number of training images, for a CNN and an MLP of equal \
         size, on images as they are and on images moved at random by up to 4 pixels.",
        "On Fashion-MNIST as it is, every piece in the middle, the two networks lie close together at \
         every size. Where training and test images are moved at random (dashed), the CNN’s assumption \
         is worth something, and more images do not make up for it.",
    )
}
