//! The gradient at the first block against the depth of the stack, at initialisation.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use super::blocks::{Placement, Stack};
use crate::toolkit::derivatives::gradients;
use crate::toolkit::fit::{exponent, slope};
use crate::toolkit::numbers::{fixed, scientific};
use crate::{Context, Finding, Outcome, Precision, Verdict};

const DEPTHS: [usize; 9] = [1, 2, 4, 8, 16, 24, 32, 48, 64];
/// Tokens in x.
const TOKENS: i64 = 8;
/// Features of a token.
const WIDTH: i64 = 32;
/// Stacks over which the geometric mean is taken.
const DRAWS: usize = 4;

/// ‖∂e/∂x₀‖ / ‖∂e/∂x_L‖ against depth, for an error that pulls at each token at random, and for one
/// whose pulls add up to zero over the tokens: it asks only how tokens differ.
struct Sweep {
    /// For an error that pulls at each token.
    all: Vec<(f64, f64)>,
    /// For an error that asks how tokens differ.
    between: Vec<(f64, f64)>,
}

/// Adds the findings and the figure.
pub(super) fn measure(context: &Context, outcome: &mut Outcome) -> Result<()> {
    let (after, before) = (sweep(context, Placement::After), sweep(context, Placement::Before));
    outcome.show("‖∂e/∂x₀‖ / ‖∂e/∂x_L‖   post-LN: all, between tokens   pre-LN: the same");
    for index in 0..DEPTHS.len() {
        let at = |curve: &[(f64, f64)]| format!("{:8.1e}", curve[index].1);
        outcome.show(format!(
            "{:5} blocks   {} {}   {} {}",
            DEPTHS[index],
            at(&after.all),
            at(&after.between),
            at(&before.all),
            at(&before.between)
        ));
    }
    outcome.findings.push(vanishing(&after));
    outcome.findings.push(steady(&before));
    outcome.plot(
        "layer-norm-depth",
        &chart(&after, &before).draw()?,
        "Gradient at the first block against depth, logarithmic: with LayerNorm after, the part \
         between tokens falls on a straight line to a billionth; the other three stay near one",
        "With LayerNorm after, each block divides by √2 what it does not pass on: what tells tokens \
         apart vanishes exponentially. With LayerNorm before, nothing does.",
    )
}

/// Both curves, over the same stacks, inputs and errors for either placement.
fn sweep(context: &Context, placement: Placement) -> Sweep {
    let deepest = DEPTHS.iter().copied().max().unwrap_or(1);
    let stack = |draw| Stack::new(context, &format!("depth {draw}"), placement, deepest, WIDTH);
    let stacks: Vec<Stack> = (0..DRAWS).map(stack).collect();
    let normal = |name: &str, draw: usize| {
        context.normal(&format!("layer-norm depth {name} {draw}"), &[TOKENS, WIDTH])
    };
    let curve = |aim: fn(Tensor) -> Tensor| {
        let at = |&depth: &usize| {
            let ratio = |draw: usize| {
                shrinkage(&stacks[draw], depth, &normal("x", draw), &aim(normal("pull", draw)))
            };
            let sum: f64 = (0..DRAWS).map(|draw| ratio(draw).ln()).sum();
            (depth as f64, (sum / DRAWS as f64).exp())
        };
        DEPTHS.iter().map(at).collect()
    };
    Sweep {
        all: curve(|pull| pull),
        between: curve(|pull| &pull - pull.mean_dim(0, true, Kind::Double)),
    }
}

/// ‖∂e/∂x₀‖ / ‖∂e/∂x_L‖ for e = Σ pull · x_L.
fn shrinkage(stack: &Stack, depth: usize, x: &Tensor, pull: &Tensor) -> f64 {
    let error = |x: &[Tensor]| (stack.blocks(0, depth, &x[0]) * pull).sum(Kind::Double);
    (gradients(&[x], error)[0].norm() / pull.norm()).double_value(&[])
}

/// The factor per block that the deeper half of a curve goes by, and its value at the end.
fn factor(curve: &[(f64, f64)]) -> (f64, f64) {
    let deep: Vec<(f64, f64)> =
        curve.iter().filter(|point| point.0 >= 16.0).map(|point| (point.0, point.1.ln())).collect();
    (slope(&deep).exp(), curve.last().map_or(f64::NAN, |point| point.1))
}

/// What post-LN does, to differences and to all.
fn vanishing(after: &Sweep) -> Finding {
    let ((all, all_end), (between, between_end)) = (factor(&after.all), factor(&after.between));
    Finding {
        id: "depth-after".into(),
        claim: "Post-LN makes gradients vanish or explode exponentially in the depth".into(),
        source: "004, question 19".into(),
        expected: "a factor a block that is not 1; 1/√2 = 0.71 where attention passes nothing on"
            .into(),
        measured: format!(
            "{} a block, {} after 64 blocks, if e asks how tokens differ; {} a block, {} if it \
             pulls at all of them",
            fixed(between, 2),
            scientific(between_end, 0),
            fixed(all, 2),
            fixed(all_end, 2)
        ),
        verdict: Verdict::by_condition(between < 0.85, all < 0.95),
        precision: Precision::Relative(0.2),
    }
}

/// What pre-LN does, to differences and to all.
fn steady(before: &Sweep) -> Finding {
    let power = |curve: &[(f64, f64)]| {
        exponent(&curve.iter().filter(|point| point.0 >= 16.0).copied().collect::<Vec<_>>())
    };
    let (all, between) = (power(&before.all), power(&before.between));
    let (all_end, between_end) = (factor(&before.all).1, factor(&before.between).1);
    Finding {
        id: "depth-before".into(),
        claim: "Pre-LN is less prone to vanishing and exploding gradients in deep models".into(),
        source: "004, question 19".into(),
        expected: "no factor a block: at most a power of the depth, near 1 or below".into(),
        measured: format!(
            "{} after 64 blocks if e asks how tokens differ, {} if it pulls at all of them, which \
             grows as the depth to the power {}",
            fixed(between_end, 2),
            fixed(all_end, 1),
            fixed(all, 1)
        ),
        // 1.1 a block would be a power of 3 and more over these depths.
        verdict: Verdict::holds_if(between.abs() < 0.3 && (0.0..1.5).contains(&all)),
        precision: Precision::Relative(0.2),
    }
}

/// The four curves.
fn chart(after: &Sweep, before: &Sweep) -> LineChart {
    LineChart {
        title: "Gradient at the first of L blocks of self-attention".to_owned(),
        x_label: "depth L (blocks)".to_owned(),
        y_label: "gradient norm, first over last block".to_owned(),
        series: vec![
            Series::new("before, all tokens", before.all.clone()).colour(0),
            Series::new("before, differences", before.between.clone()).colour(0).dashed(),
            Series::new("after, all tokens", after.all.clone()).colour(1),
            Series::new("after, differences", after.between.clone()).colour(1).dashed(),
        ],
        log_y: true,
        ..LineChart::default()
    }
}
