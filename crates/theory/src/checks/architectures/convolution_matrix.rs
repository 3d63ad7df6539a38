//! A convolution written as a matrix: which entries are zero, which are shared, and what follows.

use anyhow::Result;
use tch::{Device, Kind, Tensor};

use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::at_most;
use crate::toolkit::picture::matrices;
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod matrix;
mod mlp;
mod shifts;

use matrix::{Convolution, flat};

/// The matrix of a convolution against the convolution, and a linear layer of the same size.
pub fn convolution_matrix(context: &Context) -> Result<Outcome> {
    let weight = context.normal("convolution-matrix weight", &[4, 3, 3, 3]);
    let convolution = Convolution { weight, side: 10 };
    let images = context.normal("convolution-matrix images", &[16, 3, 10, 10]);
    let mut outcome = Outcome::default();
    outcome.findings.extend([linear(&convolution, &images), parameters(&convolution)?]);
    outcome.findings.extend(mlp::compare(context, &convolution, &images));
    outcome.findings.push(shared_gradient(context, &convolution, &images));
    outcome.findings.extend(shifts::measure(context)?);
    show_small(&mut outcome)?;
    draw(context, &mut outcome)?;
    Ok(outcome)
}

/// The matrix for the kernel 1 to 9 on an image of 3 × 3 pixels.
fn show_small(outcome: &mut Outcome) -> Result<()> {
    let weight = Tensor::arange_start(1, 10, (Kind::Double, Device::Cpu)).reshape([1, 1, 3, 3]);
    outcome.show("the kernel 1 2 3 / 4 5 6 / 7 8 9 on an image of 3 × 3 pixels, as a matrix:");
    for row in Vec::<Vec<f64>>::try_from(Convolution { weight, side: 3 }.matrix())? {
        let entries: Vec<String> = row.iter().map(f64::to_string).collect();
        outcome.show(entries.join(" "));
    }
    Ok(())
}

fn linear(convolution: &Convolution, images: &Tensor) -> Finding {
    let by_matrix = flat(images).matmul(&convolution.matrix().tr());
    let difference = relative_difference(&by_matrix, &flat(&convolution.apply(images)));
    Finding {
        id: "linear".into(),
        claim: "A convolution is a linear layer with many weights shared or set to zero".into(),
        source: "000, question 2; 002, CNN and MLP, (b)".into(),
        expected: "matrix · image = convolution of the image, for 16 random images".into(),
        measured: format!("relative difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}

/// Counts what stands in the matrix whose columns are the convolutions of single bright pixels.
fn parameters(convolution: &Convolution) -> Result<Finding> {
    let pixels = Tensor::eye(300, (Kind::Double, Device::Cpu)).reshape([300, 3, 10, 10]);
    let columns = flat(&convolution.apply(&pixels));
    let mut values: Vec<f64> = Vec::try_from(columns.reshape([-1]))?;
    let entries = values.len();
    values.retain(|&value| value != 0.0);
    let occupied = values.len();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let distinct = values.len();
    Ok(Finding {
        id: "parameters".into(),
        claim: "Convolutions need far fewer parameters than fully connected layers".into(),
        source: "000, question 2; 002, CNN and MLP, (a)".into(),
        expected: "for 3 × 10 × 10 to 4 × 10 × 10 pixels 4·3·3·3 = 108 weights, not 400·300".into(),
        measured: format!(
            "{distinct} different values in {occupied} of {entries} entries; the others are 0"
        ),
        verdict: Verdict::holds_if(distinct == 108 && entries == 400 * 300),
        precision: Precision::Exact,
    })
}

/// The gradient of a shared weight is the sum over its places.
fn shared_gradient(context: &Context, convolution: &Convolution, images: &Tensor) -> Finding {
    let target =
        flat(&convolution.apply(images)) + context.normal("convolution-matrix noise", &[16, 400]);
    let loss = |output: Tensor| (output - &target).square().sum(Kind::Double);
    let kernel = gradients(&[&convolution.weight], |w| {
        let weight = w[0].shallow_clone();
        loss(flat(&Convolution { weight, side: convolution.side }.apply(images)))
    });
    let entries = gradients(&[&convolution.matrix()], |m| loss(flat(images).matmul(&m[0].tr())));
    let sums = Tensor::zeros([109], (Kind::Double, Device::Cpu)).index_add(
        0,
        &convolution.places().reshape([-1]),
        &entries[0].reshape([-1]),
    );
    let difference = relative_difference(&sums.narrow(0, 0, 108), &kernel[0].reshape([-1]));
    Finding {
        id: "shared-gradient".into(),
        claim: "A weight’s gradient is the sum of the gradients at all its places".into(),
        source: "standard result".into(),
        expected: "the matrix’s gradient, summed over shared entries, is the kernel’s".into(),
        measured: format!("relative difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}

fn draw(context: &Context, outcome: &mut Outcome) -> Result<()> {
    let weight = context.uniform("convolution-matrix drawn", &[1, 1, 3, 3]);
    let convolution = Convolution { weight, side: 6 }.matrix();
    let layer = context.uniform("convolution-matrix drawn layer", &[36, 36]);
    let tiles = [("convolution: 9 weights", convolution), ("linear layer: 1296", layer)];
    outcome.png(
        "convolution-matrix",
        matrices(&tiles, 4)?.png()?,
        "Two matrices of 36 by 36 entries: one with nine diagonal stripes on white, one full of \
         random grey",
        "The matrix of a 3 × 3 convolution of 6 × 6 images, each weight along a diagonal stripe with \
         gaps at the border of the image, beside a linear layer of the same size (darker: larger).",
    );
    Ok(())
}
