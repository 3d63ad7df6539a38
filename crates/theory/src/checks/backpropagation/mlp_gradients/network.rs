//! The question's network and its loss.

use tch::{Kind, Tensor};

use crate::Context;
use crate::toolkit::derivatives::{finite_differences, gradients};

/// N.
pub(super) const SAMPLES: i64 = 7;
/// Width of x.
const FEATURES: i64 = 4;
/// λ.
pub(super) const DECAY: f64 = 0.3;

/// What comes after the second layer.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum End {
    /// ŷ = W₂ φ(W₁ x + b₁) + b₂, as the question has it.
    Linear,
    /// ŷ = σ(W₂ φ(W₁ x + b₁) + b₂), as a classifier has it.
    Sigmoid,
}

/// W₁ `[hidden, features]`, W₂ `[1, hidden]`, b₁, b₂, x `[samples, features]` and labels.
pub(super) struct Mlp {
    /// The five in the order of `NAMES`.
    pub tensors: [Tensor; 5],
    /// y, 0 or 1: `[samples, 1]`.
    pub labels: Tensor,
    /// What comes last.
    end: End,
}

impl Mlp {
    /// φ = σ. W₂ is positive and sums to less than 0.8, b₂ = 0.1: so 0.1 < ŷ < 0.9 even without a
    /// sigmoid at the end, and the cross-entropy in the question is defined.
    pub fn new(context: &Context, hidden: i64, end: End) -> Mlp {
        let purpose = |name: &str| format!("mlp-gradients {name}");
        let w2 = context.uniform(&purpose("W2"), &[1, hidden]) * (0.8 / hidden as f64);
        let tensors = [
            context.normal(&purpose("W1"), &[hidden, FEATURES]),
            w2,
            context.normal(&purpose("b1"), &[hidden]),
            Tensor::from_slice(&[0.1]),
            context.normal(&purpose("x"), &[SAMPLES, FEATURES]),
        ];
        let labels = context.uniform(&purpose("y"), &[SAMPLES, 1]).round();
        Mlp { tensors, labels, end }
    }

    /// φ(W₁ x + b₁), `[samples, hidden]`.
    pub fn hidden(&self, [w1, _, b1, _, x]: [&Tensor; 5]) -> Tensor {
        (x.matmul(&w1.tr()) + b1).sigmoid()
    }

    /// ŷ, `[samples, 1]`.
    pub fn prediction(&self, tensors: [&Tensor; 5]) -> Tensor {
        let [_, w2, _, b2, _] = tensors;
        let score = self.hidden(tensors).matmul(&w2.tr()) + b2;
        if self.end == End::Sigmoid { score.sigmoid() } else { score }
    }

    /// (1/N) Σ (−y ln ŷ − (1 − y) ln(1 − ŷ)) + (λ/2) (‖W₁‖² + ‖W₂‖²).
    fn loss(&self, tensors: [&Tensor; 5]) -> Tensor {
        let (y, p) = (&self.labels, self.prediction(tensors));
        let (not_y, not_p): (Tensor, Tensor) = (1.0 - y, 1.0 - &p);
        let entropy = -(y * p.log()) - not_y * not_p.log();
        let norms = tensors[0].square().sum(Kind::Double) + tensors[1].square().sum(Kind::Double);
        entropy.mean(Kind::Double) + 0.5 * DECAY * norms
    }

    /// ∂L of all five.
    pub fn autograd(&self) -> Vec<Tensor> {
        gradients(&self.tensors.each_ref(), |t| self.loss([&t[0], &t[1], &t[2], &t[3], &t[4]]))
    }

    /// Central differences of the loss in one of the tensors.
    pub fn numeric(&self, which: usize) -> Tensor {
        finite_differences(&self.tensors[which], 1e-5, |moved| {
            let mut tensors = self.tensors.each_ref();
            tensors[which] = moved;
            self.loss(tensors).double_value(&[])
        })
    }
}
