//! What one image shows of the receptive field.

use anyhow::Result;
use tch::{Kind, Tensor};

use super::{given, ones};
use crate::toolkit::picture::matrices;
use crate::toolkit::receptive_field::{Field, Operation, count, with_gradient};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// With maxima, ReLU and weights of both signs, one image shows a part of the field only.
pub(super) fn measure(context: &Context, outcome: &mut Outcome) -> Result<()> {
    // Kernels that sum to 0, so that no neuron is off for every image.
    let weight = |shape: &[i64]| {
        let weight = context.normal(&format!("receptive-fields {shape:?}"), shape);
        &weight - weight.mean_dim([1, 2, 3].as_slice(), true, None)
    };
    let network = given(weight, || Operation::MaximumPooling);
    let images = context.uniform("receptive-fields images", &[40, 3, 128, 128]);
    let one = with_gradient(&network, &images.narrow(0, 0, 1), 4);
    let all = with_gradient(&network, &images, 4);
    let window = with_gradient(&given(ones, || Operation::AveragePooling), &images, 4);
    outcome.findings.push(finding(count(&one), count(&all), count(&window)));
    // 36 pixels in the middle of the 112.
    let [first, _] = Field::of(&network).pixels(4);
    let claimed = window.zeros_like();
    let _ = claimed.narrow(0, first + 38, 36).narrow(1, first + 38, 36).fill_(1.0);
    draw([&window, &one, &all, &claimed], outcome)
}

fn finding(in_one: i64, in_all: i64, field: i64) -> Finding {
    Finding {
        id: "one-image".into(),
        claim: "For one image the gradient reaches only a part of the receptive field; all images \
                together fill it"
            .into(),
        source: "standard result".into(),
        expected: format!("fewer than {field} pixels for one image, {field} for 40"),
        measured: format!("{in_one} for one image, {in_all} for 40"),
        verdict: Verdict::holds_if(in_one < field && in_all == field && field == 112 * 112),
        precision: Precision::Exact,
    }
}

fn draw(pixels: [&Tensor; 4], outcome: &mut Outcome) -> Result<()> {
    // Pixels that nothing reaches stay visible.
    let shade = |pixels: &Tensor| 0.08 + 0.92 * pixels.to_kind(Kind::Double);
    let names = ["all windows", "one image", "40 images", "claimed: 36"];
    let tiles: Vec<(&str, Tensor)> = names.into_iter().zip(pixels.map(shade)).collect();
    let grid = matrices(&tiles, 1)?;
    outcome.png(
        "receptive-field-given",
        grid.png()?,
        "Four images of 128 by 128 pixels: a filled square of side 112, one with gaps, a filled one, \
         and a small one of side 36",
        "Pixels of a 128 × 128 input (dark) that have a gradient from one pixel of the output of the \
         given network. The windows cover 112 × 112; one image shows a part of it, forty show all.",
    );
    Ok(())
}
