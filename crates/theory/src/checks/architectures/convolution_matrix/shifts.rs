//! What becomes of the output when the input moves by a pixel.

use anyhow::Result;
use autodecoder_data::Split;
use tch::{Kind, Tensor};

use crate::toolkit::compare::relative_difference;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Precision, Verdict};

/// What the border of an image is continued with.
#[derive(Clone, Copy)]
enum Border {
    /// The opposite side.
    Around,
    Zeros,
}

fn convolve(images: &Tensor, weight: &Tensor, stride: i64, border: Border) -> Tensor {
    let mode = match border {
        Border::Around => "circular",
        Border::Zeros => "constant",
    };
    let padded = images.pad([1, 1, 1, 1], mode, None);
    padded.conv2d(weight, None::<Tensor>, [stride; 2], [0, 0], [1, 1], 1)
}

/// The images moved to the right; what leaves them comes in again on the left.
fn moved(images: &Tensor, pixels: i64) -> Tensor {
    images.roll([pixels], [3])
}

pub(super) fn measure(context: &Context) -> Result<Vec<Finding>> {
    let images = context.normal("convolution-matrix shifted", &[4, 2, 12, 12]);
    let weight = context.normal("convolution-matrix shift kernel", &[3, 2, 3, 3]);
    Ok(vec![equivariance(&images, &weight), stride(&images, &weight), pooling(context)?])
}

fn equivariance(images: &Tensor, weight: &Tensor) -> Finding {
    let outputs = |border| {
        let of_moved = convolve(&moved(images, 1), weight, 1, border);
        (of_moved, moved(&convolve(images, weight, 1, border), 1))
    };
    let difference = |(a, b): (Tensor, Tensor)| relative_difference(&a, &b);
    let around = difference(outputs(Border::Around));
    let zeros = difference(outputs(Border::Zeros));
    let (a, b) = outputs(Border::Zeros);
    let inside = relative_difference(&a.narrow(3, 2, 9), &b.narrow(3, 2, 9));
    Finding {
        id: "shift".into(),
        claim: "A convolution is equivariant to shifts: if its input moves, its output moves along"
            .into(),
        source: "standard result".into(),
        expected: "relative difference 0, whatever the border is padded with".into(),
        measured: format!(
            "{} if padded with the opposite side; {} with zeros, {} away from the border",
            at_most(around, -12),
            fixed(zeros, 2),
            at_most(inside, -12)
        ),
        verdict: Verdict::by_condition(around < 1e-12 && inside < 1e-12, zeros < 1e-12),
        precision: Precision::Relative(0.05),
    }
}

fn stride(images: &Tensor, weight: &Tensor) -> Finding {
    let output = |pixels| convolve(&moved(images, pixels), weight, 2, Border::Around);
    // Moving the input by two pixels moves the output by one; by one pixel, by half of one: no.
    let nearest = |pixels, candidates: &[i64]| {
        let differences = candidates
            .iter()
            .map(|&shift| relative_difference(&output(pixels), &moved(&output(0), shift)));
        differences.fold(f64::INFINITY, f64::min)
    };
    let (two, one) = (nearest(2, &[1]), nearest(1, &[0, 1]));
    Finding {
        id: "stride".into(),
        claim: "A convolution of stride 2 is equivariant to shifts".into(),
        source: "standard result".into(),
        expected: "relative difference 0 from a shifted output, for shifts of 1 and 2 pixels"
            .into(),
        measured: format!("{} for 2 pixels, {} for 1", at_most(two, -12), fixed(one, 2)),
        verdict: Verdict::by_condition(two < 1e-12, one < 1e-12),
        precision: Precision::Relative(0.05),
    }
}

/// How much the features of real images change when the images move by one pixel.
fn pooling(context: &Context) -> Result<Finding> {
    let sample = context.sample(Split::Train)?;
    let bytes = Tensor::from_slice(sample.pixels());
    let side = 28;
    let images = bytes.reshape([-1, 1, side, side]).to_kind(Kind::Double) / 255.0;
    let weight = context.normal("convolution-matrix features", &[8, 1, 3, 3]);
    let features = |pixels: i64, window: i64| {
        let found = convolve(&moved(&images, pixels), &weight, 1, Border::Zeros).relu();
        found.max_pool2d([window; 2], [window; 2], [0, 0], [1, 1], false)
    };
    let change = |window: i64| {
        let (still, shifted) = (features(0, window), features(1, window));
        ((shifted - &still).norm() / still.norm()).double_value(&[])
    };
    let changes = [1, 2, 4, 7].map(change);
    let text = changes.map(|change| fixed(change, 2));
    Ok(Finding {
        id: "pooling".into(),
        claim: "Max pooling makes features less sensitive to small movements".into(),
        source: "002, inductive bias, (b)".into(),
        expected: "a smaller relative change under a shift by one pixel, the larger the window: \
                   1, 2, 4, 7"
            .into(),
        measured: format!("{}, for the images in assets/sample", text.join(", ")),
        verdict: Verdict::holds_if(changes.windows(2).all(|pair| pair[1] < pair[0])),
        precision: Precision::Relative(0.05),
    })
}
