//! Remedies for vanishing and exploding gradients, one by one, on the 25-layer network; and how to tell
//! the two apart without looking at a gradient.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::Tensor;

use super::deep_network::{Network, Recipe, batch_norm, layer_norm, norm};
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::{Context, Finding, Outcome, Verdict};

/// ReLU layers with weights of 4.5 times He's variance.
fn exploding() -> Recipe {
    Recipe { gain: 9.0, ..Recipe::plain(Tensor::relu) }
}

/// The gradient at each hidden layer, with and without each remedy.
pub fn gradient_remedies(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let (sigmoid, relu) = (Recipe::plain(Tensor::sigmoid), Recipe::plain(Tensor::relu));
    let tanh = Recipe { normalise: layer_norm, ..Recipe::plain(Tensor::tanh) };
    let shares = [
        ("ReLU, large weights", exploding()),
        ("sigmoid, residual", Recipe { residual: true, ..sigmoid }),
        ("ReLU, He’s initialisation", Recipe { gain: 2.0, ..relu }),
        ("sigmoid, batch norm", Recipe { normalise: batch_norm, ..sigmoid }),
        ("ReLU, PyTorch’s initialisation", relu),
        ("sigmoid", sigmoid),
        ("sigmoid, layer norm", Recipe { normalise: layer_norm, ..sigmoid }),
        ("tanh, layer norm", tanh),
    ]
    .map(|(name, recipe)| {
        let norms = Network::new(context, recipe).signal_norms(context);
        let shares: Vec<f64> = norms.iter().map(|norm| norm / norms[24]).collect();
        outcome.show(format!(
            "{name}: layer 1 {:.1e}, layer 13 {:.1e} of layer 25",
            shares[0], shares[12]
        ));
        (name, shares)
    });
    draw(&mut outcome, &shares[..6])?;
    outcome.findings.extend(vanishing(shares.map(|(_, shares)| shares[0])));
    outcome.findings.extend(clipping(context));
    outcome.findings.push(telling(context, &mut outcome.working));
    Ok(outcome)
}

/// The remedies for vanishing: what is left of the gradient 24 layers below.
fn vanishing([_, residual, he, batch, pytorch, sigmoid, layer, tanh]: [f64; 8]) -> [Finding; 4] {
    let kept = |share: f64| (0.01..100.0).contains(&share);
    let expected = "24 layers below, between a hundredth and a hundred times the gradient";
    let finding = |id: &str, claim: &str, source: &str, when: &str, measured: String, verdict| {
        let expected = format!("{expected}{when}");
        Finding::exact(id, claim, source, expected, measured, verdict).within(0.2)
    };
    let (plain, default) = (scientific(sigmoid, 0), scientific(pytorch, 0));
    [
        finding(
            "relu",
            "ReLU in place of sigmoid or tanh lets gradients pass",
            "000, question 10(c), MLP",
            ": with He’s initialisation, and with PyTorch’s",
            format!("{} with He’s, {default} with PyTorch’s; sigmoid {plain}", fixed(he, 2)),
            Verdict::by_condition(kept(he), kept(pytorch)),
        ),
        finding(
            "batch-norm",
            "Batch normalisation helps to keep gradients stable",
            "000, question 10(c), CNN; 001, Losses and Activation functions, question 2",
            ", with sigmoid",
            format!("{}; without {plain}", fixed(batch, 2)),
            Verdict::holds_if(kept(batch) && !kept(sigmoid)),
        ),
        finding(
            "layer-norm",
            "Layer normalisation in its place helps to stabilise the gradient flow",
            "001, Losses and Activation functions, question 2",
            ": with tanh, and with sigmoid",
            format!("tanh {}, sigmoid {}", fixed(tanh, 2), scientific(layer, 0)),
            Verdict::by_condition(kept(tanh), kept(layer)),
        ),
        finding(
            "residual",
            "Skip connections help alleviate vanishing gradients",
            "001, Losses and Activation functions, question 2",
            ", with sigmoid",
            format!("{}; without {plain}", fixed(residual, 2)),
            Verdict::holds_if(kept(residual) && !kept(sigmoid)),
        ),
    ]
}

/// All gradients scaled by one factor, so that the norm over all is at most `limit`.
fn clipped(gradients: &[Tensor], limit: f64) -> Vec<Tensor> {
    let factor = (limit / total(gradients)).min(1.0);
    gradients.iter().map(|gradient| gradient * factor).collect()
}

fn total(gradients: &[Tensor]) -> f64 {
    gradients.iter().map(|gradient| norm(gradient).powi(2)).sum::<f64>().sqrt()
}

