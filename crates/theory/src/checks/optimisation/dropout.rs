//! Dropout: two in a row, the scaling by 1/(1 − p), and its place before or after an activation.

use anyhow::Result;
use tch::{Kind, Tensor};

use crate::toolkit::compare::largest_difference;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Verdict};

const COUNT: i64 = 1_000_000;

/// Inverted dropout's mask: 0 with probability p, else 1/(1 − p).
fn mask(context: &Context, purpose: &str, p: f64) -> Tensor {
    let kept = context.uniform(&format!("dropout {purpose}"), &[COUNT]).ge(p);
    kept.to_kind(Kind::Double) / (1.0 - p)
}

fn mean(values: &Tensor) -> f64 {
    values.mean(Kind::Double).double_value(&[])
}

/// The share of values for which `condition` holds.
fn share(condition: Tensor) -> f64 {
    mean(&condition.to_kind(Kind::Double))
}

/// The three questions about dropout.
pub fn dropout(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.push(two(context, &mut outcome.working));
    outcome.findings.extend(scaling(context));
    outcome.findings.extend(place(context));
    Ok(outcome)
}

/// p₁ = 0.1 and p₂ = 0.2, as in the question, and two more pairs.
fn two(context: &Context, working: &mut Vec<String>) -> Finding {
    let mut holds = true;
    let mut texts = Vec::new();
    for (p1, p2) in [(0.1, 0.2), (0.5, 0.5), (0.05, 0.9)] {
        let q = 1.0 - (1.0 - p1) * (1.0 - p2);
        let both = mask(context, "first", p1) * mask(context, "second", p2);
        let dropped = share(both.eq(0.0));
        // A single dropout with q keeps each value 1/(1 − q) times: nothing else may occur.
        let kept = both.masked_select(&both.gt(0.0)) * (1.0 - q);
        let error = (q * (1.0 - q) / COUNT as f64).sqrt();
        holds &=
            (dropped - q).abs() < 4.0 * error && (kept - 1.0).abs().max().double_value(&[]) < 1e-12;
        working
            .push(format!("p₁ = {p1}, p₂ = {p2}: q = {q:.4}, {dropped:.4} ± {error:.4} dropped"));
        texts.push(format!("{} for {}", fixed(dropped, 3), fixed(q, 3)));
    }
    Finding::exact(
        "two-in-a-row",
        "Two dropouts in a row are one with q = 1 − (1 − p₁)(1 − p₂)",
        "001, Dropout, question 1",
        "for (0.1, 0.2), (0.5, 0.5), (0.05, 0.9): a share q of a million is 0, and what is kept \
                   is scaled by 1/(1 − q)",
        format!("{} dropped", texts.join(", ")),
        Verdict::holds_if(holds),
    )
}

/// The mean of a constant activation and of a function of it, with p = 0.3.
fn scaling(context: &Context) -> [Finding; 2] {
    let (p, a) = (0.3, 2.0);
    let scaled = a * mask(context, "scaling", p);
    let plain = &scaled * (1.0 - p);
    let error = 4.0 * a * (p / (1.0 - p) / COUNT as f64).sqrt();
    let (with, without) = (mean(&scaled), mean(&plain));
    let keeps = Finding::exact(
        "scaling",
        "Scaling by 1/(1 − p) is required to keep an activation’s value in expectation",
        "001, Dropout, question 3",
        "p = 0.3, activation 2: mean 2 with the scaling, (1 − p)·2 = 1.4 without",
        format!("{} with, {} without", fixed(with, 2), fixed(without, 2)),
        Verdict::holds_if((with - a).abs() < error && (without - (1.0 - p) * a).abs() < error),
    );
    let after = mean(&(&scaled - 1.0).sigmoid());
    let exact = p / (1.0 + 1f64.exp()) + (1.0 - p) / (1.0 + (1.0 - a / (1.0 - p)).exp());
    let undropped = 1.0 / (1.0 + (1.0 - a).exp());
    let nonlinear = Finding::exact(
        "through-nonlinear",
        "The mean is kept for the activation itself, not for a non-linear function of it",
        "standard result",
        format!(
            "σ(a − 1): not its value {} without dropout, but {}, from the two cases",
            fixed(undropped, 3),
            fixed(exact, 3)
        ),
        format!("mean {}", fixed(after, 3)),
        Verdict::holds_if((after - undropped).abs() > 0.02 && (after - exact).abs() < 0.002),
    );
    [keeps, nonlinear]
}

/// Dropout before and after ReLU, and before and after sigmoid, with the same mask.
fn place(context: &Context) -> [Finding; 3] {
    let x = context.normal("dropout inputs", &[COUNT]);
    let mask = mask(context, "place", 0.5);
    let apart = |f: fn(&Tensor) -> Tensor| largest_difference(&f(&(&x * &mask)), &(f(&x) * &mask));
    let (relu, sigmoid) = (apart(Tensor::relu), apart(Tensor::sigmoid));
    let dropped = mask.eq(0.0);
    let left = mean(&(&x * &mask).sigmoid().masked_select(&dropped));
    let finding = |id: &str, claim: &str, expected: &str, measured, verdict| {
        Finding::exact(id, claim, "001, Dropout, question 2", expected, measured, verdict)
    };
    [
        finding(
            "only-after",
            "Dropout must be placed only after the activation function: false",
            "before ReLU it gives what it gives after, on the same mask",
            format!("largest difference {}", at_most(relu, -12)),
            Verdict::holds_if(relu < 1e-12),
        ),
        finding(
            "before-better",
            "Before the activation it may be more effective against overfitting",
            "before a ReLU, as in the question’s network, another function than after it",
            format!("largest difference {}", at_most(relu, -12)),
            Verdict::holds_if(relu > 1e-12),
        ),
        Finding::exact(
            "sigmoid",
            "Before or after a ReLU is one and the same; for a sigmoid it is not",
            "standard result",
            "a difference with sigmoid only: a unit dropped before it says σ(0) = ½ and not 0",
            format!(
                "ReLU {}; sigmoid up to {}, dropped units say {}",
                at_most(relu, -12),
                fixed(sigmoid, 2),
                fixed(left, 1)
            ),
            Verdict::holds_if(relu < 1e-12 && sigmoid > 0.1 && (left - 0.5).abs() < 1e-12),
        ),
    ]
}
