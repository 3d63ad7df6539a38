//! Two parallel lines a distance θ apart: divergences that know of overlap only, and the Wasserstein
//! distance.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};

use crate::toolkit::numbers::{at_most, fixed};
use crate::{Finding, Outcome, Precision, Verdict};

/// Points on each line, evenly spaced on (0, 1): their heights.
const HEIGHTS: [f64; 6] = [0.05, 0.2, 0.35, 0.5, 0.65, 0.8];
/// θ of the findings.
const DISTANCES: [f64; 4] = [0.1, 0.5, 1.0, 2.0];

/// Adds the findings and the figure.
pub(super) fn measure(outcome: &mut Outcome) -> Result<()> {
    for distance in DISTANCES {
        outcome.show(format!(
            "θ = {distance}: W between {:.6} and {:.6}, JS = {:.6}, KL = {}",
            dual(distance),
            transport(distance),
            jensen_shannon(distance),
            kullback_leibler(distance)
        ));
    }
    outcome.findings.push(wasserstein());
    outcome.findings.push(divergences());
    outcome.plot(
        "gan-parallel-lines",
        &chart().draw()?,
        "Wasserstein distance and Jensen-Shannon divergence of two parallel lines against their \
         distance: a V, and a constant that falls to zero at one point",
        "The Wasserstein distance says at every θ which way to go. The Jensen-Shannon divergence is \
         ln 2 wherever the lines do not coincide, and its slope is zero.",
    )
}

/// The cheapest way to carry one line's points to the other's: all 720 assignments. From above, for
/// it is one way to move the mass.
fn transport(distance: f64) -> f64 {
    let cost = |order: &[usize]| {
        let length = |(from, &to): (usize, &usize)| distance.hypot(HEIGHTS[from] - HEIGHTS[to]);
        order.iter().enumerate().map(length).sum::<f64>() / HEIGHTS.len() as f64
    };
    let mut order: Vec<usize> = (0..HEIGHTS.len()).collect();
    let mut least = f64::INFINITY;
    permute(&mut order, 0, &mut |order| least = least.min(cost(order)));
    least
}

/// Every order of the entries from `fixed` on.
fn permute(order: &mut Vec<usize>, fixed: usize, visit: &mut impl FnMut(&[usize])) {
    if fixed == order.len() {
        return visit(order);
    }
    for index in fixed..order.len() {
        order.swap(fixed, index);
        permute(order, fixed + 1, visit);
        order.swap(fixed, index);
    }
}

/// E f under one line minus E f under the other for the critic f(x, y) = −x, which is 1-Lipschitz:
/// from below, by Kantorovich and Rubinstein.
fn dual(distance: f64) -> f64 {
    let mean = |x: f64| HEIGHTS.iter().map(|_| -x).sum::<f64>() / HEIGHTS.len() as f64;
    (mean(0.0) - mean(distance)).abs()
}

/// Both lines as probabilities of the same list of points.
fn tables(distance: f64) -> (Vec<f64>, Vec<f64>) {
    let at = |x: f64| HEIGHTS.map(|height| (x, height));
    let (left, right) = (at(0.0), at(distance));
    let mut points = left.to_vec();
    points.extend(right.iter().filter(|point| !left.contains(point)));
    let share = |line: &[(f64, f64)]| -> Vec<f64> {
        let share = 1.0 / HEIGHTS.len() as f64;
        points.iter().map(|point| if line.contains(point) { share } else { 0.0 }).collect()
    };
    (share(&left), share(&right))
}

/// Σ p ln(p/q), infinite where q misses mass of p.
fn divergence(p: &[f64], q: &[f64]) -> f64 {
    let term = |(&p, &q): (&f64, &f64)| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
    p.iter().zip(q).map(term).sum()
}

/// KL of the first line from the second, in nats.
fn kullback_leibler(distance: f64) -> f64 {
    let (p, q) = tables(distance);
    divergence(&p, &q)
}

/// The mean divergence of both lines from their mixture, in nats.
fn jensen_shannon(distance: f64) -> f64 {
    let (p, q) = tables(distance);
    let middle: Vec<f64> = p.iter().zip(&q).map(|(p, q)| 0.5 * (p + q)).collect();
    0.5 * (divergence(&p, &middle) + divergence(&q, &middle))
}

/// W from above and from below: both must be θ.
fn wasserstein() -> Finding {
    let gap = |distance: f64| {
        (transport(distance) - distance).abs().max((dual(distance) - distance).abs())
    };
    let largest = DISTANCES.map(gap).into_iter().fold(0.0, f64::max);
    let slope = (transport(1.01) - transport(0.99)) / 0.02;
    Finding {
        id: "wasserstein".into(),
        claim: "The Wasserstein distance measures how far apart distributions lie, overlap or not"
            .into(),
        source: "000, question 8".into(),
        expected: "W = θ for two parallel lines a distance θ apart, with the slope 1".into(),
        measured: format!(
            "best of 720 assignments, and a 1-Lipschitz critic, for θ = 0.1, 0.5, 1 and 2: {} from \
             θ; slope {} at θ = 1",
            at_most(largest, -12),
            fixed(slope, 3)
        ),
        verdict: Verdict::holds_if(largest < 1e-12 && (slope - 1.0).abs() < 1e-6),
        precision: Precision::Exact,
    }
}

/// What does not depend on θ.
fn divergences() -> Finding {
    let shannon = DISTANCES.map(jensen_shannon);
    let constant = shannon.iter().all(|js| (js - std::f64::consts::LN_2).abs() < 1e-12);
    let infinite = DISTANCES.map(kullback_leibler).iter().all(|kl| *kl == f64::INFINITY);
    let (js, kl) = (jensen_shannon(0.0), kullback_leibler(0.0));
    let texts = shannon.map(|js| fixed(js, 4)).join(", ");
    Finding {
        id: "divergences".into(),
        claim:
            "The divergences behind the basic GAN say no more than that the lines do not overlap"
                .into(),
        source: "standard result".into(),
        expected: "JS = ln 2 = 0.6931 and KL = ∞ for every θ but 0, both 0 there".into(),
        measured: format!(
            "JS = {texts}; KL {}; at θ = 0: {} and {}",
            if infinite { "∞ at each" } else { "finite somewhere" },
            fixed(js, 0),
            fixed(kl, 0)
        ),
        verdict: Verdict::holds_if(constant && infinite && js.abs() < 1e-12 && kl.abs() < 1e-12),
        precision: Precision::Exact,
    }
}

/// Both against θ.
fn chart() -> LineChart {
    // Next to nothing beside zero, so that the drop is drawn upright.
    let distances = [-1.0, -0.5, -1e-6, 0.0, 1e-6, 0.5, 1.0];
    let curve = |value: fn(f64) -> f64| distances.iter().map(|&x| (x, value(x))).collect();
    LineChart {
        title: "Two parallel lines".to_owned(),
        x_label: "distance θ of the second line from the first".to_owned(),
        y_label: "W (length) and JS (nats)".to_owned(),
        series: vec![
            Series::new("Wasserstein", curve(dual)),
            Series::new("Jensen-Shannon", curve(jensen_shannon)),
        ],
        ..LineChart::default()
    }
}
