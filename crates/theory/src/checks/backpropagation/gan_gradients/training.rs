//! What one player's update needs of the other, and what a high loss of the discriminator says.

use tch::{Kind, Tensor};

use super::networks::{Gan, fake_part, output, real_part, value};
use crate::toolkit::compare::largest_difference;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::fixed;
use crate::{Finding, Precision, Verdict};

/// Both updates, what they need, and what the losses say.
pub(super) fn findings(gan: &Gan, working: &mut Vec<String>) -> Vec<Finding> {
    let mut findings = updates(gan);
    findings.push(detached(gan));
    findings.push(without_discriminator(gan));
    findings.push(fooled(working));
    findings
}

/// Questions 16 and 17: a small step α along ±∇L changes L by ±α‖∇L‖².
fn updates(gan: &Gan) -> Vec<Finding> {
    let alpha = 1e-5;
    let before = gan.value().double_value(&[]);
    let moved = |weights: &[Tensor], gradient: &[Tensor], by: f64| -> Vec<Tensor> {
        weights.iter().zip(gradient).map(|(w, g)| w + by * g).collect()
    };
    let rise = |after: Tensor, gradient: &[Tensor]| {
        let norm: f64 =
            gradient.iter().map(|g| g.square().sum(Kind::Double).double_value(&[])).sum();
        (after.double_value(&[]) - before) / (alpha * norm)
    };
    let (up, down) = (gan.discriminator_gradient(), gan.generator_gradient());
    let d = moved(&gan.discriminator, &up, alpha);
    let g = moved(&gan.generator, &down, -alpha);
    let d = rise(value(&d, &gan.generator, &gan.real, &gan.noise), &up);
    let g = rise(value(&gan.discriminator, &g, &gan.real, &gan.noise), &down);
    let d = Step {
        id: "discriminator-step",
        claim: "The discriminator maximises L: θ + α ∇L",
        source: "004, question 16",
        sign: 1.0,
    }
    .finding(d);
    let g = Step {
        id: "generator-step",
        claim: "The generator minimises L: θ − α ∇L",
        source: "004, question 17",
        sign: -1.0,
    }
    .finding(g);
    vec![d, g]
}

/// What an update claims.
struct Step {
    id: &'static str,
    claim: &'static str,
    source: &'static str,
    /// Whether it raises or lowers L.
    sign: f64,
}

impl Step {
    /// `change` is that of L, in units of α‖∇L‖².
    fn finding(&self, change: f64) -> Finding {
        Finding {
            id: self.id.into(),
            claim: self.claim.into(),
            source: self.source.into(),
            expected: format!("L changes by {} α‖∇L‖² for a small α", fixed(self.sign, 0)),
            measured: format!("by {} α‖∇L‖²", fixed(change, 3)),
            verdict: Verdict::holds_if((change - self.sign).abs() < 0.01),
            precision: Precision::Relative(0.01),
        }
    }
}

/// The discriminator's gradient with the fakes cut off from the generator, as `detach()` does.
fn detached(gan: &Gan) -> Finding {
    let fakes = gan.fakes().detach();
    let weights: Vec<&Tensor> = gan.discriminator.iter().collect();
    let cut =
        gradients(&weights, |w| real_part(&output(w, &gan.real)) + fake_part(&output(w, &fakes)));
    // Both players' weights at once: the graph runs through the generator.
    let both: Vec<&Tensor> = gan.discriminator.iter().chain(&gan.generator).collect();
    let count = weights.len();
    let whole = gradients(&both, |w| value(&w[..count], &w[count..], &gan.real, &gan.noise));
    let difference = |(a, b)| largest_difference(a, b);
    let largest = cut.iter().zip(&whole).map(difference).fold(0.0, f64::max);
    Finding {
        id: "detach".into(),
        claim: "Training the discriminator needs no backpropagation into the generator".into(),
        source: "001, statement 2 on GANs".into(),
        expected: "the same gradient of the discriminator with detached fakes".into(),
        measured: format!("largest difference {largest}"),
        verdict: Verdict::holds_if(largest == 0.0),
        precision: Precision::Exact,
    }
}

/// The generator's gradient if all that is known of the discriminator is how it judged.
fn without_discriminator(gan: &Gan) -> Finding {
    let generator: Vec<Tensor> =
        gan.generator.iter().map(|w| w.copy().set_requires_grad(true)).collect();
    let score = output(&gan.discriminator, &output(&generator, &gan.noise)).detach();
    let error = fake_part(&score).f_backward().err().map(|error| error.to_string());
    let said = error.as_deref().and_then(|text| text.lines().next()).unwrap_or("no error");
    let gradient = generator[0].grad().defined();
    Finding {
        id: "through-the-discriminator".into(),
        claim:
            "How well the discriminator was fooled, which the generator is updated by, needs no \
                backpropagation"
                .into(),
        source: "001, statement 2 on GANs".into(),
        expected: "a gradient of the generator from D(G(Z)) as numbers".into(),
        measured: format!("“{said}”; {}", if gradient { "a gradient" } else { "no gradient" }),
        verdict: Verdict::holds_if(gradient),
        precision: Precision::Exact,
    }
}

/// −∫ p ln D − ∫ q ln(1 − D) and ∫ q ln(1 − D) for p = N(0, 1), q = N(mean, 1): the losses of a
/// discriminator with log-odds `s(x)` and of its generator.
fn losses(mean: f64, score: impl Fn(f64) -> f64) -> (f64, f64) {
    let step = 0.01;
    let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    // ln σ(s) = −ln(1 + e⁻ˢ).
    let log_sigmoid = |s: f64| -(-s).exp().ln_1p();
    let mut sums = (0.0, 0.0);
    for x in (-1000..=1500).map(|index| step * f64::from(index)) {
        sums.0 -= step * density(x) * log_sigmoid(score(x));
        sums.1 += step * density(x - mean) * log_sigmoid(-score(x));
    }
    (sums.0 - sums.1, sums.1)
}

/// A discriminator that has it the wrong way round: its loss is high and the generator's low, and
/// the generator is four standard deviations off.
fn fooled(working: &mut Vec<String>) -> Finding {
    // ln p(x)/q(x) are the log-odds of the best discriminator.
    let best = |x: f64| 0.5 * ((x - 4.0).powi(2) - x * x);
    let cases = [
        ("the data's own distribution, best discriminator", losses(0.0, |_| 0.0)),
        ("N(4, 1), best discriminator", losses(4.0, best)),
        ("N(4, 1), its opposite", losses(4.0, |x| -best(x))),
    ];
    for (name, (discriminator, generator)) in cases {
        working.push(format!(
            "{name}: discriminator's loss {discriminator:.3}, generator's {generator:.3}"
        ));
    }
    let [ideal, _, fooled] = cases.map(|case| case.1);
    Finding {
        id: "fooled".into(),
        claim: "Ideally the generator's loss is low and the discriminator's high".into(),
        source: "001, statement 1 on GANs".into(),
        expected: "neither is beaten by a generator that is far off".into(),
        measured: format!(
            "losses of D and G: {} and {} for a perfect generator; {} and {} for N(4, 1) against \
             N(0, 1) and a wrong discriminator",
            fixed(ideal.0, 3),
            fixed(ideal.1, 3),
            fixed(fooled.0, 3),
            fixed(fooled.1, 3)
        ),
        verdict: Verdict::holds_if(ideal.0 >= fooled.0 && ideal.1 <= fooled.1),
        precision: Precision::Exact,
    }
}
