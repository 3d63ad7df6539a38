//! A residual layer learns f(x) = y − x: for a linear layer in closed form, and by gradient descent.
//!
//! One convolution with a 5 × 5 kernel has to map images x to y = k ∗ x plus noise. Least squares
//! gives the best kernel of the plain layer, y ≈ f ∗ x, and of the residual one, y ≈ x + f ∗ x.

use anyhow::Result;
use tch::Tensor;

use crate::toolkit::compare::largest_difference;
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::toolkit::picture::matrices;
use crate::{Context, Finding, Outcome, Precision, Verdict};

mod problem;

use problem::{KERNEL, Problem, Shape, delta};

/// A plain and a residual layer on one problem.
pub fn residual_layers(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let small = 0.1 * context.normal("residual-layers kernel", &[KERNEL * KERNEL]);
    let near_identity = delta() + &small;
    let problem = Problem::new(context, &near_identity);
    let plain = problem.best(Shape::Plain, 0.0);
    let residual = problem.best(Shape::Residual, 0.0);
    outcome.findings.extend([
        different(&plain, &residual),
        comparable(&plain, &residual),
        same_function(&problem, &plain, &residual),
        trained(&problem, &plain, &residual),
        effective(&problem, &plain, &residual),
        with_decay(&problem),
    ]);
    let easier = easier(context, &small, &mut outcome);
    outcome.findings.push(easier);
    draw(&plain, &residual, &mut outcome)?;
    Ok(outcome)
}

fn different(plain: &Tensor, residual: &Tensor) -> Finding {
    let cosine = (plain.dot(residual) / (plain.norm() * residual.norm())).double_value(&[]);
    let distance = ((plain - residual).norm() / residual.norm()).double_value(&[]);
    Finding {
        id: "different-filters".into(),
        claim:
            "The network with y = f(x) and the one with y = f(x) + x learn completely different \
                filters"
                .into(),
        source: "001, CNNs, question 4".into(),
        expected: "filters farther apart than the residual one is long".into(),
        measured: format!(
            "distance {} times its length, cosine {}",
            fixed(distance, 2),
            fixed(cosine, 2)
        ),
        verdict: Verdict::holds_if(distance > 1.0),
        precision: Precision::Relative(0.01),
    }
}

fn comparable(plain: &Tensor, residual: &Tensor) -> Finding {
    let difference = largest_difference(&(residual + delta()), plain);
    Finding {
        id: "not-comparable".into(),
        claim: "The filters of the two are not directly comparable".into(),
        source: "001, CNNs, answer 4".into(),
        expected: "no simple rule gives one from the other".into(),
        measured: format!(
            "plain filter = residual filter + 1 in the middle: difference {}",
            at_most(difference, -10)
        ),
        verdict: Verdict::holds_if(difference > 1e-3),
        precision: Precision::Exact,
    }
}

fn same_function(problem: &Problem, plain: &Tensor, residual: &Tensor) -> Finding {
    let outputs = [(Shape::Plain, plain), (Shape::Residual, residual)]
        .map(|(shape, filter)| problem.output(shape, filter));
    let difference = largest_difference(&outputs[0], &outputs[1]);
    Finding {
        id: "same-function".into(),
        claim: "Both learn the same function: f(x) = y in one, f(x) = y − x in the other".into(),
        source: "standard result".into(),
        expected: "outputs equal".into(),
        measured: format!("difference {}", at_most(difference, -10)),
        verdict: Verdict::holds_if(difference < 1e-10),
        precision: Precision::Exact,
    }
}

fn trained(problem: &Problem, plain: &Tensor, residual: &Tensor) -> Finding {
    let differences = [(Shape::Plain, plain), (Shape::Residual, residual)]
        .map(|(shape, best)| largest_difference(&problem.train(shape).1, best));
    let largest = differences[0].max(differences[1]);
    Finding {
        id: "trained".into(),
        claim: "Gradient descent finds these filters".into(),
        source: "standard result".into(),
        expected: "the closed form, after 1000 steps from 0".into(),
        measured: format!("difference {}", at_most(largest, -8)),
        verdict: Verdict::holds_if(largest < 1e-8),
        precision: Precision::Exact,
    }
}

