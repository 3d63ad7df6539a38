//! How the noise of a mini-batch's gradient, and the iterations to a given loss, depend on its size.

use anyhow::Result;
use autodecoder_data::{ImageSet, Split};
use rand::Rng;
use tch::{Kind, Reduction, Tensor};

use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::fit::exponent;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Verdict};

mod figures;
mod regression;

use regression::{expected, simulated, tuned};

/// `(batch size, value)`.
type Line = Vec<(f64, f64)>;

const SIZES: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// What a batch size changes, and what it does not.
pub fn batch_size(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let set = context.sample(Split::Train)?;
    let found = variance(context, &set, &mut outcome)?;
    outcome.findings.extend(found);
    let found = iterations(context, &mut outcome)?;
    outcome.findings.extend(found);
    Ok(outcome)
}

/// Softmax regression on the sample of images: each image's own gradient (p − y)xᵀ, a row each, and
/// the gradient of the mean loss by autograd.
fn image_gradients(context: &Context, set: &ImageSet) -> (Tensor, Tensor) {
    let count = set.len() as i64;
    let x = Tensor::from_slice(set.pixels()).reshape([count, -1]).to_kind(Kind::Double) / 255.0;
    let labels = Tensor::from_slice(set.labels()).to_kind(Kind::Int64);
    let weight = 0.05 * context.normal("batch-size weight", &[10, x.size()[1]]);
    let loss = |weight: &[Tensor]| {
        x.matmul(&weight[0].tr()).cross_entropy_loss::<Tensor>(
            &labels,
            None,
            Reduction::Mean,
            -100,
            0.0,
        )
    };
    let full = gradients(&[&weight], loss).remove(0).reshape([-1]);
    let off = x.matmul(&weight.tr()).softmax(1, Kind::Double) - labels.one_hot(10);
    ((off.unsqueeze(2) * x.unsqueeze(1)).reshape([count, -1]), full)
}

/// The mean squared distance of batch gradients from the full one. A batch with weights c on the
/// images is off by cᵀKc, with K the products of the images' deviations.
fn distance(products: &Tensor, batches: impl Iterator<Item = Vec<usize>>) -> f64 {
    let count = products.size()[0] as usize;
    let weights: Vec<f64> = batches
        .flat_map(|batch| {
            let mut weights = vec![0.0; count];
            batch.iter().for_each(|&image| weights[image] += 1.0 / batch.len() as f64);
            weights
        })
        .collect();
    let weights = Tensor::from_slice(&weights).reshape([-1, count as i64]);
    let squares = (weights.matmul(products) * weights).sum_dim_intlist(1, false, Kind::Double);
    squares.mean(Kind::Double).double_value(&[])
}

/// What batches of one size are off by, as shares of one image's variance.
struct Spread {
    size: f64,
    with_replacement: f64,
    without: f64,
}

/// A thousand batches of each size, drawn with and without replacement.
fn spreads(context: &Context, deviations: &Tensor) -> Vec<Spread> {
    let count = deviations.size()[0] as usize;
    let products = deviations.matmul(&deviations.tr());
    let single = products.trace().double_value(&[]) / count as f64;
    let mut rng = context.rng("batch-size draws");
    let mut spread = |size: usize| {
        let draws = (0..1000).map(|_| (0..size).map(|_| rng.random_range(0..count)).collect());
        let with_replacement = distance(&products, draws) / single;
        let draws = (0..1000).map(|_| rand::seq::index::sample(&mut rng, count, size).into_vec());
        let without = distance(&products, draws) / single;
        Spread { size: size as f64, with_replacement, without }
    };
    SIZES.iter().map(|&size| spread(size)).collect()
}

fn variance(context: &Context, set: &ImageSet, outcome: &mut Outcome) -> Result<[Finding; 3]> {
    let (rows, full) = image_gradients(context, set);
    let unbiased = relative_difference(&rows.mean_dim(0, false, Kind::Double), &full);
    let spreads = spreads(context, &(&rows - &full));
    for Spread { size, with_replacement, without } in &spreads {
        outcome.show(format!(
            "B = {size}: {with_replacement:.5} of one image’s variance, without replacement {without:.5}"
        ));
    }
    let with = spreads.iter().map(|spread| (spread.size, spread.with_replacement)).collect();
    let without = spreads.iter().map(|spread| (spread.size, spread.without)).collect();
    figures::variance(outcome, &with, &without)?;
    Ok(variance_findings(set.len() as f64, unbiased, &with, &without))
}

