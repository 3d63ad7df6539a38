//! Bi-level optimisation: the gradient through an inner problem by the implicit function theorem.
//!
//! Where ∂g/∂y(y, θ) = 0 defines y*(θ), dy*/dθ = −(∂²g/∂y²)⁻¹ ∂²g/∂y∂θ. Of the solver nothing enters but
//! its result.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use crate::toolkit::derivatives::{finite_differences, gradients};
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::{Context, Finding, Outcome, Verdict};

mod ridge;

use ridge::Ridge;

const QUESTION: &str = "001, Optimization, question 5";

/// The gradient of `outer` at the inner solution `y`, by the theorem: v = (∂²g/∂y²)⁻¹ ∂L/∂y, then
/// −vᵀ ∂²g/∂y∂θ, by differentiating the inner gradient once more.
fn implicit(
    y: &Tensor,
    theta: f64,
    inner: impl Fn(&Tensor, &Tensor) -> Tensor,
    outer: impl Fn(&Tensor) -> Tensor,
) -> f64 {
    let y = y.detach().reshape([-1]).set_requires_grad(true);
    let theta = Tensor::from(theta).set_requires_grad(true);
    let gradient = Tensor::run_backward(&[inner(&y, &theta)], &[&y], true, true).remove(0);
    let row = |part: Tensor| Tensor::run_backward(&[part], &[&y], true, false).remove(0);
    let hessian = Tensor::stack(&gradient.unbind(0).into_iter().map(row).collect::<Vec<_>>(), 0);
    let slope = gradients(&[&y], |y| outer(&y[0])).remove(0);
    let v = Tensor::linalg_solve(&hessian, &slope.unsqueeze(1), true).squeeze_dim(1);
    let product = -(v * gradient).sum(Kind::Double);
    Tensor::run_backward(&[product], &[&theta], false, false)[0].double_value(&[])
}

/// Gradients through a closed form, through a bisection, and through descent that stops early.
pub fn bilevel(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let ridge = Ridge::new(context);
    outcome.findings.push(closed_form(&ridge, &mut outcome.working));
    outcome.findings.extend(bisected(&mut outcome.working));
    let found = unrolled(&ridge, &mut outcome)?;
    outcome.findings.push(found);
    Ok(outcome)
}

fn closed_form(ridge: &Ridge, working: &mut Vec<String>) -> Finding {
    let mut largest: f64 = 0.0;
    for theta in [-3.0, -1.0, 0.5] {
        let by_theorem =
            implicit(&ridge.solve(theta), theta, |w, t| ridge.inner(w, t), |w| ridge.outer(w));
        let outer = |t: &Tensor| ridge.outer(&ridge.solve(t.double_value(&[0]))).double_value(&[]);
        let numeric =
            finite_differences(&Tensor::from_slice(&[theta]), 1e-5, outer).double_value(&[0]);
        working.push(format!(
            "ridge, θ = {theta}: implicit {by_theorem:.9}, finite differences {numeric:.9}"
        ));
        largest = largest.max((by_theorem / numeric - 1.0).abs());
    }
    Finding::exact(
        "closed-form",
        "The inner problem need not be solved by a descent-based method",
        QUESTION,
        "ridge regression solved by Cholesky: the implicit gradient by θ = ln λ equals finite \
                   differences, at three θ",
        format!("relative difference {}", at_most(largest, -6)),
        Verdict::holds_if(largest < 1e-6),
    )
}

/// Inner: argmin over y of eʸ + ½y² − θy, whose slope eʸ + y − θ grows with y.
fn inner_scalar(y: &Tensor, theta: &Tensor) -> Tensor {
    (y.exp() + y.square() * 0.5 - theta * y).sum(Kind::Double)
}

/// Its solution by bisection: comparisons of floating-point numbers, in which no derivative is kept.
fn bisect(theta: f64) -> f64 {
    let (mut low, mut high) = (-50.0f64, 50.0f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        *(if middle.exp() + middle - theta > 0.0 { &mut high } else { &mut low }) = middle;
    }
    0.5 * (low + high)
}

