//! Attention maps: rows that sum to 1, and which pixels can be white.

use anyhow::Result;
use tch::{Kind, Tensor};

use crate::toolkit::attention::{Projections, attention_weights};
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod figures;

/// Words of the sentence, as many as the columns of a map.
const WORDS: i64 = 14;

/// Sums, brightness, and what one bright pixel means.
pub fn attention_maps(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let shared = shared(&mut outcome);
    let one_pixel = one_pixel(&mut outcome)?;
    outcome.findings.extend([
        sums(context),
        shared,
        brightest(context)?,
        one_pixel,
        no_context(context),
    ]);
    figures::draw_map(&mut outcome)?;
    figures::draw_bounds(&mut outcome)?;
    Ok(outcome)
}

fn sums(context: &Context) -> Finding {
    let queries = context.normal("attention-maps queries", &[20, 16]);
    let keys = context.normal("attention-maps keys", &[WORDS, 16]);
    let map = attention_weights(&queries, &keys);
    let sum = |axis: i64| map.sum_dim_intlist([axis].as_slice(), false, None);
    let rows = (sum(1) - 1.0).abs().max().double_value(&[]);
    let columns = sum(0);
    let (least, most) = (columns.min().double_value(&[]), columns.max().double_value(&[]));
    Finding {
        id: "rows-sum".into(),
        claim: "Each row represents a target word, and its values sum to 1".into(),
        source: "002, attention map, (d)".into(),
        expected: "row sums of 1; nothing holds for the columns, the source words".into(),
        measured: format!(
            "rows: 1, difference {}; columns: {} to {}",
            at_most(rows, -12),
            fixed(least, 2),
            fixed(most, 2)
        ),
        verdict: Verdict::holds_if(rows < 1e-12 && most - least > 0.1),
        precision: Precision::Exact,
    }
}

/// One row for scores.
fn softmax(scores: &[f64]) -> Tensor {
    Tensor::from_slice(scores).softmax(-1, Kind::Double)
}

/// Several words with equal scores, all others far below.
fn shared(outcome: &mut Outcome) -> Finding {
    let brightest = |words: usize| {
        let scores: Vec<f64> =
            (0..WORDS as usize).map(|word| if word < words { 0.0 } else { -50.0 }).collect();
        softmax(&scores).max().double_value(&[])
    };
    let found = [1, 2, 3, 4].map(brightest);
    for (words, value) in (1..).zip(found) {
        let shade = (255.0 * value).round();
        outcome.show(format!("{words} equally attended words: {value:.3}, shade {shade} of 255"));
    }
    let right =
        (1..).zip(found).all(|(words, value)| (value - 1.0 / f64::from(words)).abs() < 1e-12);
    Finding {
        id: "shared".into(),
        claim: "Spread across several words, the weights are divided, and each pixel is dimmer"
            .into(),
        source: "002, attention map, (d)".into(),
        expected: "1/k for each of k equally attended words: 1.000, 0.500, 0.333, 0.250".into(),
        measured: found.map(|value| fixed(value, 3)).join(", "),
        verdict: Verdict::holds_if(right),
        precision: Precision::Exact,
    }
}

/// Entropy of each row, in nats.
fn entropy(map: &Tensor) -> Tensor {
    // Where a weight is 0, its logarithm is −∞ and the product 0.
    let products: Tensor = -map * map.log();
    products.nan_to_num(0.0, 0.0, 0.0).sum_dim_intlist([-1].as_slice(), false, None)
}

/// The most entropy that `words` weights can have of which the largest is `m`: the others are equal.
fn most_entropy(m: f64, words: f64) -> f64 {
    let part = |weight: f64| if weight > 0.0 { -weight * weight.ln() } else { 0.0 };
    part(m) + (words - 1.0) * part((1.0 - m) / (words - 1.0))
}

