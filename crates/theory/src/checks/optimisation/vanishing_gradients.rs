//! The numerical examples of vanishing and exploding gradients, recomputed by autograd.

use anyhow::Result;
use tch::{Device, Kind, Tensor};

use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{fixed, scientific};
use crate::{Context, Finding, Outcome, Verdict};

mod chain;

use chain::Chain;

const SIGMOID: &str = "000, question 10(b), vanishing";
const RELU: &str = "000, question 10(b), exploding";
const TEN: &str = "001, Optimization, question 6.3";

/// Every number of the documents' examples.
pub fn vanishing_gradients(_: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(forward(&mut outcome.working));
    outcome.findings.extend(backward(&mut outcome.working));
    outcome.findings.extend(exploding());
    outcome.findings.extend(ten_layers());
    Ok(outcome)
}

fn sigmoid_chain(layers: i64) -> Chain {
    Chain { layers, weight: 0.1, activation: Tensor::sigmoid }
}

/// The slope σ(z)(1 − σ(z)).
fn sigmoid_slope(z: f64) -> f64 {
    let s = 1.0 / (1.0 + (-z).exp());
    s * (1.0 - s)
}

/// The six activations, and where the document takes the last layer's derivative.
fn forward(working: &mut Vec<String>) -> [Finding; 3] {
    let chain = sigmoid_chain(6);
    let activations = chain.activations(&Tensor::from(1.0f64), &chain.weights());
    let values: Vec<f64> = activations.iter().map(|a| a.double_value(&[])).collect();
    let claimed = [0.525, 0.513, 0.5128, 0.5128, 0.5128, 0.5128];
    let decimals = [3, 3, 4, 4, 4, 4];
    let off = values.iter().zip(claimed).map(|(v, c)| (v - c).abs()).fold(0.0, f64::max);
    let texts: Vec<String> = values.iter().zip(decimals).map(|(v, d)| fixed(*v, d)).collect();
    working.push(format!("activations of six sigmoid layers: {values:.6?}"));
    let (at_activation, at_input) = (sigmoid_slope(values[4]), sigmoid_slope(0.1 * values[4]));
    working.push(format!(
        "σ′({:.4}) = {at_activation:.4}, σ′({:.5}) = {at_input:.4}",
        values[4],
        0.1 * values[4]
    ));
    let finding = |id: &str, claim: &str, expected: &str, measured, holds| {
        Finding::exact(id, claim, SIGMOID, expected, measured, Verdict::holds_if(holds))
    };
    [
        finding(
            "activations",
            "Six sigmoid layers, weights 0.1, input 1: the activations are 0.525, 0.513, then 0.5128",
            "0.525, 0.513, 0.5128, 0.5128, 0.5128, 0.5128",
            texts.join(", "),
            off < 0.0005,
        ),
        finding(
            "derivative",
            "The last layer’s derivative is σ′(0.5128) ≈ 0.25",
            "0.25 to two digits",
            format!("{} at 0.5128, which is an activation", fixed(at_activation, 4)),
            (at_activation - 0.25).abs() < 0.005,
        ),
        finding(
            "derivative-right",
            "It belongs to the pre-activation, 0.1 · 0.5128, where it is 0.25",
            "0.25 to two digits",
            fixed(at_input, 4),
            (at_input - 0.25).abs() < 0.005,
        ),
    ]
}

