//! What numerical gradients cost, and what autograd cannot do.

use std::cell::Cell;
use std::time::Instant;

use tch::{Device, Kind, Tensor};

use super::Snippet;
use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Precision, Verdict};

/// How often the loss of one network is evaluated.
struct Count {
    parameters: usize,
    numeric: usize,
    autograd: usize,
}

/// Counts for W `[d, d]` and b: the loss counts its calls.
fn count(context: &Context, d: i64, working: &mut Vec<String>) -> Count {
    let snippet = Snippet::new(context, d);
    let joined = Tensor::cat(&[snippet.w.reshape([-1]), snippet.b.copy()], 0);
    let calls = Cell::new(0);
    let loss = |p: &Tensor| {
        calls.set(calls.get() + 1);
        snippet.linear(&p.narrow(0, 0, d * d).view([d, d]), &p.narrow(0, d * d, d))
    };
    let start = Instant::now();
    let _ = finite_differences(&joined, 1e-6, |p| loss(p).double_value(&[]));
    let (numeric, numeric_time) = (calls.replace(0), start.elapsed());
    let start = Instant::now();
    let _ = gradients(&[&joined], |p| loss(&p[0]));
    let (autograd, autograd_time) = (calls.replace(0), start.elapsed());
    let parameters = joined.numel();
    working.push(format!(
        "{parameters} parameters: {numeric} evaluations in {numeric_time:.1?}; autograd {autograd} \
         evaluation and a backward pass in {autograd_time:.1?}"
    ));
    Count { parameters, numeric, autograd }
}

/// Evaluations against parameters, for three sizes of the snippet.
pub(super) fn cost(context: &Context, working: &mut Vec<String>) -> Finding {
    let counts = [5, 10, 20].map(|d| count(context, d, working));
    let list = |pick: fn(&Count) -> usize| {
        counts.iter().map(|count| pick(count).to_string()).collect::<Vec<_>>().join(", ")
    };
    let as_expected = |count: &Count| count.numeric == 2 * count.parameters && count.autograd == 1;
    Finding {
        id: "cost".into(),
        claim:
            "Numerical gradients need many forward passes, autograd one forward and one backward"
                .into(),
        source: "001, Backpropagation, question 2".into(),
        expected: "2P evaluations for P parameters, and 1".into(),
        measured: format!(
            "{} evaluations for {} parameters; autograd {}",
            list(|count| count.numeric),
            list(|count| count.parameters),
            list(|count| count.autograd)
        ),
        verdict: Verdict::holds_if(counts.iter().all(as_expected)),
        precision: Precision::Exact,
    }
}

/// A square root by bisection, outside libtorch: a program that only returns numbers.
fn root(x: f64) -> f64 {
    let (mut low, mut high) = (0.0, x.max(1.0));
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if middle * middle < x { low = middle } else { high = middle }
    }
    low
}

/// What only needs values works on a black box; autograd needs to have seen every operation.
pub(super) fn black_box() -> Finding {
    let x = Tensor::from_slice(&[3.0]);
    let slope = finite_differences(&x, 1e-5, |x| root(x.double_value(&[0]))).double_value(&[0]);
    let leaf = x.set_requires_grad(true);
    let output = Tensor::full([1], root(leaf.double_value(&[0])), (Kind::Double, Device::Cpu));
    let error = output.f_backward().err().map(|error| error.to_string());
    let said = error.as_deref().and_then(|text| text.lines().next()).unwrap_or("no error");
    Finding {
        id: "black-box".into(),
        claim: "Autograd handles arbitrary computations, also such as finite differences do not"
            .into(),
        source: "001, Backpropagation, question 2".into(),
        expected: format!("1/(2√3) = {} by autograd too", fixed(0.5 / 3f64.sqrt(), 4)),
        measured: format!(
            "a root by bisection, outside libtorch: differences {}, autograd “{said}”",
            fixed(slope, 4)
        ),
        verdict: Verdict::holds_if(
            leaf.grad().defined() || (slope - 0.5 / 3f64.sqrt()).abs() > 1e-6,
        ),
        precision: Precision::Exact,
    }
}
