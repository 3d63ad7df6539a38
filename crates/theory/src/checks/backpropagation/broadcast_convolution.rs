//! A convolution as large as its image yields one number, which the loss compares with all 32 × 32
//! targets: the gradient sums over them.

use anyhow::Result;
use autodecoder_data::Split;
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use tch::{Kind, Tensor};

use super::agreement::{Formula, agrees, difference_text};
use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// Height and width of the image, the target and the kernel.
const SIDE: i64 = 32;

/// `Conv2d(1, 1, 32)`, an image and a target, both 1 × 32 × 32.
struct Example {
    /// `[1, 1, 32, 32]`.
    weight: Tensor,
    /// `[1]`.
    bias: Tensor,
    /// `[1, 32, 32]`, as is y.
    x: Tensor,
    y: Tensor,
}

impl Example {
    /// Two images of the sample, with a border to make them 32 × 32.
    fn new(context: &Context) -> Result<Example> {
        let images = context.sample(Split::Train)?;
        let padded = |index: usize| {
            let image = Tensor::from_slice(images.image(index)).reshape([1, 28, 28]);
            image.to_kind(Kind::Double).constant_pad_nd([2, 2, 2, 2]) / 255.0
        };
        let weight = context.normal("broadcast-convolution W", &[1, 1, SIDE, SIDE]) / SIDE as f64;
        let bias = Tensor::from_slice(&[0.4]);
        Ok(Example { weight, bias, x: padded(0), y: padded(1) })
    }

    /// ŷ = model(x).
    fn prediction(&self, weight: &Tensor, bias: &Tensor) -> Tensor {
        self.x.conv2d(weight, Some(bias), 1, 0, 1, 1)
    }

    /// loss = ((ŷ − y)²).sum(): ŷ is broadcast over y.
    fn loss(&self, weight: &Tensor, bias: &Tensor) -> Tensor {
        (self.prediction(weight, bias) - &self.y).square().sum(Kind::Double)
    }
}

/// The gradients of weight and bias: autograd, the given formula, and the right ones.
pub fn broadcast_convolution(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let example = Example::new(context)?;
    let autograd = gradients(&[&example.weight, &example.bias], |p| example.loss(&p[0], &p[1]));
    let prediction = example.prediction(&example.weight, &example.bias);
    outcome.findings.push(shape(&prediction));
    outcome.findings.push(without_bias(&example));

    let residual = &prediction - &example.y;
    let as_given: Tensor = 2.0 * &residual * &example.x;
    let residual_sum = residual.sum(Kind::Double);
    let right: Tensor = 2.0 * &residual_sum * &example.x;
    outcome.show(format!("ŷ = Σ W·X + b = {:.4}", prediction.double_value(&[0, 0, 0])));
    outcome.show(format!(
        "Σ (ŷ − y) over the {} targets = {:.4}; ∂loss/∂b = {:.4}",
        SIDE * SIDE,
        residual_sum.double_value(&[]),
        autograd[1].double_value(&[0])
    ));
    let weight = autograd[0].view([1, SIDE, SIDE]);
    outcome.findings.push(GIVEN.against(&as_given, &weight));
    outcome.findings.push(WEIGHT.against(&right, &weight));
    outcome.findings.push(BIAS.against(&(2.0 * &residual_sum), &autograd[1].squeeze()));
    outcome.findings.push(numeric(&example, &autograd[1]));
    let shown = [&example.x, &example.y, &weight, &as_given];
    outcome.png(
        "broadcast-convolution",
        picture(&shown)?,
        "Four images: the input, the target, autograd's gradient, which repeats the input, and the \
         given formula, in which the target's outline cuts through the input",
        "Autograd's gradient of the weight is the input image times one number. The given formula \
         multiplies each input pixel with its own target pixel instead. Each image from its least \
         value (black) to its largest (white).",
    );
    Ok(outcome)
}

/// The answer, word for word.
const GIVEN: Formula = Formula {
    id: "weight-as-given",
    claim: "∂loss/∂Wᵢⱼ = 2 (ŷ − yᵢⱼ) Xᵢⱼ",
    source: "000, question 5",
    expected: "autograd's gradient of the weight",
};

/// With the sum over all targets.
const WEIGHT: Formula = Formula {
    id: "weight",
    claim: "∂loss/∂Wᵢⱼ = 2 Xᵢⱼ Σₖₗ (ŷ − yₖₗ): every target pulls at every weight",
    source: "standard result",
    expected: "autograd's gradient of the weight",
};

/// The other learnable parameter.
const BIAS: Formula = Formula {
    id: "bias",
    claim: "∂loss/∂b = 2 Σₖₗ (ŷ − yₖₗ), which the given answer leaves out",
    source: "003, question 5",
    expected: "autograd's gradient of the bias",
};

/// One position of the kernel, one channel.
fn shape(prediction: &Tensor) -> Finding {
    let size = prediction.size();
    Finding {
        id: "shape".into(),
        claim: "ŷ has the size [1, 1, 1]: one number".into(),
        source: "000, question 5".into(),
        expected: "[1, 1, 1]".into(),
        measured: format!("{size:?}"),
        verdict: Verdict::holds_if(size == [1, 1, 1]),
        precision: Precision::Exact,
    }
}

/// ŷ = Σ W·X, without a bias as in `Conv2d(1, 1, 32, bias=False)`, and with one as in the question.
fn without_bias(example: &Example) -> Finding {
    let sum = (example.weight.squeeze() * example.x.squeeze()).sum(Kind::Double);
    let difference = |bias: &Tensor| {
        relative_difference(&sum, &example.prediction(&example.weight, bias).squeeze())
    };
    let (with, without) = (difference(&example.bias), difference(&example.bias.zeros_like()));
    Finding {
        id: "prediction".into(),
        claim: "ŷ = Σᵢⱼ Wᵢⱼ Xᵢⱼ".into(),
        source: "000, question 5".into(),
        expected: "the output of the convolution, whose bias is 0.4".into(),
        measured: format!(
            "relative difference {}; with a bias of 0: {}",
            difference_text(with),
            difference_text(without)
        ),
        verdict: Verdict::by_condition(agrees(without), agrees(with)),
        precision: Precision::Exact,
    }
}

/// Autograd itself, against central differences. The loss is quadratic in the bias: they are exact.
fn numeric(example: &Example, autograd: &Tensor) -> Finding {
    let loss = |bias: &Tensor| example.loss(&example.weight, bias).double_value(&[]);
    let slope = finite_differences(&example.bias, 1e-2, loss);
    Formula {
        id: "numeric",
        claim: "Autograd's ∂loss/∂b is the slope of the loss",
        source: "standard result",
        expected: "central differences of the loss, exact for a loss quadratic in the bias",
    }
    .against(autograd, &slope)
}

/// Images side by side, each stretched from black to white.
fn picture(shown: &[&Tensor]) -> Result<Vec<u8>> {
    let grey = |image: &&Tensor| -> Vec<u8> {
        let (low, high) = (image.min(), image.max());
        let scaled: Tensor = (*image - &low) / (high - &low) * 255.0;
        Vec::try_from(scaled.round().to_kind(Kind::Uint8).reshape([-1])).unwrap_or_default()
    };
    let mut grid = ImageGrid::new(SIDE as usize, SIDE as usize);
    grid.scale = 5;
    grid.column_labels = ["image", "target", "right", "given"].map(String::from).into();
    grid.rows = vec![GridRow::new("", shown.iter().map(grey).collect())];
    Ok(grid.png()?)
}