fn bisected(working: &mut Vec<String>) -> [Finding; 2] {
    let (theta, outer) = (1.7, |y: &Tensor| y.sin().sum(Kind::Double));
    let y = bisect(theta);
    let by_theorem = implicit(&Tensor::from(y), theta, inner_scalar, outer);
    let value = |t: &Tensor| bisect(t.double_value(&[0])).sin();
    let numeric = finite_differences(&Tensor::from_slice(&[theta]), 1e-5, value).double_value(&[0]);
    let formula = y.cos() / (y.exp() + 1.0);
    working.push(format!(
        "bisection, y = {y:.6}: implicit {by_theorem:.9}, finite differences {numeric:.9}, \
         cos y/(eʸ + 1) = {formula:.9}"
    ));
    // A bisection only decides which half is kept: to autograd, its result is a constant. The θ times
    // zero is there because libtorch refuses to run backward from a constant.
    let through = gradients(&[&Tensor::from(theta)], |t| {
        outer(&Tensor::from(bisect(t[0].double_value(&[])))) + &t[0] * 0.0
    });
    let through = through[0].double_value(&[]);
    let apart = (by_theorem / numeric - 1.0).abs().max((by_theorem / formula - 1.0).abs());
    let given = Finding::exact(
        "differentiable-solver",
        "Any method may solve the inner problem, as long as it (the method) is differentiable with \
         respect to the parameters",
        QUESTION,
        "bisection, which is not, must not give the gradient",
        format!(
            "differentiating through it gives {}; the theorem at its result {}, finite differences {}",
            fixed(through, 4),
            fixed(by_theorem, 4),
            fixed(numeric, 4)
        ),
        Verdict::holds_if(apart > 1e-6),
    );
    let right = Finding::exact(
        "any-solver",
        "What must be differentiable is the solution; its derivative is −(∂²g/∂y²)⁻¹ ∂²g/∂y∂θ",
        "implicit function theorem",
        "finite differences of the bisection’s result, and cos y/(eʸ + 1) by hand",
        format!("relative differences {}", at_most(apart, -6)),
        Verdict::holds_if(apart < 1e-6),
    );
    [given, right]
}

/// Autograd through K steps of inner descent, and the theorem at the K-th iterate.
fn unrolled(ridge: &Ridge, outcome: &mut Outcome) -> Result<Finding> {
    let theta = -3.0;
    let inner = |w: &Tensor, t: &Tensor| ridge.inner(w, t);
    let exact = implicit(&ridge.solve(theta), theta, inner, |w| ridge.outer(w));
    let mut lines = [Vec::new(), Vec::new()];
    for steps in [16, 32, 48, 64, 80, 96, 112, 128] {
        let through =
            gradients(&[&Tensor::from(theta)], |t| ridge.outer(&ridge.descend(&t[0], steps)));
        let stopped = ridge.descend(&Tensor::from(theta), steps);
        let theorem = implicit(&stopped, theta, inner, |w| ridge.outer(w));
        let errors =
            [through[0].double_value(&[]), theorem].map(|value| (value / exact - 1.0).abs());
        outcome.show(format!(
            "{steps} inner steps: relative error {:.1e} through the solver, {:.1e} by the theorem",
            errors[0], errors[1]
        ));
        lines.iter_mut().zip(errors).for_each(|(line, error)| line.push((steps as f64, error)));
    }
    let [through, theorem] = lines;
    let (first, last) = (through[0].1, through[7].1);
    draw(outcome, through, theorem)?;
    Ok(Finding::exact(
        "early-stopping",
        "Differentiating through a solver gives the right gradient only once it has converged",
        "standard result",
        "ridge regression by gradient descent: an error that falls with the number of steps",
        format!(
            "{}% off after 16 steps, {}% after 128",
            fixed(100.0 * first, 1),
            scientific(100.0 * last, 0)
        ),
        Verdict::holds_if(first > 100.0 * last),
    )
    .within(0.1))
}

fn draw(outcome: &mut Outcome, through: Vec<(f64, f64)>, theorem: Vec<(f64, f64)>) -> Result<()> {
    let chart = LineChart {
        title: "Gradient of the validation error by ln λ, ridge regression".into(),
        x_label: "steps of the inner gradient descent".into(),
        y_label: "relative error of the gradient".into(),
        series: vec![
            Series::new("autograd through the steps", through),
            Series::new("implicit function theorem at the last iterate", theorem),
        ],
        log_y: true,
        ..LineChart::default()
    };
    let alt = "Relative error over inner steps, logarithmic: two falling lines, autograd through the steps \
               ten times above the theorem at the end.";
    let caption = "Both need an inner problem that is solved well. Through the steps the error dies more \
                   slowly, and the whole run must be kept in memory; the theorem takes the result of any \
                   solver.";
    outcome.plot("bilevel-gradient", &chart.draw()?, alt, caption)
}
