//! Questions 11 to 15 of document 004, each line against autograd.

use tch::{Kind, Tensor};

use super::networks::{COUNT, Gan, continued, fake_part, output, real_part};
use crate::checks::backpropagation::agreement::{Formula, agrees, difference_text};
use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::gradients;
use crate::{Finding, Precision, Verdict};

/// n, by which L divides.
const N: f64 = COUNT as f64;

/// Question by question.
pub(super) fn findings(gan: &Gan, working: &mut Vec<String>) -> Vec<Finding> {
    let mut findings = vec![weighted(gan)];
    findings.extend(at_the_output(gan, working));
    findings.extend(through_a_layer(gan));
    findings.push(at_the_fakes(gan));
    findings.push(into_the_generator(gan));
    findings
}

/// Question 11: ∇D of each sample, weighted by 1/D or −1/(1 − D).
fn weighted(gan: &Gan) -> Finding {
    let weights: Vec<&Tensor> = gan.discriminator.iter().collect();
    let mut sums: Vec<Tensor> = weights.iter().map(|w| w.zeros_like()).collect();
    let mut add = |x: &Tensor, weight: &dyn Fn(f64) -> f64| {
        let probability = output(&gan.discriminator, x).sigmoid().double_value(&[0, 0]);
        let slopes = gradients(&weights, |w| output(w, x).sigmoid().sum(Kind::Double));
        for (sum, slope) in sums.iter_mut().zip(slopes) {
            *sum += weight(probability) / N * slope;
        }
    };
    for i in 0..COUNT {
        add(&gan.real.narrow(0, i, 1), &|d| 1.0 / d);
        add(&gan.fakes().narrow(0, i, 1), &|d| -1.0 / (1.0 - d));
    }
    Formula {
        id: "discriminator",
        claim: "∇L = (1/n) Σ ∇D(Xⁱ)/D(Xⁱ) − ∇D(G(Zⁱ))/(1 − D(G(Zⁱ))) for the discriminator",
        source: "004, question 11",
        expected: "autograd's gradient of L in the discriminator's weights",
    }
    .with_difference(worst(&sums, &gan.discriminator_gradient()))
}

/// Question 12: the last pre-activation. The answer's average is the derivative of L by one number
/// added to the last pre-activations of all images.
fn at_the_output(gan: &Gan, working: &mut Vec<String>) -> Vec<Finding> {
    let real = output(&gan.discriminator, &gan.real);
    let fake = output(&gan.discriminator, &gan.fakes());
    let offset = Tensor::from_slice(&[0.0]);
    let autograd =
        gradients(&[&offset], |c| real_part(&(&real + &c[0])) + fake_part(&(&fake + &c[0])));
    let (accepted, fooled) = (real.sigmoid(), fake.sigmoid());
    let missed: Tensor = 1.0 - accepted;
    working.push(format!(
        "mean 1 − D(X) = {:.4}, mean D(G(Z)) = {:.4}, ∂L/∂(offset of the last layer) = {:.4}",
        missed.mean(Kind::Double).double_value(&[]),
        fooled.mean(Kind::Double).double_value(&[]),
        autograd[0].double_value(&[0])
    ));
    let average = |values: Tensor| values.mean(Kind::Double).reshape([1]);
    vec![
        Formula {
            id: "output-as-given",
            claim: "∂L/∂z of the last layer is (1/n) Σ (1 − D(Xⁱ)) + D(G(Zⁱ))",
            source: "004, question 12",
            expected: "autograd's derivative of L by an offset of all last pre-activations",
        }
        .against(&average(&missed + &fooled), &autograd[0]),
        Formula {
            id: "output",
            claim: "It is (1/n) Σ (1 − D(Xⁱ)) − D(G(Zⁱ))",
            source: "standard result",
            expected: "the same",
        }
        .against(&average(&missed - &fooled), &autograd[0]),
    ]
}

/// ∂L/∂z of one layer for the fakes, `[COUNT, width]`, by autograd. Layers count from 1.
fn autograd_at(gan: &Gan, layer: usize) -> (Tensor, Tensor) {
    let below = output(&gan.discriminator[..layer], &gan.fakes());
    let above = &gan.discriminator[layer..];
    let gradient = gradients(&[&below], |z| fake_part(&continued(above, z[0].shallow_clone())));
    (below, gradient[0].copy())
}

