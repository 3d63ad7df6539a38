//! Truncated backpropagation through time: what it changes, and what still reaches beyond S steps.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Device, Kind, Tensor};

use crate::toolkit::compare::{largest_difference, relative_difference};
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{at_most, fixed};
use crate::toolkit::picture::matrices;
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod memory;
mod network;

use network::{Border, Parameters, Task, by_autograd, by_hand, outputs};

const STEPS: i64 = 20;
const SPAN: i64 = 5;

/// All gradients as one vector.
fn joined(gradients: &[Tensor]) -> Tensor {
    Tensor::cat(&gradients.iter().map(|slope| slope.reshape([-1])).collect::<Vec<_>>(), 0)
}

/// Random sequences with random targets at every step.
fn random_task(context: &Context) -> (Parameters, Task) {
    let normal =
        |what: &str, shape: &[i64]| context.normal(&format!("truncated-bptt {what}"), shape);
    let parameters = [
        0.5 * normal("input", &[3, 6]),
        0.4 * normal("recurrence", &[6, 6]),
        normal("output", &[6, 2]),
    ];
    let task = Task {
        inputs: normal("inputs", &[4, STEPS, 3]),
        targets: normal("targets", &[4, STEPS, 2]),
        counts: Tensor::ones([1, STEPS, 1], (Kind::Double, Device::Cpu)),
    };
    (parameters, task)
}

/// Gradients of truncated backpropagation, and what it can and cannot learn.
pub fn truncated_bptt(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let (parameters, task) = random_task(context);
    outcome.findings.extend([
        full(&parameters, &task),
        modified(&parameters, &task),
        limit_length(&parameters, &task),
    ]);
    outcome.findings.extend(memory::findings(context));
    sweep(&parameters, &task, &mut outcome)?;
    influence(&parameters, &task, &mut outcome)?;
    Ok(outcome)
}

fn full(parameters: &Parameters, task: &Task) -> Finding {
    let truncated = joined(&by_hand(parameters, task, STEPS));
    let whole = joined(&by_autograd(parameters, task, STEPS, Border::Cut));
    let difference = relative_difference(&truncated, &whole);
    Finding {
        id: "full".into(),
        claim: "With S = T truncated backpropagation gives the full gradient".into(),
        source: "standard result".into(),
        expected: format!("the recursion with S = T = {STEPS} equals autograd over all steps"),
        measured: format!("relative difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}

fn modified(parameters: &Parameters, task: &Task) -> Finding {
    let recursion = joined(&by_hand(parameters, task, SPAN));
    let detached = joined(&by_autograd(parameters, task, SPAN, Border::Cut));
    let whole = joined(&by_autograd(parameters, task, STEPS, Border::Cut));
    let same = relative_difference(&recursion, &detached);
    let error = ((&detached - &whole).norm() / whole.norm()).double_value(&[]);
    Finding {
        id: "modified".into(),
        claim: "TBPTT uses a modified version of the backpropagation algorithm".into(),
        source: "001, Sequence models, question 3, part 1".into(),
        expected: format!(
            "with S = {SPAN} the recursion without the terms between chunks, and so another \
             gradient than for S = {STEPS}"
        ),
        measured: format!(
            "relative difference {} from that recursion, {} from the full gradient",
            at_most(same, -12),
            fixed(error, 2)
        ),
        verdict: Verdict::holds_if(same < 1e-12 && error > 0.01),
        precision: Precision::Relative(0.01),
    }
}

fn limit_length(parameters: &Parameters, task: &Task) -> Finding {
    let run = |span, border| outputs(parameters, &task.inputs, span, border);
    let whole = run(STEPS, Border::Cut);
    let carried = largest_difference(&run(SPAN, Border::Cut), &whole);
    let reset = relative_difference(&run(SPAN, Border::Reset), &whole);
    Finding {
        id: "limit-length".into(),
        claim: "To implement TBPTT it is not enough to limit the sequences to length S".into(),
        source: "001, Sequence models, answer 3, part 2".into(),
        expected:
            "TBPTT leaves the outputs as they are; separate sequences of length S change them"
                .into(),
        measured: format!(
            "largest difference {} for TBPTT, {} of the largest output for separate sequences",
            at_most(carried, -12),
            fixed(reset, 2)
        ),
        verdict: Verdict::holds_if(carried < 1e-12 && reset > 0.01),
        precision: Precision::Relative(0.01),
    }
}

/// How far the truncated gradient is from the full one.
fn sweep(parameters: &Parameters, task: &Task, outcome: &mut Outcome) -> Result<()> {
    let whole = joined(&by_autograd(parameters, task, STEPS, Border::Cut));
    let error = |span: i64| {
        let truncated = joined(&by_autograd(parameters, task, span, Border::Cut));
        ((truncated - &whole).norm() / whole.norm()).double_value(&[])
    };
    let points: Vec<(f64, f64)> =
        [1, 2, 4, 5, 10, 20].map(|span| (span as f64, error(span))).into();
    for (span, error) in &points {
        outcome.show(format!("S = {span}: relative error of the gradient {error:.4}"));
    }
    let chart = LineChart {
        x_label: "S / steps".into(),
        y_label: "relative error of the gradient".into(),
        series: vec![Series::new("T = 20", points)],
        ..LineChart::default()
    };
    outcome.plot(
        "truncated-bptt-error",
        &chart.draw()?,
        "Relative error of the gradient against S, falling to zero at S = 20",
        "The truncated gradient’s distance from the full one, for a random network and 20 steps.",
    )
}

/// Which inputs an error's gradient reaches.
fn influence(parameters: &Parameters, task: &Task, outcome: &mut Outcome) -> Result<()> {
    let inputs = task.inputs.narrow(0, 0, 1);
    let reach = |span: i64| {
        let row = |step: i64| {
            let slope = gradients(&[&inputs], |x| {
                outputs(parameters, &x[0], span, Border::Cut).select(1, step).sum(Kind::Double)
            });
            slope[0].norm_scalaropt_dim(2.0, [0, 2].as_slice(), false)
        };
        let rows: Vec<Tensor> = (0..STEPS).map(row).collect();
        // Five powers of ten, from white to black.
        1.0 + Tensor::stack(&rows, 0).log10() / 5.0
    };
    let tiles = [("S = T = 20", reach(STEPS)), ("S = 10", reach(10)), ("S = 5", reach(SPAN))];
    outcome.png(
        "truncated-bptt-reach",
        matrices(&tiles, 6)?.png()?,
        "Three triangles below a diagonal: one over all steps, two of ten steps, four of five steps",
        "Whether the output of a step (rows, from the top) has a gradient in the input of a step \
         (columns), and how large (black: 1, white: 10⁻⁵ and less). Truncation cuts it at the chunks’ \
         borders, although the value of every output depends on all inputs before it.",
    );
    Ok(())
}
