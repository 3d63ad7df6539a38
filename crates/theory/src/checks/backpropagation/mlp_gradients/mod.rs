//! A two-layer MLP with binary cross-entropy and weight decay: the derivatives of W₁, W₂, b₁, b₂ and
//! x by hand, as they were given and as they are, against autograd and finite differences.

mod network;

use anyhow::Result;
use tch::{Kind, Tensor};

use self::network::{DECAY, End, Mlp, SAMPLES};
use super::agreement::{agrees, difference_text};
use crate::toolkit::compare::relative_difference;
use crate::toolkit::numbers::at_most;
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// The tensors in the order in which everything here lists them.
const NAMES: [(&str, &str); 5] =
    [("w1", "W₁"), ("w2", "W₂"), ("b1", "b₁"), ("b2", "b₂"), ("x", "x")];

/// The five derivatives from δ = ∂L/∂(W₂ a + b₂), which has a row per sample. With
/// ε = ∂L/∂(W₁ x + b₁) = (δ W₂) ⊙ φ′, each layer's weight gets a product and its bias a sum.
fn chain(mlp: &Mlp, delta: &Tensor) -> [Tensor; 5] {
    let [w1, w2, _, _, x] = &mlp.tensors;
    let hidden = mlp.hidden(mlp.tensors.each_ref());
    // φ′ = φ (1 − φ) for the sigmoid.
    let epsilon: Tensor = delta.matmul(w2) * &hidden * (1.0 - &hidden);
    [
        epsilon.tr().matmul(x) + DECAY * w1,
        delta.tr().matmul(&hidden) + DECAY * w2,
        epsilon.sum_dim_intlist(0, false, Kind::Double),
        delta.sum_dim_intlist(0, false, Kind::Double),
        epsilon.matmul(w1),
    ]
}

/// The right δ for the question's network: (1/N) ∂ℓ/∂ŷ = (1/N) (ŷ − y) / (ŷ (1 − ŷ)).
fn right(mlp: &Mlp) -> Tensor {
    let prediction = mlp.prediction(mlp.tensors.each_ref());
    simplified(mlp) / (&prediction * (1.0 - &prediction))
}

/// δ = (1/N) (ŷ − y): a sigmoid at the end, whose derivative cancels the denominator.
fn simplified(mlp: &Mlp) -> Tensor {
    (mlp.prediction(mlp.tensors.each_ref()) - &mlp.labels) / SAMPLES as f64
}

/// The given answer, word for word: δ = (1/N) (φ(W₁ x + b₁) − y). A row of it has one number only
/// if there is one hidden unit. Where the answer leaves its index i free, the sum over i is meant.
fn as_given(mlp: &Mlp) -> Tensor {
    (mlp.hidden(mlp.tensors.each_ref()) - &mlp.labels) / SAMPLES as f64
}

/// All ten derivatives, and what becomes of the given ones with a sigmoid at the end.
pub fn mlp_gradients(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let mlp = Mlp::new(context, 5, End::Linear);
    let prediction = mlp.prediction(mlp.tensors.each_ref());
    outcome.show(format!(
        "hidden width 5, N = {SAMPLES}, λ = {DECAY}; ŷ between {:.3} and {:.3}",
        prediction.min().double_value(&[]),
        prediction.max().double_value(&[])
    ));
    outcome.findings.push(shapes(&mlp));
    outcome.findings.extend(given_findings(context));
    outcome.findings.push(repaired(context));
    outcome.findings.extend(right_findings(&mlp, &mut outcome.working));
    Ok(outcome)
}

/// (a − y) aᵀ is a square matrix, W₂ a row: with two hidden units or more they cannot be added.
fn shapes(mlp: &Mlp) -> Finding {
    let hidden = mlp.hidden(mlp.tensors.each_ref()).get(0).unsqueeze(1);
    let product = (&hidden - mlp.labels.get(0)).matmul(&hidden.tr());
    let (product, weight) = (product.size(), mlp.tensors[1].size());
    Finding {
        id: "shapes".into(),
        claim: "∂L/∂W₂ = (1/N) (φ(W₁x + b₁) − y) φ(W₁x + b₁)ᵀ + λ W₂ has the shape of W₂".into(),
        source: "001, Backpropagation, question 1".into(),
        expected: format!("{weight:?} for five hidden units"),
        measured: format!("{product:?} for the first term"),
        verdict: Verdict::holds_if(product == weight),
        precision: Precision::Exact,
    }
}

