//! What follows from the accuracies, and from counting.

use super::network::Network;
use super::{Accuracies, Pair, Point};
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Precision, Verdict};

/// Names of [`on_data`]'s findings, without a prefix.
pub const IDS: [&str; 4] = ["limited-data", "large-data", "shift-invariance", "shift-advantage"];

const PART_B: &str = "002, inductive bias (b)";
const PART_C: &str = "002, inductive bias (c)";
/// What counts as clearly more accurate, averaged over numbers of images.
const AHEAD: f64 = 0.03;
/// What counts as a loss by moving the test images.
const STEP: f64 = 0.05;

fn finding([claim, source, expected]: [&str; 3], measured: String, agrees: bool) -> Finding {
    Finding::exact("", claim, source, expected, measured, Verdict::holds_if(agrees)).within(0.2)
}

/// One finding for each of [`IDS`].
pub fn on_data(prefix: &str, points: &[Point]) -> Vec<Finding> {
    let found = [limited(points), large(points), shift_invariance(points), shift_advantage(points)];
    let named = |(finding, id)| Finding { id: format!("{prefix}{id}"), ..finding };
    found.into_iter().zip(IDS).map(named).collect()
}

/// What the sample can say: it has no large number of images.
pub fn on_sample(points: &[Point]) -> Vec<Finding> {
    let mut found = on_data("sample-", points);
    found.retain(|finding| finding.id != "sample-large-data");
    found
}

/// `CNN 0.695, MLP 0.704 with 100 images; …`
fn both(points: &[Point], pair: fn(&Point) -> &Pair) -> String {
    let text = |point: &Point| {
        let [cnn, mlp] = [pair(point).cnn, pair(point).mlp].map(|a| fixed(a.test, 2));
        format!("CNN {cnn}, MLP {mlp} with {} images", point.images)
    };
    points.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn limited(points: &[Point]) -> Finding {
    let claim = "When data is limited, a model with a strong inductive bias generalises better";
    let expected = "the CNN on average more than 0.03 above the MLP of equal size, where all pieces lie \
                    in the middle as well as where they are moved by up to 4 pixels";
    let few = &points[..points.len() - 1];
    let measured = format!(
        "moved: {}. In the middle: {}",
        both(few, |point| &point.moved),
        both(few, |point| &point.centred)
    );
    let ahead = |pair: fn(&Point) -> &Pair| {
        let gaps = few.iter().map(|point| pair(point).cnn.test - pair(point).mlp.test);
        gaps.sum::<f64>() / few.len() as f64 > AHEAD
    };
    let verdict = Verdict::by_condition(ahead(|point| &point.moved), ahead(|point| &point.centred));
    Finding { verdict, ..finding([claim, PART_C, expected], measured, false) }
}

fn large(points: &[Point]) -> Finding {
    let claim = "With a large data set (here: 10,000 images) it is better to minimise inductive bias: a \
                 model with fewer assumptions often achieves higher accuracy";
    let expected =
        "with 10,000 images, the MLP more than 0.02 above the CNN of equal size, moved or not";
    let last = &points[points.len() - 1];
    let some = std::slice::from_ref(last);
    let measured = format!(
        "moved: {}. In the middle: {}",
        both(some, |point| &point.moved),
        both(some, |point| &point.centred)
    );
    let ahead = |pair: &Pair| pair.mlp.test > pair.cnn.test + 0.02;
    finding([claim, PART_C, expected], measured, ahead(&last.moved) || ahead(&last.centred))
}

fn loss(accuracies: &Accuracies) -> f64 {
    accuracies.test - accuracies.shifted
}

fn shift_invariance(points: &[Point]) -> Finding {
    let claim = "Weight sharing and max pooling allow a CNN to recognise objects even when their \
                 position slightly changes";
    let expected = "with the most images, the CNN loses less than 0.05 where test images are moved by 2 \
                    pixels right and down";
    let last = &points[points.len() - 1].centred.cnn;
    let measured = format!("{} becomes {}", fixed(last.test, 2), fixed(last.shifted, 2));
    finding([claim, PART_B, expected], measured, loss(last) < STEP)
}

fn shift_advantage(points: &[Point]) -> Finding {
    let claim = "Weight sharing and max pooling make a CNN less sensitive to small movements (than an \
                 MLP)";
    let expected = "with the most images, the CNN loses at least 0.05 less";
    let last = &points[points.len() - 1].centred;
    let measured = format!(
        "loss of accuracy: CNN {}, MLP {}",
        fixed(loss(&last.cnn), 2),
        fixed(loss(&last.mlp), 2)
    );
    finding([claim, PART_B, expected], measured, loss(&last.mlp) > loss(&last.cnn) + STEP)
}

/// Parameters and multiplications.
pub fn counted(context: &Context) -> Vec<Finding> {
    let mut rng = context.rng("inductive-bias counted");
    let (cnn, mlp) = (Network::cnn(&mut rng), Network::mlp(&mut rng));
    let sizes = Finding {
        id: "equal-size".into(),
        precision: Precision::Exact,
        ..finding(
            [
                "The two networks of this check have equally many parameters",
                "standard result",
                "numbers within 1 %",
            ],
            format!("CNN: {}, MLP: {}", cnn.size(), mlp.size()),
            (cnn.size() - mlp.size()).abs() * 100 <= cnn.size(),
        )
    };
    vec![sizes, cost(&cnn, &mlp)]
}

fn cost(cnn: &Network, mlp: &Network) -> Finding {
    let claim = "Weight sharing significantly reduces the number of parameters; this lowers the \
                 computational cost, making the model more efficient";
    let expected = "fewer multiplications for one image than dense layers between the same feature maps, \
                    and than the MLP with as many parameters";
    let [ours, dense, theirs] =
        [cnn.multiplications(), cnn.dense_multiplications(), mlp.multiplications()];
    let measured = format!("CNN: {ours}; dense layers in its place: {dense}; MLP: {theirs}");
    Finding {
        id: "cost".into(),
        verdict: Verdict::by_condition(ours < dense, ours < theirs),
        precision: Precision::Exact,
        ..finding([claim, PART_C, expected], measured, false)
    }
}
