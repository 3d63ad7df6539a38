//! n keys with a value each; query i must bring value i. One formula can, the other cannot.
//!
//! The values are random bits that the keys know nothing of, so the weights have to be the identity.
//! Attention gets there with any distinct keys on a sphere, if the queries are long. Bob's matrix has
//! rank d, and no matrix of rank d is nearer to the identity than √(n − d) (Eckart and Young): of the
//! values' variance at least 1 − d/n is lost. The keys below reach that bound, so that no training could do
//! better.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use super::{WIDTH, implied_weights, soft};
use crate::toolkit::attention::attention_weights;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// How well the values come back.
#[derive(Debug, Clone, Copy)]
struct Score {
    pairs: i64,
    /// Squared error over the values' variance, in the mean over all values there could be.
    error: f64,
    /// The share of the bits whose sign is right.
    right: f64,
}

/// The score of weights `[n, n]`: their output for values v has the expected squared error
/// `‖weights − I‖²` if the values' entries are independent with variance 1.
fn score(context: &Context, weights: &Tensor) -> Score {
    let pairs = weights.size()[0];
    let identity = Tensor::eye(pairs, (Kind::Double, weights.device()));
    let values = (context.uniform("linear-attention bits", &[pairs, 256]) - 0.5).sign();
    let read = weights.matmul(&values).sign();
    Score {
        pairs,
        error: (weights - identity).square().sum(Kind::Double).double_value(&[]) / pairs as f64,
        right: read.eq_tensor(&values).to_kind(Kind::Double).mean(Kind::Double).double_value(&[]),
    }
}

/// Keys on the unit sphere, and 500 times each as its query.
fn by_attention(context: &Context, pairs: i64) -> Score {
    let keys = context.normal("linear-attention stored", &[pairs, WIDTH]);
    let keys = &keys / keys.norm_scalaropt_dim(2.0, [1].as_slice(), true);
    score(context, &attention_weights(&(&keys * 500.0), &keys))
}

/// Random queries, and the keys that bring softmax(Q/√d)Kᵀ nearest to the identity: the
/// pseudo-inverse of softmax(Q/√d).
fn by_bob(context: &Context, pairs: i64) -> Score {
    let queries = 5.0 * context.normal("linear-attention asked", &[pairs, WIDTH]);
    let keys = soft(&queries).pinverse(1e-12).tr();
    score(context, &implied_weights(&queries, &keys))
}

pub(super) fn measure(context: &Context, outcome: &mut Outcome) -> Result<()> {
    let lengths = [4, 8, 16, 32, 64, 128];
    let attention = lengths.map(|pairs| by_attention(context, pairs));
    let bob = lengths.map(|pairs| by_bob(context, pairs));
    for (one, other) in attention.iter().zip(&bob) {
        outcome.show(format!(
            "n = {} pairs, d = {WIDTH}: lost {:.4} by attention, {:.4} by Bob’s formula, bound {:.4}",
            one.pairs,
            one.error,
            other.error,
            bound(one.pairs)
        ));
    }
    outcome.findings.extend([solved(&attention), lost(&bob), few(&bob)]);
    draw(&attention, &bob, outcome)
}

/// The share of the variance that any matrix of rank d loses.
fn bound(pairs: i64) -> f64 {
    (1.0 - WIDTH as f64 / pairs as f64).max(0.0)
}

/// The scores for more pairs than dimensions.
fn many(scores: &[Score]) -> impl Iterator<Item = &Score> {
    scores.iter().filter(|score| score.pairs > WIDTH)
}

fn solved(attention: &[Score]) -> Finding {
    let error = many(attention).map(|score| score.error).fold(0.0, f64::max);
    let right = many(attention).map(|score| score.right).fold(1.0, f64::min);
    Finding {
        id: "retrieval-attention".into(),
        claim: "Attention looks up any of n > d stored pairs".into(),
        source: "standard result".into(),
        expected: "nothing of the values lost, for d = 8 and n = 16, 32, 64, 128".into(),
        measured: format!(
            "lost share of the variance {}, {} % of the bits right",
            at_most(error, -6),
            fixed(100.0 * right, 0)
        ),
        verdict: Verdict::holds_if(error < 1e-6 && right == 1.0),
        precision: Precision::Exact,
    }
}

fn lost(bob: &[Score]) -> Finding {
    let text = |value: fn(&Score) -> f64, decimals| {
        many(bob).map(|score| fixed(value(score), decimals)).collect::<Vec<_>>().join(", ")
    };
    let distance =
        many(bob).map(|score| (score.error - bound(score.pairs)).abs()).fold(0.0, f64::max);
    let right = many(bob).map(|score| score.right).fold(0.0, f64::max);
    Finding {
        id: "retrieval-bob".into(),
        claim: "Bob’s formula cannot: at best the share d/n of the values’ variance comes back"
            .into(),
        source: "standard result".into(),
        expected: "lost with the best keys: 1 − d/n = 0.500, 0.750, 0.875, 0.938".into(),
        measured: format!(
            "{}; {} % of the bits right",
            text(|score| score.error, 3),
            text(|score| 100.0 * score.right, 0)
        ),
        verdict: Verdict::holds_if(distance < 1e-6 && right < 0.9),
        precision: Precision::Relative(0.05),
    }
}

fn few(bob: &[Score]) -> Finding {
    let few: Vec<&Score> = bob.iter().filter(|score| score.pairs <= WIDTH).collect();
    let error = few.iter().map(|score| score.error).fold(0.0, f64::max);
    let more = many(bob).map(|score| score.error).fold(f64::INFINITY, f64::min);
    Finding {
        id: "retrieval-few".into(),
        claim: "Bob’s formula looks up stored pairs as attention does".into(),
        source: "standard result".into(),
        expected: "nothing of the values lost, for n ≤ d and for n > d".into(),
        measured: format!(
            "lost share {} for n = 4 and 8, at least {} for n > d",
            at_most(error, -12),
            fixed(more, 2)
        ),
        verdict: Verdict::by_condition(error < 1e-12, more < 1e-12),
        precision: Precision::Exact,
    }
}

fn draw(attention: &[Score], bob: &[Score], outcome: &mut Outcome) -> Result<()> {
    let line = |name: &str, scores: &[Score]| {
        Series::new(name, scores.iter().map(|s| (s.pairs as f64, s.error)).collect())
    };
    let bound = bob.iter().map(|score| (score.pairs as f64, bound(score.pairs))).collect();
    let chart = LineChart {
        x_label: "stored pairs n".into(),
        y_label: "lost share of the values’ variance".into(),
        log_x: true,
        series: vec![
            line("Bob’s formula", bob),
            line("attention", attention),
            Series::new("bound 1 − d/n", bound).dashed(),
        ],
        ..LineChart::default()
    };
    outcome.plot(
        "linear-attention-retrieval",
        &chart.draw()?,
        "Lost share of the variance against the number of stored pairs: zero for attention; for Bob’s \
         formula zero up to 8 pairs, then rising towards 1 along the bound",
        "Looking up one of n stored pairs with d = 8. Attention loses nothing; Bob’s formula, with the \
         best keys there are, loses what no matrix of rank 8 can keep.",
    )
}
