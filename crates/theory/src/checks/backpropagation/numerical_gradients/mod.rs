//! Gradients from differences of the loss: the notebook's snippet in Rust, the error against the step
//! size, and the cost beside autograd.

mod limits;
mod sweep;

use anyhow::Result;
use tch::{Kind, Tensor};

use self::sweep::Sweep;
use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// Rows of X.
const SAMPLES: i64 = 100;
/// Where the snippet stands.
const SOURCE: &str = "001, Backpropagation, question 3";

/// The snippet's tensors: X `[100, d]`, W `[d, d]` and b `[d]`, uniform in (0, 1).
struct Snippet {
    x: Tensor,
    w: Tensor,
    b: Tensor,
}

impl Snippet {
    fn new(context: &Context, d: i64) -> Snippet {
        let uniform =
            |name, shape: &[i64]| context.uniform(&format!("numerical-gradients {name}"), shape);
        Snippet { x: uniform("X", &[SAMPLES, d]), w: uniform("W", &[d, d]), b: uniform("b", &[d]) }
    }

    /// `torch.mean(X @ W + b)`, as in the snippet: linear in its parameters.
    fn linear(&self, w: &Tensor, b: &Tensor) -> Tensor {
        (self.x.matmul(w) + b).mean(Kind::Double)
    }

    /// The same through an exponential: a loss that bends.
    fn curved(&self, w: &Tensor) -> Tensor {
        (self.x.matmul(w) + &self.b).exp().mean(Kind::Double)
    }
}

/// The snippet and its `allclose`, the V of the error, the cost, and what each method cannot do.
pub fn numerical_gradients(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let snippet = Snippet::new(context, 5);
    outcome.findings.push(in_place(&snippet));
    outcome.findings.push(all_close(&snippet, &mut outcome.working));
    let sweep = Sweep::new(&snippet);
    outcome.findings.extend(sweep.findings(&mut outcome.working));
    outcome.plot(
        "numerical-gradients",
        &sweep.chart().draw()?,
        "Error of numerical gradients against the step on logarithmic axes: two V shapes, the \
         central difference's deeper and further right, and a line that only falls for the \
         snippet's linear loss",
        "Left of the best step rounding wins, right of it the bend of the loss. The snippet's loss \
         has no bend: there the largest step is the best.",
    )?;
    outcome.findings.push(limits::cost(context, &mut outcome.working));
    outcome.findings.push(limits::black_box());
    Ok(outcome)
}

/// `W_plus = copy.deepcopy(W)` requires gradients as W does; then `W_plus[i, j] += eps`.
fn in_place(snippet: &Snippet) -> Finding {
    let moved = |w_plus: Tensor| -> String {
        let added = w_plus.get(0).get(0).f_add_(&Tensor::from(1e-6));
        let error = added.err().map(|error| error.to_string());
        error.as_deref().and_then(|text| text.lines().next()).unwrap_or("no error").to_owned()
    };
    let literal = moved(snippet.w.copy().set_requires_grad(true));
    let detached = moved(snippet.w.detach().copy());
    Finding {
        id: "in-place".into(),
        claim:
            "The snippet may move one element of a copy of W, which requires gradients, in place"
                .into(),
        source: SOURCE.into(),
        expected: "no error".into(),
        measured: format!("“{literal}”; on a detached copy: {detached}"),
        verdict: Verdict::by_condition(detached == "no error", literal == "no error"),
        precision: Precision::Exact,
    }
}

/// `torch.allclose` with its tolerances: |a − b| ≤ 10⁻⁸ + 10⁻⁵ |b|.
fn all_close(snippet: &Snippet, working: &mut Vec<String>) -> Finding {
    let autograd = gradients(&[&snippet.w, &snippet.b], |p| snippet.linear(&p[0], &p[1]));
    let value = |w: &Tensor, b: &Tensor| snippet.linear(w, b).double_value(&[]);
    let grad_w = finite_differences(&snippet.w, 1e-6, |w| value(w, &snippet.b));
    let grad_b = finite_differences(&snippet.b, 1e-6, |b| value(&snippet.w, b));
    working.push(format!("loss = {:.4}", value(&snippet.w, &snippet.b)));
    let close = |a: &Tensor, b: &Tensor| a.allclose(b, 1e-5, 1e-8, false);
    let (w, b) = (close(&grad_w, &autograd[0]), close(&grad_b, &autograd[1]));
    Finding {
        id: "allclose".into(),
        claim: "Central differences with ε = 10⁻⁶ are allclose to autograd's gradients of W and b"
            .into(),
        source: SOURCE.into(),
        expected: "true for both".into(),
        measured: format!("W: {w}, b: {b}"),
        verdict: Verdict::holds_if(w && b),
        precision: Precision::Exact,
    }
}
