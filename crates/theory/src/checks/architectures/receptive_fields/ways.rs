//! Three ways to make the receptive field grow, and which pixels each of them uses.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use super::ones;
use crate::toolkit::picture::matrices;
use crate::toolkit::receptive_field::{Field, Layer, Operation, count, rows, with_gradient};
use crate::{Finding, Outcome, Precision, Verdict};

/// Convolutions of one channel, with these dilations.
fn dilated(kernel: i64, dilations: &[i64]) -> Vec<Layer> {
    let layer = |&dilation: &i64| {
        let plain = Layer::convolution(ones(&[1, 1, kernel, kernel]));
        Layer { dilation, ..plain }
    };
    dilations.iter().map(layer).collect()
}

/// So many 3×3 convolutions with a 2×2 pooling between each two.
fn pooled(depth: usize) -> Vec<Layer> {
    let mut layers = Vec::new();
    for layer in dilated(3, &vec![1; depth]) {
        layers.push(layer);
        layers.push(Layer::pooling(Operation::AveragePooling, 2));
    }
    layers.truncate(2 * depth - 1);
    layers
}

/// Width of the field, and the number of pixels in it that have a gradient.
fn seen(layers: &[Layer]) -> (i64, i64) {
    let pixels = pattern(layers);
    (rows(&pixels).map_or(0, |[first, last]| last - first + 1), count(&pixels))
}

/// The pixels that the first output pixel sees.
fn pattern(layers: &[Layer]) -> Tensor {
    with_gradient(layers, &ones(&[1, 1, 128, 128]), 0)
}

/// Growth with depth, and the pixels in use.
pub(super) fn compare(outcome: &mut Outcome) -> Result<()> {
    outcome.findings.extend([three_layers(), small_kernels(), dense(), pooling()]);
    growth(outcome)?;
    patterns(outcome)
}

fn three_layers() -> Finding {
    let measured: Vec<i64> = (1..=3).map(|depth| seen(&dilated(3, &vec![1; depth])).0).collect();
    Finding {
        id: "three-convolutions".into(),
        claim: "Three convolutions of kernel 3 see 3, 5 and 7 pixels in a row".into(),
        source: "001, CNNs, answer 3".into(),
        expected: "[3, 5, 7]".into(),
        measured: format!("{measured:?}"),
        verdict: Verdict::holds_if(measured == [3, 5, 7]),
        precision: Precision::Exact,
    }
}

fn small_kernels() -> Finding {
    let wide = seen(&dilated(11, &[1])).0;
    let layers = (1..=11).find(|&depth| seen(&dilated(3, &vec![1; depth])).0 == wide);
    let layers = layers.unwrap_or_default();
    Finding {
        id: "small-kernels".into(),
        claim: "With smaller kernels more layers are needed to cover the same region".into(),
        source: "001, CNNs, answer 2".into(),
        expected: "5 layers of 3 × 3 for one of 11 × 11, since each adds 2 pixels".into(),
        measured: format!("{layers} layers, with {} weights for {}", 9 * layers, 11 * 11),
        verdict: Verdict::holds_if(layers == 5),
        precision: Precision::Exact,
    }
}

fn dense() -> Finding {
    let stacks = [[1, 1, 1], [1, 2, 4], [2, 2, 2]].map(|dilations| seen(&dilated(3, &dilations)));
    let text = stacks.map(|(side, pixels)| format!("{pixels} of {}", side * side));
    let full = stacks.map(|(side, pixels)| pixels == side * side);
    Finding {
        id: "dense".into(),
        claim: "Deepening and dilated convolutions combine input features in a dense manner".into(),
        source: "001, CNNs, answer 2".into(),
        expected: "a gradient in every pixel of the field, for dilations (1, 1, 1), (1, 2, 4) and \
                   (2, 2, 2)"
            .into(),
        measured: text.join(", "),
        verdict: Verdict::by_condition(full[0] && full[1], full[2]),
        precision: Precision::Exact,
    }
}

fn pooling() -> Finding {
    let image = Tensor::from_slice(&[0.1, 0.4, 0.3, 0.2]).reshape([1, 1, 2, 2]);
    let pixels = |operation| count(&with_gradient(&[Layer::pooling(operation, 2)], &image, 0));
    let (maximum, average) = (pixels(Operation::MaximumPooling), pixels(Operation::AveragePooling));
    Finding {
        id: "pooling".into(),
        claim: "Pooling combines features in a sparse manner by taking the maximum or average"
            .into(),
        source: "001, CNNs, answer 2".into(),
        expected: "fewer than 4 pixels of a 2 × 2 window count".into(),
        measured: format!("{maximum} with the maximum, {average} with the average"),
        verdict: Verdict::by_condition(maximum < 4, average < 4),
        precision: Precision::Exact,
    }
}

/// Fields against depth: arithmetic, which the calculator's finding has tested.
fn growth(outcome: &mut Outcome) -> Result<()> {
    let line = |name: &str, stack: &dyn Fn(usize) -> Vec<Layer>| {
        let point = |depth: usize| (depth as f64, Field::of(&stack(depth)).size as f64);
        Series::new(name, (1..=6).map(point).collect())
    };
    let powers = |depth: usize| -> Vec<i64> { (0..depth).map(|layer| 1 << layer).collect() };
    let chart = LineChart {
        x_label: "convolutions of kernel 3".into(),
        y_label: "receptive field / pixels".into(),
        log_y: true,
        series: vec![
            line("pooling between", &pooled),
            line("dilations 1, 2, 4, …", &|depth| dilated(3, &powers(depth))),
            line("dilation 2", &|depth| dilated(3, &vec![2; depth])),
            line("plain", &|depth| dilated(3, &vec![1; depth])),
        ],
        ..LineChart::default()
    };
    for series in &chart.series {
        let sizes: Vec<String> = series.points.iter().map(|point| point.1.to_string()).collect();
        outcome.show(format!("{}, 1 to 6 convolutions: {}", series.name, sizes.join(", ")));
    }
    outcome.plot(
        "receptive-field-growth",
        &chart.draw()?,
        "Receptive field against depth: two lines that double with every layer, two that add a constant",
        "Pooling and growing dilations double the receptive field with every layer; plain \
         convolutions, and those of one dilation, add the same to it each time.",
    )
}

fn patterns(outcome: &mut Outcome) -> Result<()> {
    let stacks = [
        ("plain", dilated(3, &[1, 1, 1])),
        ("pooled", pooled(3)),
        ("1, 2, 4", dilated(3, &[1, 2, 4])),
        ("2, 2, 2", dilated(3, &[2, 2, 2])),
    ];
    let tile = |layers: &[Layer]| {
        // In the middle of 20 × 20 pixels.
        let before = (20 - Field::of(layers).size) / 2;
        let pixels = pattern(layers).narrow(0, 0, 20 - before).narrow(1, 0, 20 - before);
        0.08 + 0.92 * pixels.to_kind(Kind::Double).constant_pad_nd([before, 0, before, 0])
    };
    let tiles = stacks.map(|(name, layers)| (name, tile(&layers)));
    outcome.png(
        "receptive-field-patterns",
        matrices(&tiles, 5)?.png()?,
        "Four patterns of pixels: filled squares of side 7, 18 and 15, and a lattice of 7 by 7 \
         single pixels",
        "Pixels that one output pixel of three 3 × 3 convolutions uses: plain, with pooling between \
         them, with the dilations 1, 2, 4, and with the dilations 2, 2, 2. Growing dilations leave \
         no gap; equal ones use one pixel in four, whatever the depth.",
    );
    Ok(())
}
