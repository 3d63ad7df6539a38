//! L2 against cross-entropy for a classifier with one probability at its output.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Reduction, Tensor};

use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::{Context, Finding, Outcome, Verdict};

const QUESTION: &str = "001, Losses and Activation functions, question 1";

fn l2(p: &Tensor, label: &Tensor, reduction: Reduction) -> Tensor {
    p.mse_loss(label, reduction)
}

fn cross_entropy(p: &Tensor, label: &Tensor, reduction: Reduction) -> Tensor {
    p.binary_cross_entropy::<Tensor>(label, None, reduction)
}

type Loss = fn(&Tensor, &Tensor, Reduction) -> Tensor;

/// The loss at a logit, through the sigmoid, for the label 1.
fn at_logit(loss: Loss, z: &Tensor) -> Tensor {
    loss(&z.sigmoid(), &z.ones_like(), Reduction::Sum)
}

/// Both losses on the worked example, and both gradients at a confident mistake.
pub fn classifier_losses(_: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(example());
    outcome.findings.extend(remarks());
    outcome.findings.push(uncertainty(&mut outcome.working));
    outcome.findings.push(proper());
    outcome.findings.extend(mistake(&mut outcome.working));
    outcome.findings.push(escape());
    draw(&mut outcome)?;
    Ok(outcome)
}

/// The table of the document: labels 0 and 1, predictions 0.8 and 0.2.
fn example() -> [Finding; 2] {
    let (p, label) = (Tensor::from_slice(&[0.8, 0.2]), Tensor::from_slice(&[0.0, 1.0]));
    let value = |loss: Loss, reduction| loss(&p, &label, reduction).double_value(&[]);
    let (sum, mean) = (value(l2, Reduction::Sum), value(l2, Reduction::Mean));
    let (nats, mean_nats) =
        (value(cross_entropy, Reduction::Sum), value(cross_entropy, Reduction::Mean));
    let number = |id: &str, claim: &str, claimed: f64, sum: f64, mean: f64, expected: &str| {
        Finding::exact(
            id,
            claim,
            QUESTION,
            expected,
            format!("sum {}, mean {}", fixed(sum, 3), fixed(mean, 3)),
            Verdict::holds_if([sum, mean].iter().any(|v| (v - claimed).abs() < 0.0005)),
        )
    };
    [
        number(
            "l2-example",
            "For labels 0, 1 and predictions 0.8, 0.2 the mean squared error is \
            (0 − 0.8)² + (1 − 0.2)² = 1.16",
            1.16,
            sum,
            mean,
            "1.16",
        ),
        number(
            "entropy-example",
            "For the same two predictions the cross-entropy is 0.965",
            0.965,
            nats,
            mean_nats,
            "0.965",
        ),
    ]
}

/// What the document says around the table.
fn remarks() -> [Finding; 2] {
    let (p, label) = (Tensor::from_slice(&[0.8, 0.2]), Tensor::from_slice(&[0.0, 1.0]));
    let correct = p.gt(0.5).eq_tensor(&label.gt(0.5)).sum(Kind::Int64).int64_value(&[]);
    let half = l2(&Tensor::from_slice(&[0.5, 0.5]), &label, Reduction::Sum).double_value(&[]);
    [
        Finding::exact(
            "both-correct",
            "The model is making correct predictions for both examples, and is just not \
                    confident in them",
            QUESTION,
            "both predictions on their label’s side of ½",
            format!("{correct} of 2 are"),
            Verdict::holds_if(correct == 2),
        ),
        Finding::exact(
            "half",
            "For the output [0.5, 0.5] and the label [0, 1] the L2 loss is 0.5",
            QUESTION,
            "0.5",
            fixed(half, 3),
            Verdict::holds_if((half - 0.5).abs() < 1e-12),
        ),
    ]
}

/// Both losses for an output that is right, undecided, wrong.
fn uncertainty(working: &mut Vec<String>) -> Finding {
    let label = Tensor::from_slice(&[1.0]);
    let losses = |loss: Loss| {
        [0.9, 0.5, 0.1]
            .map(|p| loss(&Tensor::from_slice(&[p]), &label, Reduction::Sum).double_value(&[]))
    };
    let (squares, nats) = (losses(l2), losses(cross_entropy));
    working.push(format!("label 1, p = 0.9, 0.5, 0.1: L2 {squares:.3?}, cross-entropy {nats:.3?}"));
    let rises = |losses: [f64; 3]| losses[0] < losses[1] && losses[1] < losses[2];
    let texts = |losses: [f64; 3]| losses.map(|loss| fixed(loss, 2)).join(", ");
    Finding::exact(
        "uncertainty",
        "Cross-entropy penalises an uncertain output, and L2 does not",
        QUESTION,
        "for the label 1, only cross-entropy rises as p falls over 0.9, 0.5, 0.1",
        format!("L2 {}; cross-entropy {}", texts(squares), texts(nats)),
        Verdict::holds_if(rises(nats) && !rises(squares)),
    )
}

