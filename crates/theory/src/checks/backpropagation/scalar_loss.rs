//! Why `backward` wants a scalar: what one backward pass computes of a vector of losses.

use anyhow::Result;
use tch::{Device, Kind, Tensor};

use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::{gradients, jacobian};
use crate::toolkit::numbers::at_most;
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// Entries of x.
const INPUTS: i64 = 6;
/// Entries of tanh(U x).
const HIDDEN: i64 = 5;
/// Entries of y: losses.
const OUTPUTS: i64 = 4;

/// Four losses at once: `y = V tanh(U x)`, of an x with six coordinates.
struct Vector {
    u: Tensor,
    v: Tensor,
    x: Tensor,
}

impl Vector {
    fn new(context: &Context) -> Vector {
        Vector {
            u: context.normal("scalar-loss U", &[HIDDEN, INPUTS]),
            v: context.normal("scalar-loss V", &[OUTPUTS, HIDDEN]),
            x: context.normal("scalar-loss x", &[INPUTS]),
        }
    }

    /// y as a function of x.
    fn at(&self, x: &Tensor) -> Tensor {
        self.v.mv(&self.u.mv(x).tanh())
    }

    /// ∂y/∂x = V diag(1 − tanh²(U x)) U, by hand.
    fn derivative(&self) -> Tensor {
        let slope: Tensor = 1.0 - self.u.mv(&self.x).tanh().square();
        self.v.matmul(&(slope.unsqueeze(1) * &self.u))
    }

    /// The gradient of the scalar wᵀy: one backward pass.
    fn pass(&self, w: &Tensor) -> Tensor {
        gradients(&[&self.x], |x| self.at(&x[0]).dot(w)).remove(0)
    }
}

/// What `backward` says to a vector, what a vector-Jacobian product is, and what it costs.
pub fn scalar_loss(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let vector = Vector::new(context);
    outcome.findings.push(refused(&vector, &mut outcome.working));
    outcome.findings.push(by_rows(&vector, &mut outcome.working));
    outcome.findings.push(without_jacobian(&vector, context));
    outcome.findings.push(summed(&vector));
    outcome.findings.push(filled_in(&vector));
    Ok(outcome)
}

/// What libtorch answers when asked for the gradient of a vector.
fn refused(vector: &Vector, working: &mut Vec<String>) -> Finding {
    let x = vector.x.copy().set_requires_grad(true);
    let answer = vector.at(&x).f_backward().err().map(|error| error.to_string());
    // The first line; the stack of C++ calls follows.
    let said = answer.as_deref().and_then(|text| text.lines().next()).unwrap_or("no error");
    working.push(format!("y has {OUTPUTS} entries; y.backward() → {said}"));
    let untouched = !x.grad().defined();
    Finding {
        id: "refused".into(),
        claim: "The loss must be a scalar: backward refuses a vector".into(),
        source: "000, question 4; 002, the answer on the scalar loss".into(),
        expected: "an error, and no gradient".into(),
        measured: format!("“{said}”; {}", if untouched { "no gradient" } else { "a gradient" }),
        verdict: Verdict::holds_if(said.contains("only for scalar outputs") && untouched),
        precision: Precision::Exact,
    }
}

/// The Jacobian, one backward pass a row.
fn by_rows(vector: &Vector, working: &mut Vec<String>) -> Finding {
    let rows = jacobian(&vector.x, |x| vector.at(x));
    for (index, row) in (0..OUTPUTS).map(|index| (index, rows.get(index))) {
        let entries: Vec<f64> = Vec::try_from(row).unwrap_or_default();
        let entries: Vec<String> = entries.iter().map(|entry| format!("{entry:8.4}")).collect();
        working.push(format!("pass {}: ∂y{}/∂x = [{}]", index + 1, index + 1, entries.join(" ")));
    }
    let difference = relative_difference(&rows, &vector.derivative());
    Finding {
        id: "jacobian".into(),
        claim: "The Jacobian of m losses takes m backward passes, one vector-Jacobian product each"
            .into(),
        source: "standard result".into(),
        expected: "V diag(1 − tanh²(Ux)) U for y = V tanh(Ux), row by row".into(),
        measured: format!(
            "{OUTPUTS} passes, {OUTPUTS} × {INPUTS} numbers, relative difference {}",
            at_most(difference, -12)
        ),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}

/// Given a vector w, one pass yields wᵀJ: as many numbers as x has, and no Jacobian in between.
fn without_jacobian(vector: &Vector, context: &Context) -> Finding {
    let w = context.normal("scalar-loss w", &[OUTPUTS]);
    let pass = vector.pass(&w);
    let difference = relative_difference(&pass, &vector.derivative().tr().mv(&w));
    let stored = pass.numel();
    let whole = (OUTPUTS * INPUTS) as usize;
    Finding {
        id: "no-full-jacobian".into(),
        claim: "For a vector of losses PyTorch would have to compute and store the full Jacobian"
            .into(),
        source: "002, the answer on the scalar loss; 000, question 4".into(),
        expected: format!(
            "all {whole} entries of the Jacobian, from a backward pass weighted by w"
        ),
        measured: format!(
            "one pass, {stored} numbers: wᵀJ, relative difference {}",
            at_most(difference, -12)
        ),
        // The claim would need all of J; one pass gives wᵀJ and nothing else.
        verdict: Verdict::holds_if(!(difference < 1e-12 && stored < whole)),
        precision: Precision::Exact,
    }
}

/// `sum()` first: w is all ones.
fn summed(vector: &Vector) -> Finding {
    let gradient = gradients(&[&vector.x], |x| vector.at(&x[0]).sum(Kind::Double)).remove(0);
    let rows = vector.derivative().sum_dim_intlist(0, false, Kind::Double);
    let difference = relative_difference(&gradient, &rows);
    Finding {
        id: "sum-first".into(),
        claim: "A vector loss is reduced, for example by sum(), before backward".into(),
        source: "002, the answer on the scalar loss".into(),
        expected: "the sum of the Jacobian's rows: w = (1, …, 1)".into(),
        measured: format!("relative difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}

/// tch's `run_backward` takes a vector without complaint.
fn filled_in(vector: &Vector) -> Finding {
    let x = vector.x.copy().set_requires_grad(true);
    let silent = Tensor::run_backward(&[vector.at(&x)], &[&x], false, false).remove(0);
    let ones = Tensor::ones([OUTPUTS], (Kind::Double, Device::Cpu));
    let difference = relative_difference(&silent, &vector.derivative().tr().mv(&ones));
    Finding {
        id: "run-backward".into(),
        claim: "tch's run_backward takes a vector all the same, and fills in w = (1, …, 1)".into(),
        source: "standard result".into(),
        expected: "no error, and the gradient of the sum".into(),
        measured: format!("no error, relative difference {}", at_most(difference, -12)),
        verdict: Verdict::holds_if(difference < 1e-12),
        precision: Precision::Exact,
    }
}
