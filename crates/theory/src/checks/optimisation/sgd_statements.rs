//! What is true of stochastic and of full-gradient descent: epochs, memory, local minima, and where
//! neither can be used.

use anyhow::Result;
use autodecoder_data::Split;
use rand::seq::SliceRandom;
use tch::{Kind, Reduction, Tensor};

use crate::toolkit::compare::{largest, relative_difference};
use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Verdict};

/// Statements of the course about SGD and GD, each by a program of a few lines.
pub fn sgd_statements(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.push(epoch(context));
    let (x, labels) = images(context)?;
    outcome.findings.push(memory(context, &x, &labels));
    outcome.findings.push(no_slope(context, &x, &labels));
    outcome.findings.extend(minima(context, &mut outcome.working));
    Ok(outcome)
}

/// The sample's images as rows of f64, and their labels.
fn images(context: &Context) -> Result<(Tensor, Tensor)> {
    let set = context.sample(Split::Train)?;
    let x = Tensor::from_slice(set.pixels()).reshape([set.len() as i64, -1]);
    Ok((x.to_kind(Kind::Double) / 255.0, Tensor::from_slice(set.labels()).to_kind(Kind::Int64)))
}

/// An epoch of shuffled batches of 32 over 256 images.
fn epoch(context: &Context) -> Finding {
    let mut order: Vec<usize> = (0..256).collect();
    order.shuffle(&mut context.rng("sgd-statements epoch"));
    let mut used = [0; 256];
    let steps =
        order.chunks(32).map(|batch| batch.iter().for_each(|&image| used[image] += 1)).count();
    let once = used.iter().filter(|&&count| count == 1).count();
    Finding::exact(
        "epoch",
        "With mini-batches, only a fraction of the dataset is used in each epoch",
        "001, Optimization, question 4 (first statement)",
        "fewer than 256 of 256 images in an epoch of batches of 32",
        format!("{steps} updates, {once} images used once each"),
        Verdict::holds_if(once < 256),
    )
}

/// The gradient of the mean loss over all images at once, and added up over pieces of 16.
fn memory(context: &Context, x: &Tensor, labels: &Tensor) -> Finding {
    let weight = 0.05 * context.normal("sgd-statements weight", &[10, x.size()[1]]);
    let count = x.size()[0];
    let gradient = |from: i64, length: i64| {
        let (x, labels) = (x.narrow(0, from, length), labels.narrow(0, from, length));
        let loss = |w: &[Tensor]| {
            let scores = x.matmul(&w[0].tr());
            scores.cross_entropy_loss::<Tensor>(&labels, None, Reduction::Sum, -100, 0.0)
                / count as f64
        };
        gradients(&[&weight], loss).remove(0)
    };
    let pieces: Tensor = (0..count / 16).map(|piece| gradient(16 * piece, 16)).sum();
    let difference = relative_difference(&pieces, &gradient(0, count));
    Finding::exact(
        "memory",
        "GD cannot be used where the dataset does not fit in memory, because its gradient needs all \
                of it there at once",
        "001, Optimization, questions 2 and 4 (fourth statement)",
        "with 16 of 256 images in memory at a time, not the full gradient",
        format!("the full gradient, relative difference {}", at_most(difference, -12)),
        Verdict::holds_if(difference > 1e-12),
    )
}

/// The share of wrong labels as a loss: it moves in jumps, and its slope is zero.
fn no_slope(context: &Context, x: &Tensor, labels: &Tensor) -> Finding {
    let direction = context.normal("sgd-statements direction", &[10, x.size()[1]]);
    let wrong = |step: &Tensor| {
        let scores = x.matmul(&(step * &direction).tr());
        let wrong = scores.argmax(1, false).ne_tensor(labels);
        wrong.to_kind(Kind::Double).mean(Kind::Double).double_value(&[])
    };
    let slopes = finite_differences(&Tensor::from_slice(&[1.0]), 1e-6, wrong);
    let share = wrong(&Tensor::from_slice(&[1.0]));
    Finding::exact(
        "no-slope",
        "GD cannot be used on a loss whose gradient is zero almost everywhere",
        "standard result",
        "slope 0 of the share of wrong labels, which is not least",
        format!("slope {}, {}% wrong", fixed(largest(&slopes), 3), fixed(100.0 * share, 0)),
        Verdict::holds_if(largest(&slopes) == 0.0 && share > 0.5),
    )
}

/// ¼x⁴ − ½x² + 0.15x: minima near −1.07, the lower, and 0.92.
fn loss(x: &Tensor) -> Tensor {
    0.25 * x.square().square() - 0.5 * x.square() + 0.15 * x
}

/// Where 400 runs end that start in the upper valley. Example i has the loss f(x) + aᵢx, Σ aᵢ = 0; an
/// update takes one of 100 examples, or all.
fn runs(context: &Context, one_by_one: bool) -> Tensor {
    let drawn = context.normal("sgd-statements examples", &[100]) * 2.0;
    let examples = &drawn - drawn.mean(Kind::Double);
    let mut x = 0.5 + 0.8 * context.uniform("sgd-statements start", &[400]);
    for step in 0..2000 {
        let chosen = context.uniform(&format!("sgd-statements step {step}"), &[400]) * 100.0;
        let noise = examples.index_select(0, &chosen.floor().to_kind(Kind::Int64));
        let mut gradient = gradients(&[&x], |x| loss(&x[0]).sum(Kind::Double)).remove(0);
        if one_by_one {
            gradient += noise;
        }
        x -= 0.05 * gradient;
    }
    x
}

fn minima(context: &Context, working: &mut Vec<String>) -> [Finding; 2] {
    let (full, single) = (runs(context, false), runs(context, true));
    let lower = |x: &Tensor| x.lt(0.0).sum(Kind::Int64).int64_value(&[]);
    let slope = largest(&gradients(&[&full], |x| loss(&x[0]).sum(Kind::Double))[0]);
    let bottom = loss(&Tensor::linspace(-2.0, 2.0, 4001, (Kind::Double, tch::Device::Cpu)));
    let above = loss(&full).min().double_value(&[]) - bottom.min().double_value(&[]);
    working.push(format!(
        "lower valley: GD {} of 400, SGD {} of 400",
        lower(&full),
        lower(&single)
    ));
    let escape = Finding::exact(
        "escape",
        "The variance of SGD’s gradients lets it leave local minima more easily than GD",
        "001, Optimization, question 4 (third statement)",
        "of 400 runs from the upper of two valleys more end in the lower one",
        format!("SGD {}, GD {}", lower(&single), lower(&full)),
        Verdict::holds_if(lower(&single) > lower(&full) + 100),
    )
    .within(0.05);
    let local = Finding::exact(
        "local-minimum",
        "GD is not guaranteed to find the global minimum, even at an appropriate rate",
        "001, Optimization, question 4 (fifth statement)",
        "all 400 runs at rest above the lower valley",
        format!("slope {}, loss {} above the least", at_most(slope, -9), fixed(above, 3)),
        Verdict::holds_if(slope < 1e-9 && above > 0.1),
    );
    [escape, local]
}