fn clipping(context: &Context) -> [Finding; 2] {
    let large = Network::new(context, exploding()).gradients(context);
    let after = clipped(&large, 1.0);
    let product: f64 = large
        .iter()
        .zip(&after)
        .map(|(a, b)| (a * b).sum(tch::Kind::Double).double_value(&[]))
        .sum();
    let angle = 1.0 - product / (total(&large) * total(&after));
    let small = Network::new(context, Recipe::plain(Tensor::sigmoid)).gradients(context);
    let (before, left) = (norm(&small[0]), norm(&clipped(&small, 1.0)[0]));
    let bounded = Finding::exact(
        "clipping",
        "Gradient clipping ensures that the gradient vector has norm at most c",
        "000, question 10(c), RNN",
        "norm 1 for c = 1 in the network with large weights, in the same direction",
        format!(
            "{} instead of {}, 1 − cosine {}",
            fixed(total(&after), 6),
            scientific(total(&large), 0),
            at_most(angle.abs(), -12)
        ),
        Verdict::holds_if((total(&after) - 1.0).abs() < 1e-9 && angle.abs() < 1e-12),
    )
    .within(0.2);
    let useless = Finding::exact(
        "clipping-vanishing",
        "Clipping does nothing against vanishing gradients",
        "standard result",
        "the first sigmoid layer’s gradient no larger after clipping",
        format!("{} before, {} after", scientific(before, 0), scientific(left, 0)),
        Verdict::holds_if(left <= before && before < 1e-10),
    )
    .within(0.2);
    [bounded, useless]
}

/// Ten steps of gradient descent, looking at nothing but losses and weights: the losses, and how far
/// the first and the last matrix moved, relative to their norm.
fn watched(context: &Context, recipe: Recipe) -> (Vec<f64>, [f64; 2]) {
    let mut network = Network::new(context, recipe);
    let start = network.separate();
    let losses = (0..10).map(|_| network.step(context, 0.01)).collect();
    let moved = [0, 25].map(|layer| {
        norm(&(&network.weights[layer] - &start.weights[layer])) / norm(&start.weights[layer])
    });
    (losses, moved)
}

fn telling(context: &Context, working: &mut Vec<String>) -> Finding {
    let (flat, [first, last]) = watched(context, Recipe::plain(Tensor::sigmoid));
    let (wild, _) = watched(context, exploding());
    for (step, (flat, wild)) in flat.iter().zip(&wild).enumerate() {
        working.push(format!(
            "step {step}: loss {flat:.4} with sigmoid, {wild:.1e} with large weights"
        ));
    }
    let overflow = wild.iter().position(|loss| !loss.is_finite());
    Finding::exact(
        "telling-apart",
        "Vanishing and exploding can be told apart without looking at gradients",
        "001, Optimization, question 6.4",
        "in ten steps: vanishing, a finite loss and a first layer that stands still while the last \
                   moves; exploding, a loss that is no number",
        format!(
            "first layer moved by {}, last by {}; exploding: {}",
            at_most(first, -12),
            fixed(last, 2),
            overflow.map_or("finite".to_owned(), |step| format!(
                "no finite loss from step {} on",
                step + 1
            ))
        ),
        Verdict::holds_if(
            first < 1e-12
                && last > 1e-3
                && flat.iter().all(|l| l.is_finite())
                && overflow.is_some(),
        ),
    )
    .within(0.1)
}

fn draw(outcome: &mut Outcome, variants: &[(&str, Vec<f64>)]) -> Result<()> {
    let line = |(name, shares): &(&str, Vec<f64>)| {
        let points = shares.iter().enumerate();
        Series::new(*name, points.map(|(layer, &share)| (layer as f64 + 1.0, share)).collect())
    };
    let chart = LineChart {
        title: "The gradient on its way from the output back to the input".into(),
        x_label: "hidden layer, from the input (1) to the output (25)".into(),
        y_label: "norm of ∂L/∂h, relative to layer 25".into(),
        series: variants.iter().map(line).collect(),
        log_y: true,
        height: 420.0,
        ..LineChart::default()
    };
    let alt = "Gradient norms by layer, logarithmic, all 1 at layer 25: towards the input, large weights rise \
               to 10⁸, three remedies stay level, ReLU in PyTorch’s initialisation and sigmoid fall.";
    let caption = "Read from right to left. A straight slope is a constant factor a layer: exploding above, \
                   vanishing below. Residuals, He’s initialisation and batch norm keep the lines level.";
    outcome.plot("gradient-remedies", &chart.draw()?, alt, caption)
}
