//! Optimisers that step along an average of all gradients so far.

use tch::{Device, Kind, Tensor};

use super::{BETA, QUESTION};
use crate::toolkit::compare::relative_difference;
use crate::toolkit::fit::exponent;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Finding, Outcome, Verdict};

/// x ← x − rate·(average of all gradients so far) on ½x²: the values at steps 0, 1, 2, …
fn linear_descent(rate: f64, steps: usize) -> Vec<f64> {
    let (mut x, mut sum, mut values) = (1.0, 0.0, vec![1.0]);
    for step in 1..=steps {
        sum += x;
        x -= rate * sum / step as f64;
        values.push(x);
    }
    values
}

/// The same with the exponential average.
fn exponential_descent(rate: f64, steps: usize) -> Vec<f64> {
    let (mut x, mut average, mut values) = (1.0, 0.0, vec![1.0]);
    for _ in 0..steps {
        average = BETA * average + (1.0 - BETA) * x;
        x -= rate * average;
        values.push(x);
    }
    values
}

/// The largest size in each stretch from 4ᵏ to 4ᵏ⁺¹ steps.
fn envelope(values: &[f64]) -> Vec<(f64, f64)> {
    let largest = |from: usize| values[from..4 * from].iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    (2..9).map(|power| 1 << (2 * power)).map(|from| (from as f64, largest(from))).collect()
}

/// An optimiser on ½x² that steps along each average, at the rate 0.5.
pub(super) fn descent(outcome: &mut Outcome) -> [Finding; 2] {
    let (rate, steps) = (0.5, 1 << 18);
    let (slow, fast) = (linear_descent(rate, steps), exponential_descent(rate, 2000));
    let settled =
        |values: &[f64]| values.iter().rposition(|x| x.abs() > 0.01).map_or(0, |last| last + 1);
    let (reached, left) = (settled(&fast), envelope(&slow)[6].1);
    let slope = exponent(&envelope(&slow)[1..]);
    // t·(xₜ₊₁ − xₜ) = −rate·Σ xₛ is the recursion of the Laguerre polynomials: xₜ = Lₜ(rate), counting from 0.
    let order = Tensor::arange(1001, (Kind::Double, Device::Cpu));
    let laguerre = Tensor::special_laguerre_polynomial_l(&(order.ones_like() * rate), &order);
    let difference = relative_difference(&Tensor::from_slice(&slow[..1001]), &laguerre);
    outcome.show(format!(
        "exponential: below 0.01 from step {reached} on; linear: {left:.4} after {steps} steps"
    ));
    let slower = Finding::exact(
        "convergence",
        "With linear averaging, training converges more slowly",
        QUESTION,
        "more steps to a hundredth of the start on a parabola, at the rate 0.5",
        format!(
            "exponential {reached} steps; linear still at {} after more than 65 thousand",
            fixed(left, 3)
        ),
        Verdict::holds_if(reached < 1000 && left > 0.01),
    )
    .within(0.01);
    let law = Finding::exact(
        "laguerre",
        "On a parabola the linear average’s iterates are Laguerre polynomials of the rate, \
                oscillating with a size of t^(−1/4)",
        "derived in docs/theory.md",
        "libtorch’s Lₜ(0.5) for t up to 1000, and an exponent of −0.25",
        format!("relative difference {}, exponent {}", at_most(difference, -9), fixed(slope, 2)),
        Verdict::holds_if(difference < 1e-9 && (slope + 0.25).abs() < 0.02),
    );
    [slower, law]
}