/// −ln m ≤ H ≤ the entropy of m and equal others: so m = 1 and H = 0 come together.
fn brightest(context: &Context) -> Result<Finding> {
    let rows = 10_000;
    let scores = context.normal("attention-maps scores", &[rows, WORDS]);
    let sharpness = context.uniform("attention-maps sharpness", &[rows, 1]) * 30.0;
    let map = (scores * sharpness).softmax(-1, Kind::Double);
    let maxima: Vec<f64> = Vec::try_from(map.max_dim(1, false).0)?;
    let entropies: Vec<f64> = Vec::try_from(entropy(&map))?;
    let inside =
        |(&m, &h): (&f64, &f64)| -m.ln() <= h + 1e-12 && h <= most_entropy(m, WORDS as f64) + 1e-12;
    let kept = maxima.iter().zip(&entropies).filter(|&pair| inside(pair)).count();
    let white = |&(&m, _): &(&f64, &f64)| m >= 254.5 / 255.0;
    let whites = || maxima.iter().zip(&entropies).filter(white);
    let most = whites().map(|(_, &h)| h).fold(0.0, f64::max);
    let bound = most_entropy(254.5 / 255.0, WORDS as f64);
    Ok(Finding {
        id: "white".into(),
        claim: "Only rows with one non-zero pixel have a white pixel, the rest have grey ones"
            .into(),
        source: "003, question 7 (d)".into(),
        expected: format!(
            "for the brightest pixel m, −ln m ≤ entropy ≤ that of m and equal others; so at most {} \
             nats in a row with a pixel of shade 255",
            fixed(bound, 3)
        ),
        measured: format!(
            "{kept} of {rows} random rows keep the bounds; at most {} nats in the {} rows with white",
            fixed(most, 3),
            whites().count()
        ),
        verdict: Verdict::holds_if(
            kept == rows as usize && most <= bound && whites().count() > 100,
        ),
        precision: Precision::Exact,
    })
}

/// Softmax never gives 0: what looks black is less than half a shade.
fn one_pixel(outcome: &mut Outcome) -> Result<Finding> {
    let row = |gap: f64| {
        let mut scores = vec![0.0; WORDS as usize];
        scores[0] = gap;
        softmax(&scores)
    };
    let visible = |gap: f64| (row(gap) * 255.0).round().gt(0.0).sum(Kind::Int64).int64_value(&[]);
    for gap in [2.0, 4.0, 6.0, 8.0, 10.0] {
        let shades: Vec<f64> = Vec::try_from((row(gap) * 255.0).round())?;
        outcome.show(format!(
            "a score {gap} above the {} others: shades {} and {}",
            WORDS - 1,
            shades[0],
            shades[1]
        ));
    }
    let positive = row(10.0).gt(0.0).sum(Kind::Int64).int64_value(&[]);
    Ok(Finding {
        id: "one-pixel".into(),
        claim: "A row can have only one non-zero pixel".into(),
        source: "003, question 7 (b)".into(),
        expected: "one of 14, for a score 10 above the others, as shades of 255 and as numbers"
            .into(),
        measured: format!("{} as shades, {positive} as numbers", visible(10.0)),
        verdict: Verdict::by_condition(visible(10.0) == 1, positive == 1),
        precision: Precision::Exact,
    })
}

/// All attention on one encoder state; but that state has seen the whole sentence.
fn no_context(context: &Context) -> Finding {
    let normal =
        |what: &str, shape: &[i64]| context.normal(&format!("attention-maps {what}"), shape);
    let sentence = normal("sentence", &[WORDS, 8]);
    let encoder = Projections {
        query: normal("query", &[8, 8]) * 0.5,
        key: normal("key", &[8, 8]) * 0.5,
        value: normal("value", &[8, 8]) * 0.5,
    };
    let attended = 3;
    let one_hot = Tensor::from(attended).one_hot(WORDS).to_kind(Kind::Double);
    let decoder = |words: &Tensor| {
        let states = words + encoder.attend(words, attention_weights);
        one_hot.unsqueeze(0).matmul(&states).square().sum(Kind::Double)
    };
    let slope = gradients(&[&sentence], |x| decoder(&x[0])).remove(0);
    let by_word = slope.square().sum_dim_intlist([1].as_slice(), false, None);
    let others = by_word.sum(Kind::Double) - by_word.get(attended);
    let share = (others / by_word.sum(Kind::Double)).sqrt().double_value(&[]);
    Finding {
        id: "no-context".into(),
        claim:
            "A row with one non-zero pixel means that the word translates directly and requires no \
                additional context"
                .into(),
        source: "002, attention map, (b)".into(),
        expected: "with a one-hot row over an encoder’s states, no gradient in the other words"
            .into(),
        measured: format!("{} of the gradient’s norm lies in the other words", fixed(share, 2)),
        verdict: Verdict::holds_if(share < 1e-6),
        precision: Precision::Relative(0.01),
    }
}