/// Question 13: from ∂L/∂z of layer l + 1, which autograd provides, to that of layer l.
fn through_a_layer(gan: &Gan) -> Vec<Finding> {
    let (mut given, mut right): (f64, f64) = (0.0, 0.0);
    for layer in [1, 2] {
        let (z, autograd) = autograd_at(gan, layer);
        let (_, above) = autograd_at(gan, layer + 1);
        let back = above.matmul(&gan.discriminator[layer]);
        given = given.max(relative_difference(&(z.tanh() * &back), &autograd));
        right = right.max(relative_difference(&(tanh_slope(&z) * &back), &autograd));
    }
    vec![
        Formula {
            id: "layer-as-given",
            claim: "∂L/∂zˡ = g(zˡ) ⊙ Wᵀ ∂L/∂zˡ⁺¹ with the activation g itself",
            source: "004, question 13",
            expected: "autograd's gradients at the two hidden layers",
        }
        .with_difference(given),
        Formula {
            id: "layer",
            claim: "∂L/∂zˡ = g′(zˡ) ⊙ Wᵀ ∂L/∂zˡ⁺¹ with its derivative",
            source: "standard result",
            expected: "the same",
        }
        .with_difference(right),
    ]
}

/// tanh′(z).
fn tanh_slope(z: &Tensor) -> Tensor {
    1.0 - z.tanh().square()
}

/// From ∂L/∂z of the last layer down to ∂L/∂G(Z), by hand. A row per fake.
fn down(gan: &Gan, delta: &Tensor) -> Tensor {
    let mut back = delta.copy();
    for layer in [2, 1] {
        let z = output(&gan.discriminator[..layer], &gan.fakes());
        back = back.matmul(&gan.discriminator[layer]) * tanh_slope(&z);
    }
    back.matmul(&gan.discriminator[0])
}

/// ∂L/∂z of the last layer for each fake: −D(G(Zⁱ))/n.
fn delta(gan: &Gan) -> Tensor {
    -output(&gan.discriminator, &gan.fakes()).sigmoid() / N
}

/// Question 14, with 12 and 13 in their right form on the way.
fn at_the_fakes(gan: &Gan) -> Finding {
    let autograd = gradients(&[&gan.fakes()], |x| fake_part(&output(&gan.discriminator, &x[0])));
    Formula {
        id: "fakes",
        claim: "∂L/∂G(Zⁱ) = W₁ᵀ ∂L/∂z₁: the activation below is the identity",
        source: "004, question 14",
        expected: "autograd's gradient of L in the generated images",
    }
    .against(&down(gan, &delta(gan)), &autograd[0])
}

/// Question 15: Σᵢ ∂L/∂G(Zⁱ) ∇G(Zⁱ), once with the derivative of each fake, once with the average
/// over all images that question 12 calls by the same name (its sign mended).
fn into_the_generator(gan: &Gan) -> Finding {
    let missed: Tensor = 1.0 - output(&gan.discriminator, &gan.real).sigmoid();
    let average = missed.mean(Kind::Double) + delta(gan).sum(Kind::Double);
    let summed = |delta: &Tensor| {
        let pulls = down(gan, delta);
        let weights: Vec<&Tensor> = gan.generator.iter().collect();
        let sum = gradients(&weights, |v| (output(v, &gan.noise) * &pulls).sum(Kind::Double));
        worst(&sum, &gan.generator_gradient())
    };
    let (own, averaged) = (summed(&delta(gan)), summed(&average.expand([COUNT, 1], false)));
    Finding {
        id: "generator".into(),
        claim: "∇L = Σᵢ ∂L/∂G(Zⁱ) ∇G(Zⁱ) for the generator".into(),
        source: "004, question 15".into(),
        expected: "autograd's gradient of L in the generator's weights".into(),
        measured: format!(
            "relative difference {} with each fake's own ∂L/∂z, 1/n inside; {} with the average \
             of question 12",
            difference_text(own),
            difference_text(averaged)
        ),
        verdict: Verdict::by_condition(agrees(own), agrees(averaged)),
        precision: Precision::Exact,
    }
}

/// The largest relative difference of matching tensors.
fn worst(claimed: &[Tensor], reference: &[Tensor]) -> f64 {
    let difference = |(claimed, reference)| relative_difference(claimed, reference);
    claimed.iter().zip(reference).map(difference).fold(0.0, f64::max)
}