/// The expected loss over labels that are 1 with probability 0.7, and its slope at p = 0.7.
fn proper() -> Finding {
    let slope = |loss: Loss| {
        let expected = |p: &[Tensor]| {
            let one = loss(&p[0], &p[0].ones_like(), Reduction::Sum);
            let zero = loss(&p[0], &p[0].zeros_like(), Reduction::Sum);
            0.7 * one + 0.3 * zero
        };
        gradients(&[&Tensor::from_slice(&[0.7])], expected)[0].double_value(&[0]).abs()
    };
    let largest = slope(l2).max(slope(cross_entropy));
    Finding::exact(
        "proper",
        "L2 is unsuitable because the output is a probability and not a continuous value",
        QUESTION,
        "labels 1 with probability 0.7: the expected L2 loss is not least at p = 0.7",
        format!("slopes of both expected losses at p = 0.7: {}", at_most(largest, -12)),
        Verdict::holds_if(largest > 1e-12),
    )
}

/// Gradients at the logit −10 for the label 1: autograd, finite differences, formulas.
fn mistake(working: &mut Vec<String>) -> [Finding; 2] {
    let z = Tensor::from_slice(&[-10.0]);
    let p = z.sigmoid().double_value(&[0]);
    let slopes = |loss: Loss| {
        let by_autograd = gradients(&[&z], |z| at_logit(loss, &z[0]))[0].double_value(&[0]);
        let value = |z: &Tensor| at_logit(loss, z).double_value(&[]);
        (by_autograd, finite_differences(&z, 1e-4, value).double_value(&[0]))
    };
    let (square, square_numeric) = slopes(l2);
    let (nats, nats_numeric) = slopes(cross_entropy);
    let formulas = [2.0 * (p - 1.0) * p * (1.0 - p), p - 1.0];
    working.push(format!(
        "z = −10, p = {p:.3e}: L2 {square:.6e}, finite differences {square_numeric:.6e}, formula \
         {:.6e}",
        formulas[0]
    ));
    working.push(format!(
        "cross-entropy {nats:.9}, finite differences {nats_numeric:.9}, formula {:.9}",
        formulas[1]
    ));
    let apart = |a: f64, b: f64| ((a - b) / b).abs();
    let exact = apart(formulas[0], square).max(apart(formulas[1], nats));
    let numeric = apart(square_numeric, square).max(apart(nats_numeric, nats));
    let formula = Finding::exact(
        "gradients",
        "At the logit, the gradient of L2 is 2(p − y)p(1 − p), that of cross-entropy p − y",
        "standard result",
        "autograd’s and finite differences’ gradients at the logit −10, label 1",
        format!("relative differences {} and {}", at_most(exact, -10), at_most(numeric, -6)),
        Verdict::holds_if(exact < 1e-10 && numeric < 1e-6),
    );
    let losses = [l2, cross_entropy].map(|loss: Loss| at_logit(loss, &z).double_value(&[]));
    let saturation = Finding::exact(
        "confident-mistake",
        "Cross-entropy pushes a confident mistake hard, and L2 hardly at all",
        "standard result",
        "at the logit −10, label 1: a gradient near −1 against one near 0",
        format!(
            "cross-entropy {}, L2 {}; the losses are {} and {}",
            fixed(nats, 5),
            scientific(square, 2),
            fixed(losses[1], 2),
            fixed(losses[0], 2)
        ),
        Verdict::holds_if(nats < -0.99 && square.abs() < 1e-3),
    );
    [formula, saturation]
}

/// Steps of gradient descent at rate 1 from the logit −10 until the label 1 gets p > ½.
fn escape() -> Finding {
    let steps = |slope: fn(f64) -> f64| {
        let (mut z, mut steps) = (-10.0f64, 0u32);
        while z <= 0.0 && steps < 1_000_000 {
            z -= slope(1.0 / (1.0 + (-z).exp()));
            steps += 1;
        }
        steps
    };
    let square = steps(|p| 2.0 * (p - 1.0) * p * (1.0 - p));
    let nats = steps(|p| p - 1.0);
    Finding::exact(
        "escape",
        "Cross-entropy corrects a confident mistake in far fewer steps",
        "standard result",
        "from the logit −10 to p > ½: about 10 steps against e¹⁰/2 ≈ 11000",
        format!("cross-entropy {nats} steps, L2 {square}"),
        Verdict::holds_if(nats < 20 && square > 10_000),
    )
}

fn draw(outcome: &mut Outcome) -> Result<()> {
    let logits: Vec<f64> = (-100..=60).map(|step| 0.1 * f64::from(step)).collect();
    let line = |name: &str, loss: Loss| -> Result<Series> {
        let z = Tensor::from_slice(&logits);
        let slopes = gradients(&[&z], |z| at_logit(loss, &z[0])).remove(0).abs();
        let points = logits.iter().copied().zip(Vec::<f64>::try_from(&slopes)?).collect();
        Ok(Series::new(name, points))
    };
    let chart = LineChart {
        title: "How hard each loss pushes, for the label 1".into(),
        x_label: "logit z (left: confident and wrong; right: confident and right)".into(),
        y_label: "size of ∂L/∂z".into(),
        series: vec![line("cross-entropy", cross_entropy)?, line("L2", l2)?],
        log_y: true,
        ..LineChart::default()
    };
    let alt = "Gradient size over the logit, logarithmic: cross-entropy stays at 1 for wrong outputs, L2 \
               falls to 0.0001 at the logit −10.";
    let caption = "Right of zero both gradients fade, as they should. Left of zero, where the model is \
                   wrong, only that of L2 does: the more wrong, the less it learns.";
    outcome.plot("classifier-losses", &chart.draw()?, alt, caption)
}
