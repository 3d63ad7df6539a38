//! A convolution written as a matrix: which entries are zero, which are shared, and what follows.

use anyhow::Result;
use tch::{Device, Kind, Tensor};

use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{at_most, fixed};
use crate::toolkit::picture::matrices;
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod shifts;

/// A convolution of stride 1 with zeros around the image, so that its output is as large.
struct Convolution {
    weight: Tensor,
    side: i64,
}

impl Convolution {
    fn apply(&self, images: &Tensor) -> Tensor {
        let padding = self.weight.size()[3] / 2;
        images.conv2d(&self.weight, None::<Tensor>, [1, 1], [padding; 2], [1, 1], 1)
    }

    /// For every entry of the matrix `[outputs·side², inputs·side²]` the number of the weight that
    /// stands there; the number after the last weight's stands for 0.
    ///
    /// Output pixel (o, i, j) takes input pixel (c, i + u − padding, j + v − padding) times
    /// weight (o, c, u, v).
    fn places(&self) -> Tensor {
        let [outputs, inputs, kernel] = [0, 1, 2].map(|axis| self.weight.size()[axis]);
        let (side, padding) = (self.side, kernel / 2);
        let zero = self.weight.numel() as i64;
        let mut places = vec![zero; (outputs * inputs * side.pow(4)) as usize];
        for place in 0..zero * side * side {
            let (number, pixel) = (place / (side * side), place % (side * side));
            let (o, c) = (number / (inputs * kernel * kernel), number / (kernel * kernel) % inputs);
            let (u, v) = (number / kernel % kernel, number % kernel);
            let (i, j) = (pixel / side, pixel % side);
            let (row, column) = (i + u - padding, j + v - padding);
            if (0..side).contains(&row) && (0..side).contains(&column) {
                let output = (o * side + i) * side + j;
                let input = (c * side + row) * side + column;
                places[(output * inputs * side * side + input) as usize] = number;
            }
        }
        Tensor::from_slice(&places).reshape([outputs * side * side, inputs * side * side])
    }

    /// The matrix: every weight at its places.
    fn matrix(&self) -> Tensor {
        let with_zero = self.weight.reshape([-1]).constant_pad_nd([0, 1]);
        with_zero.take(&self.places())
    }
}

/// The images as rows.
fn flat(images: &Tensor) -> Tensor {
    images.flatten(1, -1)
}

/// The matrix of a convolution against the convolution, and a linear layer of the same size.
pub fn convolution_matrix(context: &Context) -> Result<Outcome> {
    let weight = context.normal("convolution-matrix weight", &[4, 3, 3, 3]);
    let convolution = Convolution { weight, side: 10 };
    let images = context.normal("convolution-matrix images", &[16, 3, 10, 10]);
    let mut outcome = Outcome::default();
    outcome.findings.extend([
        linear(&convolution, &images),
        parameters(&convolution)?,
        no_difference(context, &convolution),
        same_network(context, &convolution, &images),
        flat_vector(context, &images),
        shared_gradient(context, &convolution, &images),
    ]);
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

/// How far a linear layer lies from the nearest convolution: that one has the mean of the entries
/// that share a weight at each of their places.
fn no_difference(context: &Context, convolution: &Convolution) -> Finding {
    let places = convolution.places();
    let layer = context.normal("convolution-matrix layer", &places.size());
    let sum_over = |values: &Tensor| {
        let sums = Tensor::zeros([109], (Kind::Double, Device::Cpu));
        sums.index_add(0, &places.reshape([-1]), &values.reshape([-1]))
    };
    let means = (sum_over(&layer) / sum_over(&layer.ones_like())).narrow(0, 0, 108);
    let weight = means.reshape([4, 3, 3, 3]);
    let nearest = Convolution { weight, side: convolution.side }.matrix();
    let distance = ((&layer - nearest).norm() / layer.norm()).double_value(&[]);
    Finding {
        id: "no-difference".into(),
        claim: "A convolution is linear, so it makes no difference whether linear layers or \
                convolutions stand between the activations"
            .into(),
        source: "003, question 2 (b)".into(),
        expected: "a linear layer with random weights is a convolution: distance 0".into(),
        measured: format!("the nearest convolution lies {} of its norm away", fixed(distance, 4)),
        verdict: Verdict::holds_if(distance < 1e-6),
        precision: Precision::Relative(1e-3),
    }
}

/// Two convolutions with ReLU, and the MLP with their matrices.
fn same_network(context: &Context, first: &Convolution, images: &Tensor) -> Finding {
    let weight = context.normal("convolution-matrix second", &[2, 4, 3, 3]);
    let second = Convolution { weight, side: first.side };
    let cnn = flat(&second.apply(&first.apply(images).relu()));
    let hidden = flat(images).matmul(&first.matrix().tr()).relu();
    let mlp = hidden.matmul(&second.matrix().tr());
    let difference = relative_difference(&mlp, &cnn);
    Finding {
        id: "same-network".into(),
        claim: "MLPs are not able to capture spatial relationships, as they treat images as flat \
                vectors"
            .into(),
        source: "002, CNN and MLP, (b)".into(),
        expected: "no MLP computes what a CNN of two convolutions computes".into(),
        measured: format!(
            "the MLP with the convolutions’ matrices does: relative difference {}",
            at_most(difference, -12)
        ),
        verdict: Verdict::holds_if(difference > 1e-3),
        precision: Precision::Exact,
    }
}

/// Training sees no order of pixels in an MLP: the gradient for images with permuted pixels is the
/// permuted gradient. For a convolution it is another one.
fn flat_vector(context: &Context, images: &Tensor) -> Finding {
    let order = context.uniform("convolution-matrix order", &[300]).argsort(0, false);
    let permuted = flat(images).index_select(1, &order).reshape_as(images);
    let layer = 0.1 * context.normal("convolution-matrix dense", &[400, 300]);
    let dense = |images: &Tensor, layer: &Tensor| {
        gradients(&[layer], |w| loss(&flat(images).matmul(&w[0].tr()))).remove(0)
    };
    let by_order = |matrix: &Tensor| matrix.index_select(1, &order);
    let mlp = relative_difference(
        &dense(&permuted, &by_order(&layer)),
        &by_order(&dense(images, &layer)),
    );
    let kernel = 0.1 * context.normal("convolution-matrix kernel", &[4, 3, 3, 3]);
    let shared = |images: &Tensor| {
        let side = 10;
        let output =
            |w: &[Tensor]| Convolution { weight: w[0].shallow_clone(), side }.apply(images);
        gradients(&[&kernel], |w| loss(&output(w))).remove(0)
    };
    let cnn = relative_difference(&shared(&permuted), &shared(images));
    Finding {
        id: "flat-vector".into(),
        claim: "An MLP treats the image as a flat vector".into(),
        source: "002, CNN and MLP, (a)".into(),
        expected: "permuting the pixels permutes the gradient of an MLP, and changes a CNN’s"
            .into(),
        measured: format!(
            "relative difference {} for the MLP, {} for the CNN",
            at_most(mlp, -12),
            fixed(cnn, 2)
        ),
        verdict: Verdict::holds_if(mlp < 1e-12 && cnn > 0.1),
        precision: Precision::Relative(0.05),
    }
}

/// Some loss that is not linear.
fn loss(output: &Tensor) -> Tensor {
    output.tanh().square().sum(Kind::Double)
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
