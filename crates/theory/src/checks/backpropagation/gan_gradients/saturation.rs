//! The generator's gradient while the discriminator learns to tell two parallel lines apart.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use crate::toolkit::derivatives::gradients;
use crate::toolkit::fit::exponent;
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::{Finding, Outcome, Precision, Verdict};

/// Steps of the discriminator, and their size.
const STEPS: usize = 2000;
const RATE: f64 = 1.0;

/// After some steps of the discriminator D(x) = σ(w x + c), the sizes of the generator's gradients.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// How many steps.
    step: usize,
    /// D(G(z)).
    fooled: f64,
    /// |∂/∂θ ln(1 − D(θ))|: the basic loss.
    basic: f64,
    /// |∂/∂θ (−ln D(θ))|: the loss that GANs are trained with in practice.
    swapped: f64,
    /// How far autograd is from |w| D and |w| (1 − D).
    error: f64,
}

/// Adds the findings and the figure. The real line lies at x = 0, the generator's at θ = 1.
pub(super) fn measure(outcome: &mut Outcome) -> Result<()> {
    let moments = train();
    for moment in &moments {
        outcome.show(format!(
            "{:4} steps: D(G(z)) = {:.2e}, gradients: basic {:.2e}, −ln D {:.2e}, Wasserstein 1",
            moment.step, moment.fooled, moment.basic, moment.swapped
        ));
    }
    outcome.findings.push(closed_form(&moments));
    outcome.findings.push(saturated(&moments));
    outcome.findings.push(trained_first(&moments));
    outcome.plot(
        "gan-saturation",
        &chart(&moments).draw()?,
        "Size of the generator's gradient against the discriminator's steps on logarithmic axes: \
         the basic loss rises for a few steps, then falls as one over the steps; the other two stay",
        "A few steps of the discriminator give the basic loss its direction; a perfect discriminator \
         takes its gradient away. −ln D and the Wasserstein critic keep theirs.",
    )
}

/// Gradient ascent of L = ln D(0) + ln(1 − D(1)) in w and c, from zero.
fn train() -> Vec<Moment> {
    let mut weights = Tensor::from_slice(&[0.0, 0.0]);
    let mut moments = Vec::new();
    let score = |weights: &Tensor, x: &Tensor| weights.get(0) * x + weights.get(1);
    for step in 1..=STEPS {
        let gradient = gradients(&[&weights], |w| {
            let (real, fake) = (Tensor::from(0.0), Tensor::from(1.0));
            score(&w[0], &real).log_sigmoid() + (-score(&w[0], &fake)).log_sigmoid()
        });
        weights += RATE * &gradient[0];
        // Powers of two, and the last.
        if step.is_power_of_two() || step == STEPS {
            moments.push(moment(step, &weights));
        }
    }
    moments
}

/// Both gradients by autograd, and their closed forms.
fn moment(step: usize, weights: &Tensor) -> Moment {
    let score = |theta: &Tensor| weights.get(0) * theta + weights.get(1);
    let theta = Tensor::from_slice(&[1.0]);
    let slope = |loss: &dyn Fn(&Tensor) -> Tensor| {
        gradients(&[&theta], |t| loss(&t[0]).sum(Kind::Double))[0].double_value(&[0]).abs()
    };
    let basic = slope(&|theta| (-score(theta)).log_sigmoid());
    let swapped = slope(&|theta| -score(theta).log_sigmoid());
    let fooled = score(&theta).sigmoid().double_value(&[0]);
    let w = weights.double_value(&[0]).abs();
    let error =
        (basic / (w * fooled) - 1.0).abs().max((swapped / (w * (1.0 - fooled)) - 1.0).abs());
    Moment { step, fooled, basic, swapped, error }
}

/// Autograd against the closed forms.
fn closed_form(moments: &[Moment]) -> Finding {
    let largest = moments.iter().map(|moment| moment.error).fold(0.0, f64::max);
    Finding {
        id: "loss-gradients".into(),
        claim: "The gradient at a fake has the size D |∂s/∂x| for ln(1 − D), (1 − D) |∂s/∂x| for \
                −ln D, where D = σ(s)"
            .into(),
        source: "standard result".into(),
        expected: "autograd, at every stage of the discriminator".into(),
        measured: format!("relative difference {}", at_most(largest, -9)),
        verdict: Verdict::holds_if(largest < 1e-9),
        precision: Precision::Exact,
    }
}

/// The gradients at the end over their largest values.
fn shares(moments: &[Moment]) -> (f64, f64) {
    let share = |pick: fn(&Moment) -> f64| {
        let largest = moments.iter().map(pick).fold(0.0, f64::max);
        moments.last().map_or(f64::NAN, pick) / largest
    };
    (share(|moment| moment.basic), share(|moment| moment.swapped))
}

/// The basic loss under an almost perfect discriminator.
fn saturated(moments: &[Moment]) -> Finding {
    let (basic, _) = shares(moments);
    let tail: Vec<(f64, f64)> = moments
        .iter()
        .filter(|moment| moment.step >= 64)
        .map(|moment| (moment.step as f64, moment.fooled))
        .collect();
    let (rate, fooled) = (exponent(&tail), moments.last().map_or(f64::NAN, |last| last.fooled));
    Finding {
        id: "saturation".into(),
        claim: "The basic GAN is unstable where WGAN has gradients: the better the discriminator, \
                the smaller the generator's gradient"
            .into(),
        source: "000, question 8".into(),
        expected: "D(G(z)) falls as 1/steps, and the gradient with it".into(),
        measured: format!(
            "D(G(z)) = {}, exponent {}; the basic gradient is {} of its largest",
            scientific(fooled, 1),
            fixed(rate, 2),
            fixed(basic, 4)
        ),
        verdict: Verdict::holds_if(fooled < 1e-2 && (rate + 1.0).abs() < 0.1 && basic < 0.1),
        precision: Precision::Relative(0.02),
    }
}

/// Whether a head start of the discriminator helps.
fn trained_first(moments: &[Moment]) -> Finding {
    let (basic, swapped) = shares(moments);
    Finding {
        id: "trained-first".into(),
        claim: "It helps the generator if the discriminator is trained first".into(),
        source: "001, statement 4 on GANs".into(),
        expected: format!("after {STEPS} steps the gradient is still at its largest"),
        measured: format!(
            "{} of its largest for −ln D, {} for ln(1 − D)",
            fixed(swapped, 2),
            fixed(basic, 4)
        ),
        verdict: Verdict::by_condition(swapped > 0.9, basic > 0.9),
        precision: Precision::Relative(0.02),
    }
}

/// The three gradients against the steps.
fn chart(moments: &[Moment]) -> LineChart {
    let curve = |pick: fn(&Moment) -> f64| {
        moments.iter().map(|moment| (moment.step as f64, pick(moment))).collect()
    };
    LineChart {
        title: "The generator's gradient while the discriminator learns".to_owned(),
        x_label: "steps of the discriminator".to_owned(),
        y_label: "|∂ loss / ∂θ|".to_owned(),
        series: vec![
            Series::new("−ln D", curve(|moment| moment.swapped)),
            Series::new("Wasserstein", curve(|_| 1.0)),
            Series::new("ln(1 − D), basic", curve(|moment| moment.basic)),
        ],
        log_x: true,
        log_y: true,
        ..LineChart::default()
    }
}