/// The findings from `(batch size, share of one image's variance)`.
fn variance_findings(count: f64, unbiased: f64, with: &Line, without: &Line) -> [Finding; 3] {
    let slope = exponent(with);
    let theory = |size: f64| (count - size) / (count - 1.0) / size;
    let off = without.iter().map(|p| (p.1 / theory(p.0) - 1.0).abs()).fold(0.0, f64::max);
    let finding = |id: &str, claim: &str, source: &str, expected: &str, measured: String, holds| {
        Finding::exact(id, claim, source, expected, measured, Verdict::holds_if(holds)).within(0.05)
    };
    [
        finding(
            "unbiased",
            "One random image’s gradient is the full gradient on average",
            "standard result",
            "autograd’s gradient of the mean loss over 256 images, softmax regression",
            format!("relative difference {}", at_most(unbiased, -12)),
            unbiased < 1e-12,
        ),
        finding(
            "variance",
            "A larger batch has a more precise estimate of the gradient",
            "001, Optimization, question 3",
            "variance ∝ 1/B: exponent −1, sizes 1 to 128",
            format!("exponent {}", fixed(slope, 2)),
            (slope + 1.0).abs() < 0.05,
        ),
        finding(
            "without-replacement",
            "Drawn without replacement, as in an epoch, the variance is (N − B)/(N − 1) times that",
            "standard result",
            "that factor at each size; it is 0 for the full batch",
            format!(
                "at most {} off; 0.502 expected at B = 128, {} measured",
                fixed(off, 2),
                fixed(without[7].1 * 128.0, 3)
            ),
            off < 0.2,
        ),
    ]
}

/// Simulated counts for two batch sizes each.
struct Counts {
    /// Sizes 2 and 4, 64 and 128, at the best rate for each.
    small: [usize; 2],
    large: [usize; 2],
    /// Sizes 8 and 16 at the rate 0.05.
    same: [usize; 2],
    /// Sizes 1 and 256 at the rate 0.2.
    noisy: [usize; 2],
    /// The largest relative difference from the recursion.
    off: f64,
}

fn counts(context: &Context, working: &mut Vec<String>) -> Counts {
    let mut off: f64 = 0.0;
    let mut run = |batch: f64, rate: f64| {
        let measured = simulated(context, batch as i64, rate);
        let theory = expected(batch, rate).unwrap_or(0);
        working.push(format!(
            "B = {batch}, rate {rate:.3}: {measured} iterations, recursion {theory}"
        ));
        off = off.max((measured as f64 / theory as f64 - 1.0).abs());
        measured
    };
    let small = [2.0, 4.0].map(|batch| run(batch, tuned(batch).0));
    let large = [64.0, 128.0].map(|batch| run(batch, tuned(batch).0));
    let same = [8.0, 16.0].map(|batch| run(batch, 0.05));
    let noisy = [1.0, 256.0].map(|batch| run(batch, 0.2));
    Counts { small, large, same, noisy, off }
}

fn iterations(context: &Context, outcome: &mut Outcome) -> Result<[Finding; 4]> {
    let Counts { small, large, same, noisy, off } = counts(context, &mut outcome.working);
    figures::iterations(outcome)?;
    let ratio = |pair: [usize; 2]| pair[1] as f64 / pair[0] as f64;
    let text = |pair: [usize; 2]| format!("{} to {}", pair[0], pair[1]);
    let finding =
        |id: &str, claim: &str, source: &str, expected: &str, measured: String, verdict| {
            Finding::exact(id, claim, source, expected, measured, verdict).within(0.05)
        };
    Ok([
        finding(
            "recursion",
            "The iterations follow from the recursion of the squared errors",
            "derived in docs/theory.md",
            "simulated counts within 10%, eight settings",
            format!("at most {}% off", fixed(100.0 * off, 0)),
            Verdict::holds_if(off < 0.1),
        ),
        finding(
            "twice-the-batch",
            "With batches of 2B instead of B, the iterations to a given loss decrease",
            "001, Optimization, question 3",
            "fewer iterations with the best rate for each size, and with the rate as it was",
            format!("best rates, 2 to 4: {}; rate 0.05, 8 to 16: {}", text(small), text(same)),
            Verdict::by_condition(ratio(small) < 0.75, ratio(same) < 0.95),
        ),
        finding(
            "large-batches",
            "The more precise gradient of a larger batch improves convergence (no limit is named)",
            "001, Optimization, question 3",
            "from 64 to 128 again far fewer iterations, with the best rates",
            format!(
                "{} iterations, for {} times the images",
                text(large),
                fixed(2.0 * ratio(large), 1)
            ),
            Verdict::holds_if(ratio(large) < 0.75),
        ),
        finding(
            "variance-speeds",
            "The higher variance of SGD’s gradients leads to faster convergence",
            "001, Optimization, question 4 (second statement)",
            "at one rate, 0.2, fewer iterations with batches of 1 than of 256",
            format!(
                "{} with 1, {} with 256; images read {} and {}",
                noisy[0],
                noisy[1],
                noisy[0],
                256 * noisy[1]
            ),
            Verdict::holds_if(noisy[0] < noisy[1]),
        ),
    ])
}