/// The given formulas where their shapes fit: one hidden unit.
fn given_findings(context: &Context) -> Vec<Finding> {
    let mlp = Mlp::new(context, 1, End::Linear);
    let (given, autograd) = (chain(&mlp, &as_given(&mlp)), mlp.autograd());
    let finding = |((given, autograd), (id, name)): ((&Tensor, &Tensor), (&str, &str))| {
        let difference = relative_difference(given, autograd);
        Finding {
            id: format!("{id}-as-given"),
            claim: format!("The given ∂L/∂{name} is right, at least for one hidden unit"),
            source: "001, Backpropagation, question 1".into(),
            expected: "autograd's gradient".into(),
            measured: format!("relative difference {}", difference_text(difference)),
            verdict: Verdict::holds_if(agrees(difference)),
            precision: Precision::Exact,
        }
    };
    given.iter().zip(&autograd).zip(NAMES).map(finding).collect()
}

/// With ŷ in place of φ(W₁x + b₁), the answer is that of a network which ends in a sigmoid.
fn repaired(context: &Context) -> Finding {
    let worst = |end: End| {
        let mlp = Mlp::new(context, 5, end);
        let kind = chain(&mlp, &simplified(&mlp));
        let difference = |(kind, autograd)| relative_difference(kind, autograd);
        kind.iter().zip(&mlp.autograd()).map(difference).fold(0.0, f64::max)
    };
    let (sigmoid, linear) = (worst(End::Sigmoid), worst(End::Linear));
    Finding {
        id: "with-a-sigmoid".into(),
        claim: "With ŷ − y in place of φ(W₁x + b₁) − y the answer is right".into(),
        source: "001, Backpropagation, question 1, read kindly".into(),
        expected: "autograd's five gradients".into(),
        measured: format!(
            "relative difference {}; for ŷ = σ(W₂ φ(W₁x + b₁) + b₂): {}",
            difference_text(linear),
            difference_text(sigmoid)
        ),
        verdict: Verdict::by_condition(agrees(sigmoid), agrees(linear)),
        precision: Precision::Exact,
    }
}

/// Each derivative against autograd, and autograd against differences.
fn right_findings(mlp: &Mlp, working: &mut Vec<String>) -> Vec<Finding> {
    let (derived, autograd) = (chain(mlp, &right(mlp)), mlp.autograd());
    let mut findings = Vec::new();
    for (which, (id, name)) in NAMES.into_iter().enumerate() {
        let by_hand = relative_difference(&derived[which], &autograd[which]);
        let numeric = relative_difference(&mlp.numeric(which), &autograd[which]);
        working.push(format!(
            "∂L/∂{name}: against autograd {by_hand:.1e}, autograd against differences {numeric:.1e}"
        ));
        findings.push(Finding {
            id: id.into(),
            claim: format!("∂L/∂{name} = {}", FORMULAS[which]),
            source: "standard result".into(),
            expected: "autograd's gradient, and central differences of the loss".into(),
            measured: format!(
                "relative difference {}; {}",
                difference_text(by_hand),
                at_most(numeric, -7)
            ),
            verdict: Verdict::holds_if(agrees(by_hand) && numeric < 1e-7),
            precision: Precision::Exact,
        });
    }
    findings
}

/// What [`chain`] computes, as the findings write it.
const FORMULAS: [&str; 5] = [
    "Σᵢ εᵢ xᵢᵀ + λ W₁ with εᵢ = W₂ᵀ δᵢ ⊙ φ′(W₁xᵢ + b₁)",
    "Σᵢ δᵢ φ(W₁xᵢ + b₁)ᵀ + λ W₂ with δᵢ = (ŷᵢ − yᵢ) / (N ŷᵢ (1 − ŷᵢ))",
    "Σᵢ εᵢ",
    "Σᵢ δᵢ",
    "W₁ᵀ εᵢ for each sample xᵢ",
];