/// The first layer's gradient, six and twenty layers deep.
fn backward(working: &mut Vec<String>) -> [Finding; 3] {
    let [six, six_input] = sigmoid_chain(6).slopes();
    let [twenty, _] = sigmoid_chain(20).slopes();
    // By hand: the slopes of six layers, and the weights of the five between them.
    let (mut h, mut product) = (1.0f64, 1.0);
    for layer in 0..6 {
        product *= sigmoid_slope(0.1 * h) * if layer > 0 { 0.1 } else { 1.0 };
        h = 1.0 / (1.0 + (-0.1 * h).exp());
    }
    working.push(format!(
        "six layers: ∂out/∂w₁ = {six:.4e}, by hand {product:.4e}; ∂out/∂x = {six_input:.4e}"
    ));
    working.push(format!(
        "twenty layers: ∂out/∂w₁ = {twenty:.4e}; 0.25²⁰ alone is {:.2e}",
        0.25f64.powi(20)
    ));
    let near = |value: f64, claimed: f64| (value / claimed - 1.0).abs() < 0.1;
    let finding = |id: &str, claim: &str, source: &str, expected: String, measured, holds| {
        Finding::exact(id, claim, source, expected, measured, Verdict::holds_if(holds))
    };
    [
        finding(
            "sigmoid-6",
            "The gradient of the first of six layers is 2.44 × 10⁻⁴",
            SIGMOID,
            "2.44 × 10⁻⁴, within 10%".into(),
            scientific(six, 2),
            near(six, 2.44e-4),
        ),
        finding(
            "sigmoid-20",
            "With 20 layers it is about 10 × 10⁻¹⁰",
            SIGMOID,
            "10 × 10⁻¹⁰, within a factor of 10".into(),
            scientific(twenty, 1),
            (1e-10..1e-8).contains(&twenty),
        ),
        finding(
            "weights-count",
            "Every layer between multiplies the gradient by σ′ and by its weight",
            "standard result",
            format!("{}, the product of six slopes and five weights", scientific(product, 2)),
            scientific(six, 2),
            (six / product - 1.0).abs() < 1e-9,
        ),
    ]
}

/// Twenty ReLU layers of weight 5, and the ten that the given number fits.
fn exploding() -> [Finding; 2] {
    let chain = |layers| Chain { layers, weight: 5.0, activation: Tensor::relu };
    let ([_, twenty], [_, ten]) = (chain(20).slopes(), chain(10).slopes());
    let claimed = 5f64.powi(10);
    let given = Finding::exact(
        "relu-20",
        "20 ReLU layers, weights 5, input 1: ∂L/∂x = 5¹⁰",
        RELU,
        format!("5¹⁰ = {}", fixed(claimed, 0)),
        format!("{}; 10 layers give {}", scientific(twenty, 3), fixed(ten, 0)),
        Verdict::holds_if((twenty / claimed - 1.0).abs() < 1e-9),
    );
    let right = Finding::exact(
        "relu-20-right",
        "It is 5²⁰: every layer multiplies by its weight",
        "standard result",
        scientific(5f64.powi(20), 3),
        scientific(twenty, 3),
        Verdict::holds_if((twenty / 5f64.powi(20) - 1.0).abs() < 1e-9),
    );
    [given, right]
}

/// The factor by which ten layers of `width` units change the gradient, all weights of one value.
fn wide(width: i64, weight: f64) -> f64 {
    let weights = Tensor::full([width, width], weight, (Kind::Double, Device::Cpu));
    let x = Tensor::ones([1, width], (Kind::Double, Device::Cpu));
    let network =
        |x: &[Tensor]| (0..10).fold(x[0].shallow_clone(), |h, _| h.matmul(&weights).relu());
    let slopes = gradients(&[&x], |x| network(x).mean(Kind::Double)).remove(0);
    slopes.sum(Kind::Double).double_value(&[])
}

fn ten_layers() -> [Finding; 2] {
    let [small, large] = [0.1, 10.0].map(|weight| wide(1, weight));
    let hundred = wide(100, 0.1);
    let near = |value: f64, claimed: f64| (value / claimed - 1.0).abs() < 1e-9;
    let finding = |id: &str, claim: &str, expected: &str, measured, verdict| {
        Finding::exact(id, claim, TEN, expected, measured, verdict)
    };
    [
        finding(
            "ten-small",
            "Ten layers with all weights 0.1 multiply the gradient by 0.1 each",
            "10⁻¹⁰ for ReLU layers that are active, whatever their width",
            format!(
                "{} with one unit a layer, {} with 100",
                scientific(small, 0),
                scientific(hundred, 0)
            ),
            Verdict::by_condition(near(small, 1e-10), near(hundred, 1e-10)),
        ),
        finding(
            "ten-large",
            "Ten layers with all weights 10 multiply it by 10 each",
            "10¹⁰ for ReLU layers of one unit",
            scientific(large, 0),
            Verdict::holds_if(near(large, 1e10)),
        ),
    ]
}
