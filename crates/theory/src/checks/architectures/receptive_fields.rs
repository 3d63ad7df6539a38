//! Receptive fields by arithmetic, against the input pixels that get a gradient.
//!
//! A weight that happens to be 0, a ReLU that is off or a maximum that is elsewhere hides pixels. So
//! the pixels are counted with positive weights and images and with averages in place of maxima: the
//! windows stay the same, and nothing cancels.

use anyhow::Result;
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use crate::toolkit::receptive_field::{Field, Layer, Operation, apply, rows, with_gradient};
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod one_image;
mod ways;

/// The network of the question: three convolutions with two poolings between them.
fn given(weight: impl Fn(&[i64]) -> Tensor, pooling: fn() -> Operation) -> Vec<Layer> {
    vec![
        Layer { padding: 1, ..Layer::convolution(weight(&[4, 3, 3, 3])) },
        Layer::pooling(pooling(), 2),
        Layer { stride: 2, padding: 2, ..Layer::convolution(weight(&[16, 4, 5, 5])) },
        Layer::pooling(pooling(), 2),
        Layer { dilation: 2, padding: 3, ..Layer::convolution(weight(&[32, 16, 7, 7])) },
    ]
}

/// What a convolution with a positive kernel sees depends on the kernel's shape alone.
fn ones(shape: &[i64]) -> Tensor {
    Tensor::ones(shape, (Kind::Double, Device::Cpu))
}

/// Output sizes and receptive fields of the given network and of other stacks.
pub fn receptive_fields(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let sizes = sizes(&mut outcome);
    outcome.findings.extend(sizes);
    let fields = fields(&mut outcome);
    outcome.findings.extend(fields);
    outcome.findings.push(calculator(context));
    one_image::measure(context, &mut outcome)?;
    ways::compare(&mut outcome)?;
    Ok(outcome)
}

/// The sizes on the way through, by running the network on an image of the question's size.
fn sizes(outcome: &mut Outcome) -> Vec<Finding> {
    let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, Device::Cpu));
    let network = given(zeros, || Operation::MaximumPooling);
    let mut x = zeros(&[1, 3, 1024, 1024]);
    let mut sides = Vec::new();
    for layer in &network {
        x = layer.apply(&x);
        sides.push(x.size()[3]);
    }
    outcome.show(format!("sides of the outputs, from 1024: {sides:?}"));
    outcome.show("the last: ⌊(128 + 2·3 − 2·(7 − 1) − 1)/1⌋ + 1 = 122");
    let claimed = [1024, 512, 256, 128, 128];
    vec![
        Finding {
            id: "output-shape".into(),
            claim: "The output for a 3 × 1024 × 1024 image has the shape [1, 32, 122, 122]".into(),
            source: "001, CNNs, question 3".into(),
            expected: "[1, 32, 122, 122]".into(),
            measured: format!("{:?}", x.size()),
            verdict: Verdict::holds_if(x.size() == [1, 32, 122, 122]),
            precision: Precision::Exact,
        },
        Finding {
            id: "sides".into(),
            claim: "The layers' outputs have sides of 1024, 512, 256, 128 and 128 pixels".into(),
            source: "001, CNNs, answer 3".into(),
            expected: format!("{claimed:?}"),
            measured: format!("{sides:?}"),
            verdict: Verdict::holds_if(sides == claimed),
            precision: Precision::Exact,
        },
    ]
}

/// The receptive field after each layer, by arithmetic and by gradient.
fn fields(outcome: &mut Outcome) -> Vec<Finding> {
    let network = given(ones, || Operation::AveragePooling);
    let image = ones(&[1, 3, 128, 128]);
    let mut measured = Vec::new();
    for depth in 1..=network.len() {
        let field = Field::of(&network[..depth]);
        let seen = with_gradient(&network[..depth], &image, 4);
        let side = rows(&seen).map_or(0, |[first, last]| last - first + 1);
        outcome.show(format!(
            "after layer {depth}: {} pixels by arithmetic (neighbours {} apart), {side} by gradient",
            field.size, field.jump
        ));
        measured.push(side);
    }
    let last = measured.pop().unwrap_or_default();
    let early = [3, 4, 12, 16];
    vec![
        Finding {
            id: "early-fields".into(),
            claim: "After the first four layers the receptive field is 3, 4, 12 and 16 pixels wide"
                .into(),
            source: "001, CNNs, answer 3".into(),
            expected: format!("{early:?}"),
            measured: format!("{measured:?} pixels in a row have a gradient"),
            verdict: Verdict::holds_if(measured == early),
            precision: Precision::Exact,
        },
        width("last-field", "36 × 36 pixels", "001, CNNs, answer 3", 36, last),
        width("right-field", "16 + (7 − 1)·2·8 = 112 pixels wide", "standard result", 112, last),
    ]
}

fn width(id: &str, claim: &str, source: &str, claimed: i64, measured: i64) -> Finding {
    Finding {
        id: id.into(),
        claim: format!("The receptive field of a pixel of the output is {claim}"),
        source: source.into(),
        expected: format!("{claimed}"),
        measured: format!("{measured} pixels in a row have a gradient"),
        verdict: Verdict::holds_if(measured == claimed),
        precision: Precision::Exact,
    }
}

/// The arithmetic on stacks that nobody chose.
fn calculator(context: &Context) -> Finding {
    let mut rng = context.rng("receptive-fields stacks");
    let (side, stacks) = (256, 40);
    let image = ones(&[1, 1, side, side]);
    let mut right = 0;
    for _ in 0..stacks {
        let layers: Vec<Layer> = (0..rng.random_range(1..=4)).map(|_| layer(&mut rng)).collect();
        let field = Field::of(&layers);
        let middle = apply(&layers, &image).size()[3] / 2;
        let seen = with_gradient(&layers, &image, middle);
        right += i64::from(rows(&seen) == Some(field.pixels(middle)));
    }
    Finding {
        id: "calculator".into(),
        claim: "Each layer adds (kernel − 1)·dilation·(the product of the strides before it)"
            .into(),
        source: "standard result".into(),
        expected: format!(
            "the first and the last pixel with a gradient, for {stacks} random stacks of kernels, \
             strides, dilations, paddings and poolings"
        ),
        measured: format!("right for {right} of {stacks}"),
        verdict: Verdict::holds_if(right == stacks),
        precision: Precision::Exact,
    }
}

/// A convolution, or one time in four a pooling layer. Four of them see at most 181 pixels.
fn layer(rng: &mut ChaCha8Rng) -> Layer {
    let kernel = rng.random_range(1..=5);
    if rng.random_range(0..4) == 0 {
        return Layer::pooling(Operation::AveragePooling, rng.random_range(1..=2));
    }
    Layer {
        stride: rng.random_range(1..=2),
        dilation: rng.random_range(1..=3),
        padding: rng.random_range(0..=3),
        ..Layer::convolution(ones(&[1, 1, kernel, kernel]))
    }
}
