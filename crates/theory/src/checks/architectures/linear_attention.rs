//! Softmax(QKᵀ/√d)V against Bob’s softmax(Q/√d)(KᵀV): what they cost, and what is lost.

use anyhow::Result;
use tch::{Kind, Tensor};

use crate::toolkit::attention::attention_weights;
use crate::toolkit::compare::relative_difference;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod cost;
mod counter;
mod retrieval;

/// `softmax(Q/√d)`, each query by itself.
fn soft(queries: &Tensor) -> Tensor {
    let width = queries.size()[1] as f64;
    (queries / width.sqrt()).softmax(-1, Kind::Double)
}

/// `softmax(Q/√d)(KᵀV)`, the brackets first.
fn bob(queries: &Tensor, keys: &Tensor, values: &Tensor) -> Tensor {
    soft(queries).matmul(&keys.tr().matmul(values))
}

/// The matrix that stands where attention has its map: row i holds how much query i takes of each
/// value.
fn implied_weights(queries: &Tensor, keys: &Tensor) -> Tensor {
    soft(queries).matmul(&keys.tr())
}

/// Tokens and their width in the comparison of outputs.
const TOKENS: i64 = 64;
const WIDTH: i64 = 8;

/// Cost, outputs, and a task for both.
pub fn linear_attention(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(cost::measure(context, &mut outcome.working));
    let [queries, keys, values] = ["queries", "keys", "values"]
        .map(|what| context.normal(&format!("linear-attention {what}"), &[TOKENS, WIDTH]));
    outcome.findings.extend([
        brackets(&queries, &keys, &values),
        behaviour(&queries, &keys, &values),
        query(&queries, &keys),
        pairwise(&queries, &keys),
        rank(&queries, &keys),
        distribution(&queries, &keys),
    ]);
    retrieval::measure(context, &mut outcome)?;
    Ok(outcome)
}

fn brackets(queries: &Tensor, keys: &Tensor, values: &Tensor) -> Finding {
    let other_way = implied_weights(queries, keys).matmul(values);
    let difference = relative_difference(&bob(queries, keys, values), &other_way);
    Finding {
        id: "brackets".into(),
        claim:
            "Bob’s formula is attention too, with the matrix softmax(Q/√d)Kᵀ in place of the map"
                .into(),
        source: "standard result".into(),
        expected: "(softmax(Q/√d)Kᵀ)V = softmax(Q/√d)(KᵀV)".into(),
        measured: format!("relative difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}

fn behaviour(queries: &Tensor, keys: &Tensor, values: &Tensor) -> Finding {
    let standard = attention_weights(queries, keys).matmul(values).reshape([-1]);
    let linear = bob(queries, keys, values).reshape([-1]);
    // Bob's sums over n tokens are larger; the best factor makes the comparison fair.
    let factor = linear.dot(&standard) / linear.dot(&linear);
    let difference = (linear * factor - &standard).norm() / standard.norm();
    let difference = difference.double_value(&[]);
    Finding {
        id: "behaviour".into(),
        claim: "Bob’s method does not preserve the original behaviour of attention".into(),
        source: "002, linear attention, part 2".into(),
        expected: "different outputs for the same Q, K and V, whatever they are scaled by".into(),
        measured: format!(
            "scaled as well as can be they differ by {} of the norm of attention’s",
            fixed(difference, 2)
        ),
        verdict: Verdict::holds_if(difference > 0.1),
        precision: Precision::Relative(0.01),
    }
}

/// How far a matrix is from having equal rows.
fn variation_of_rows(weights: &Tensor) -> f64 {
    let mean = weights.mean_dim([0].as_slice(), true, None);
    ((weights - mean).norm() / weights.norm()).double_value(&[])
}

fn query(queries: &Tensor, keys: &Tensor) -> Finding {
    let standard = variation_of_rows(&attention_weights(queries, keys));
    let linear = variation_of_rows(&implied_weights(queries, keys));
    Finding {
        id: "query".into(),
        claim: "With Bob’s formula the model cannot adjust attention based on the specific query"
            .into(),
        source: "002, linear attention, part 2".into(),
        expected: "equal rows: every query weighs the tokens alike".into(),
        measured: format!(
            "rows differ from their mean by {} of the matrix’s norm; {} in attention",
            fixed(linear, 2),
            fixed(standard, 2)
        ),
        verdict: Verdict::holds_if(linear < 1e-6),
        precision: Precision::Relative(0.01),
    }
}

/// What is left of the weights after a part of the query alone and one of the key alone.
fn pairwise(queries: &Tensor, keys: &Tensor) -> Finding {
    let weights = implied_weights(queries, keys);
    let mean = |axes: &[i64]| weights.mean_dim(axes, true, None);
    let rest = &weights - mean(&[0]) - mean(&[1]) + mean(&[0, 1]);
    let share = (rest.norm() / weights.norm()).double_value(&[]);
    Finding {
        id: "pairwise".into(),
        claim: "Bob’s formula removes the pairwise interactions between tokens".into(),
        source: "002, linear attention, part 2".into(),
        expected: "weights that are a term of the query plus a term of the key".into(),
        measured: format!("{} of their norm belongs to the pair", fixed(share, 2)),
        verdict: Verdict::holds_if(share < 1e-6),
        precision: Precision::Relative(0.01),
    }
}

/// Singular values above 10⁻¹⁰ of the largest.
fn numerical_rank(matrix: &Tensor) -> i64 {
    let values = matrix.svd(true, false).1;
    values.gt_tensor(&(values.max() * 1e-10)).sum(Kind::Int64).int64_value(&[])
}

fn rank(queries: &Tensor, keys: &Tensor) -> Finding {
    let standard = numerical_rank(&attention_weights(queries, keys));
    let linear = numerical_rank(&implied_weights(queries, keys));
    Finding {
        id: "rank".into(),
        claim: "What is lost is rank: Bob’s matrix has rank at most d, attention’s can have rank n"
            .into(),
        source: "standard result".into(),
        expected: format!("{WIDTH} and {TOKENS} for n = {TOKENS} and d = {WIDTH}"),
        measured: format!("{linear} and {standard}"),
        verdict: Verdict::holds_if(linear == WIDTH && standard == TOKENS),
        precision: Precision::Exact,
    }
}

fn distribution(queries: &Tensor, keys: &Tensor) -> Finding {
    let weights = implied_weights(queries, keys);
    let sums = weights.sum_dim_intlist([1].as_slice(), false, None);
    let (least, most) = (sums.min().double_value(&[]), sums.max().double_value(&[]));
    let negative = weights.lt(0.0).to_kind(Kind::Double).mean(Kind::Double).double_value(&[]);
    Finding {
        id: "distribution".into(),
        claim: "Its rows are no distributions over the tokens".into(),
        source: "standard result".into(),
        expected: "sums other than 1, and negative weights".into(),
        measured: format!(
            "sums from {} to {}; {} of the weights are negative",
            fixed(least, 2),
            fixed(most, 2),
            fixed(negative, 2)
        ),
        verdict: Verdict::holds_if(most - least > 0.1 && negative > 0.01),
        precision: Precision::Relative(0.01),
    }
}