fn effective(problem: &Problem, plain: &Tensor, residual: &Tensor) -> Finding {
    let losses = [problem.loss(Shape::Plain, plain), problem.loss(Shape::Residual, residual)];
    let gain = (losses[0] - losses[1]) / losses[0];
    Finding {
        id: "more-effective".into(),
        claim: "The filters of the residual network may be more diverse, specialised and effective"
            .into(),
        source: "001, CNNs, answer 4".into(),
        expected: "a smaller loss".into(),
        measured: format!(
            "mean squared errors {} and {}, relative difference {}",
            scientific(losses[0], 3),
            scientific(losses[1], 3),
            at_most(gain.abs(), -10)
        ),
        verdict: Verdict::holds_if(gain > 1e-6),
        precision: Precision::Relative(1e-3),
    }
}

fn with_decay(problem: &Problem) -> Finding {
    let difference = |decay| {
        let outputs = [Shape::Plain, Shape::Residual]
            .map(|shape| problem.output(shape, &problem.best(shape, decay)));
        largest_difference(&outputs[0], &outputs[1])
    };
    let (without, with) = (difference(0.0), difference(0.1));
    Finding {
        id: "weight-decay".into(),
        claim: "Whatever is minimised, the two layers end at the same function".into(),
        source: "standard result".into(),
        expected: "equal outputs, without weight decay and with 0.1·‖f‖²".into(),
        measured: format!(
            "difference {} without, {} with: one layer is drawn to 0, the other to the identity",
            at_most(without, -10),
            fixed(with, 2)
        ),
        verdict: Verdict::by_condition(without < 1e-10, with < 1e-10),
        precision: Precision::Relative(0.01),
    }
}

/// Steps to a given loss for a target near the identity and for one near 0.
fn easier(context: &Context, small: &Tensor, outcome: &mut Outcome) -> Finding {
    let steps = |kernel: &Tensor| {
        let problem = Problem::new(context, kernel);
        [Shape::Plain, Shape::Residual].map(|shape| problem.train(shape).0)
    };
    let near = 0.3 * small;
    let (identity, zero) = (steps(&(delta() + &near)), steps(&near));
    for (name, [plain, residual]) in [("the identity", identity), ("0", zero)] {
        outcome.show(format!(
            "target near {name}: {plain} steps for y = f(x), {residual} for y = f(x) + x"
        ));
    }
    Finding {
        id: "easier".into(),
        claim: "The residual connections help the optimisation over difficult regions".into(),
        source: "001, CNNs, answer 4".into(),
        expected: "fewer steps of gradient descent with them, whatever the target".into(),
        measured: format!(
            "{} in place of {} for a target near the identity, {} in place of {} near 0",
            identity[1], identity[0], zero[1], zero[0]
        ),
        verdict: Verdict::by_condition(identity[1] < identity[0], zero[1] < zero[0]),
        precision: Precision::Relative(0.05),
    }
}

fn draw(plain: &Tensor, residual: &Tensor, outcome: &mut Outcome) -> Result<()> {
    // Middle grey is 0, black is 1.
    let shades = |filter: &Tensor| (filter * 0.5 + 0.5).reshape([KERNEL, KERNEL]);
    let tiles = [
        ("y = f(x)", shades(plain)),
        ("y = f(x) + x", shades(residual)),
        ("difference", shades(&(plain - residual))),
    ];
    outcome.png(
        "residual-filters",
        matrices(&tiles, 20)?.png()?,
        "Three 5 by 5 filters: one with a dark middle, one of faint greys, and their difference, a \
         single black square",
        "The filters that the plain and the residual layer learn for one task, and their difference: \
         the identity (grey is 0, black is 1).",
    );
    Ok(())
}
