//! The worked numbers of question 19 in document 004, and whether a sum keeps a gradient from
//! growing exponentially.

use tch::Tensor;

use crate::toolkit::derivatives::gradients;
use crate::toolkit::fit::slope;
use crate::toolkit::numbers::{fixed, scientific};
use crate::{Finding, Precision, Verdict};

/// The two numbers, and the sum.
pub(super) fn findings(working: &mut Vec<String>) -> Vec<Finding> {
    vec![growing(), shrinking(), sum_is_product(working)]
}

/// The derivative of x after `layers` times x ← f(x), by autograd.
fn through(layers: usize, f: impl Fn(&Tensor) -> Tensor) -> f64 {
    let start = Tensor::from(1.0);
    let last = |x: &[Tensor]| (0..layers).fold(x[0].shallow_clone(), |x, _| f(&x));
    gradients(&[&start], last)[0].double_value(&[])
}

/// L = 21, l₀ = 1: the product has L − l₀ = 20 factors.
const LAYERS: usize = 20;

/// 1.1²⁰.
fn growing() -> Finding {
    let [claimed, half] = [0.1, 0.5].map(|slope| through(LAYERS, |x| x + slope * x));
    Finding {
        id: "growing-product".into(),
        claim: "∏ (1 + ∂A/∂x) ≃ 3325 for L = 21, l₀ = 1 and ∂A/∂x = 0.1".into(),
        source: "004, question 19".into(),
        expected: "3325".into(),
        measured: format!("{}; {} with ∂A/∂x = 0.5", fixed(claimed, 2), fixed(half, 0)),
        verdict: Verdict::holds_if((claimed - 3325.0).abs() < 0.5),
        precision: Precision::Exact,
    }
}

/// 0.5²⁰.
fn shrinking() -> Finding {
    let product = through(LAYERS, |x| x * 0.5);
    Finding {
        id: "shrinking-product".into(),
        claim: "∏ ∂LayerNorm/∂z ≃ 1·10⁻⁶ for 20 factors of 0.5".into(),
        source: "004, question 19".into(),
        expected: "1 × 10⁻⁶, to one digit".into(),
        measured: scientific(product, 2),
        verdict: Verdict::holds_if((product - 1e-6).abs() < 0.5e-6),
        precision: Precision::Exact,
    }
}

/// 1 + Σₗ ∂f(xₗ)/∂x₀ for f(x) = x/10, term by term: each ∂f(xₗ)/∂x₀ is itself a product.
fn sum_is_product(working: &mut Vec<String>) -> Finding {
    let f = |x: &Tensor| 0.1 * x;
    let sum = |depth: usize| {
        let term = |layer: usize| 0.1 * through(layer, |x| x + f(x));
        1.0 + (0..depth).map(term).sum::<f64>()
    };
    let depths = [10, 20, 40, 80];
    let sums = depths.map(sum);
    for (depth, sum) in depths.iter().zip(sums) {
        working.push(format!(
            "f(x) = x/10, {depth} layers: 1 + Σ ∂f(xₗ)/∂x₀ = {sum:.4}, 1.1^{depth} = {:.4}",
            1.1f64.powi(*depth as i32)
        ));
    }
    let logs: Vec<(f64, f64)> =
        depths.iter().zip(sums).map(|(&depth, sum)| (depth as f64, sum.ln())).collect();
    let factor = slope(&logs).exp();
    let [first, second, third, fourth] = sums.map(|sum| fixed(sum, 2));
    Finding {
        id: "sum-without-exponential".into(),
        claim: "With a sum in place of a product there is no exponential term in the number of \
                layers"
            .into(),
        source: "004, question 19".into(),
        expected: "1 + Σ ∂f(xₗ)/∂x₀ for f(x) = x/10 grows slower than by a factor a layer".into(),
        measured: format!(
            "{first}, {second}, {third}, {fourth} for 10, 20, 40, 80 layers: a factor of {} each",
            fixed(factor, 3)
        ),
        verdict: Verdict::holds_if(factor < 1.01),
        precision: Precision::Exact,
    }
}
