//! Self-attention without positions does not know the order of its inputs; an RNN does.

use anyhow::Result;
use tch::{Device, Kind, Tensor};

use crate::toolkit::attention::{attention_weights, causal_weights};
use crate::toolkit::compare::{largest, relative_difference};
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod layers;

use layers::{Recurrent, STEPS, Setting, WIDTH, frequencies, positions};

/// Permutations of the inputs of self-attention and of an RNN, with positions and without.
pub fn permutations(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let setting = Setting::new(context);
    outcome.show(format!("the order: {:?}", Vec::<i64>::try_from(&setting.order)?));
    outcome.findings.extend([
        equivariant(&setting),
        no_order(&setting),
        with_positions(&setting),
        recurrent(&setting),
        possible(&setting),
        redundant(&setting),
    ]);
    for finding in &outcome.findings {
        let line = format!("{}: {}", finding.id, finding.measured);
        outcome.working.push(line);
    }
    Ok(outcome)
}

fn equivariant(setting: &Setting) -> Finding {
    let violation = setting.violation(|x| setting.attention.attend(x, attention_weights));
    Finding {
        id: "equivariant".into(),
        claim:
            "Self-attention without positions is equivariant: permuted inputs give the permuted \
                outputs"
                .into(),
        source: "standard result".into(),
        expected: "SA(Px) = P SA(x)".into(),
        measured: format!("relative difference {}", at_most(violation, -12)),
        verdict: Verdict::holds_if(violation < 1e-12),
        precision: Precision::Exact,
    }
}

fn no_order(setting: &Setting) -> Finding {
    let encoder = setting.violation(|x| setting.attention.attend(x, attention_weights));
    let decoder = setting.violation(|x| setting.attention.attend(x, causal_weights));
    Finding {
        id: "no-order".into(),
        claim: "Transformers do not have an inherent notion of sequence order".into(),
        source: "000, question 6 (a)".into(),
        expected: "SA(Px) = P SA(x), without and with the mask that hides later inputs".into(),
        measured: format!(
            "relative difference {} without the mask, {} with it",
            at_most(encoder, -12),
            fixed(decoder, 2)
        ),
        verdict: Verdict::by_condition(encoder < 1e-12, decoder < 1e-12),
        precision: Precision::Relative(0.01),
    }
}

fn with_positions(setting: &Setting) -> Finding {
    let violation =
        setting.violation(|x| setting.attention.attend(&(x + positions()), attention_weights));
    Finding {
        id: "positions".into(),
        claim: "Positional embeddings tell the model where each token stands".into(),
        source: "000, question 6 (a)".into(),
        expected: "no equivariance once they are added".into(),
        measured: format!("relative difference {}", fixed(violation, 2)),
        verdict: Verdict::holds_if(violation > 0.01),
        precision: Precision::Relative(0.01),
    }
}

fn recurrent(setting: &Setting) -> Finding {
    let last = |x: &Tensor| setting.recurrent.states(x).get(STEPS - 1);
    let reordered = setting.sequence.index_select(0, &setting.order);
    let change = relative_difference(&last(&reordered), &last(&setting.sequence));
    Finding {
        id: "rnn".into(),
        claim: "An RNN already has an implicit understanding of the sequence’s order".into(),
        source: "000, question 6 (a)".into(),
        expected: "another last state if the inputs are permuted".into(),
        measured: format!("relative difference {}", fixed(change, 2)),
        verdict: Verdict::holds_if(change > 0.01),
        precision: Precision::Relative(0.01),
    }
}

/// Adding positions takes a sum before the first step; gradients reach them.
fn possible(setting: &Setting) -> Finding {
    let states = |positions: &Tensor| setting.recurrent.states(&(&setting.sequence + positions));
    let with = states(&positions());
    let slope = gradients(&[&positions()], |p| states(&p[0]).square().sum(Kind::Double)).remove(0);
    let trained = slope.abs().sum_dim_intlist([1].as_slice(), false, None).gt(0.0);
    let trained = trained.sum(Kind::Int64).int64_value(&[]);
    let change = relative_difference(&with, &states(&positions().zeros_like()));
    Finding {
        id: "rnn-possible".into(),
        claim: "It is not directly possible to add positional embeddings to an RNN’s inputs".into(),
        source: "000, question 6 (a)".into(),
        expected: "the RNN cannot be run, or trained, on xₜ + pₜ".into(),
        measured: format!(
            "it runs, its states change by {}, and {trained} of {STEPS} positions get a gradient",
            fixed(change, 2)
        ),
        verdict: Verdict::holds_if(trained == 0 || change < 1e-12 || largest(&with).is_nan()),
        precision: Precision::Relative(0.01),
    }
}

/// An RNN without positions, whose state has four clocks beside: from one step to the next the pair
/// (sin ωt, cos ωt) turns by the angle ω, which is a linear map of the state.
fn redundant(setting: &Setting) -> Finding {
    let pairs: Vec<Tensor> = (0..WIDTH / 2)
        .map(|pair| {
            let angle = frequencies().double_value(&[pair]);
            let (sine, cosine) = angle.sin_cos();
            Tensor::from_slice(&[cosine, -sine, sine, cosine]).reshape([2, 2])
        })
        .collect();
    let turn = Tensor::block_diag(&pairs);
    let Recurrent { input, recurrence } = &setting.recurrent;
    let mut state = Tensor::zeros([1, WIDTH], (Kind::Double, Device::Cpu));
    // The clocks' pairs start at (0, 1): the position 0.
    let mut clocks = positions().narrow(0, 0, 1);
    let mut states = Vec::new();
    for step in 0..STEPS {
        let token = setting.sequence.get(step).unsqueeze(0).matmul(input);
        state = (token + clocks.matmul(input) + state.matmul(recurrence)).tanh();
        clocks = clocks.matmul(&turn);
        states.push(state.shallow_clone());
    }
    let with_positions = setting.recurrent.states(&(&setting.sequence + positions()));
    let difference = relative_difference(&Tensor::cat(&states, 0), &with_positions);
    Finding {
        id: "rnn-redundant".into(),
        claim: "To an RNN positional embeddings are redundant".into(),
        source: "000, question 6 (a)".into(),
        expected: "an RNN without them, that counts in its state, has the same states".into(),
        measured: format!("relative difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}
