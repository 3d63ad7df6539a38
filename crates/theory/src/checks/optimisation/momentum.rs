//! Momentum on convex quadratics f(x) = ½ Σ λᵢxᵢ²: speed, oscillation, and what it does in a ravine.

use anyhow::Result;
use autodecoder_training::{Optimiser, Sgd};
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Device, Kind, Tensor};

use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Outcome, Verdict};

/// How steep the steepest direction is; the flattest has curvature 1.
const CONDITION: f64 = 1000.0;

/// A learning rate and a share of velocity kept.
#[derive(Debug, Clone, Copy)]
struct Setting {
    rate: f64,
    momentum: f64,
}

/// The two settings that are best when the curvatures lie between 1 and κ (Polyak 1964).
fn best() -> [Setting; 2] {
    let root = CONDITION.sqrt();
    let descent = Setting { rate: 2.0 / (CONDITION + 1.0), momentum: 0.0 };
    let momentum = ((root - 1.0) / (root + 1.0)).powi(2);
    [descent, Setting { rate: 4.0 / (root + 1.0).powi(2), momentum }]
}

/// The iterates from x = 1 in every coordinate, by the optimiser that trains this project's models.
fn path(curvatures: &Tensor, setting: Setting, steps: usize) -> Vec<Tensor> {
    let sgd = Sgd { momentum: setting.momentum };
    let mut x = curvatures.ones_like();
    let mut velocity = sgd.fresh_state(&x);
    let step = Tensor::from(1.0);
    let mut iterates = vec![x.copy()];
    for _ in 0..steps {
        let gradient = curvatures * &x;
        x -= sgd.update(&gradient, &mut velocity, &step, setting.rate);
        iterates.push(x.copy());
    }
    iterates
}

fn norms(path: &[Tensor]) -> Vec<f64> {
    path.iter().map(|x| x.norm().double_value(&[])).collect()
}

/// The first step from which on all values stay at or below `level`.
fn settled(values: &[f64], level: f64) -> usize {
    values.iter().rposition(|&value| value.abs() > level).map_or(0, |last| last + 1)
}

/// Does momentum help where there is one minimum, and why does it help in a ravine?
pub fn momentum(_: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let found = quadratic(&mut outcome)?;
    outcome.findings.extend(found);
    outcome.findings.push(oscillation(&mut outcome.working));
    outcome.findings.extend(ravine(&mut outcome.working));
    draw_ravine(&mut outcome)?;
    Ok(outcome)
}

/// Fifty curvatures from 1 to κ, each a constant factor above the one before.
fn quadratic(outcome: &mut Outcome) -> Result<[Finding; 2]> {
    let curvatures =
        Tensor::logspace(0.0, CONDITION.log10(), 50, 10.0, (Kind::Double, Device::Cpu));
    let [descent, momentum] = best().map(|setting| norms(&path(&curvatures, setting, 8000)));
    let root = CONDITION.sqrt();
    let theory = [(CONDITION - 1.0) / (CONDITION + 1.0), (root - 1.0) / (root + 1.0)];
    // Late, only the extreme curvatures are left. With momentum both have a double root r, so that
    // their part falls as k·rᵏ: the factor k is divided out.
    let measured = [
        (descent[8000] / descent[4000]).powf(1.0 / 4000.0),
        (momentum[2000] / momentum[1000] / 2.0).powf(1.0 / 1000.0),
    ];
    let counts = [&descent, &momentum].map(|norms| settled(norms, 1e-6 * norms[0]));
    for (name, index) in [("gradient descent", 0), ("momentum", 1)] {
        outcome.show(format!(
            "{name}: factor {:.6} a step, theory {:.6}; {} steps to a millionth of the distance",
            measured[index], theory[index], counts[index]
        ));
    }
    draw_quadratic(outcome, &descent, &momentum)?;
    let off = measured.iter().zip(theory).map(|(m, t)| ((1.0 - m) / (1.0 - t) - 1.0).abs());
    let fewer = Finding::exact(
        "convex",
        "Momentum helps on a convex loss too: it needs fewer iterations to the minimum",
        "000, question 3",
        "fewer iterations at condition number 1000, each with its best settings",
        format!("momentum {}, gradient descent {}", counts[1], counts[0]),
        Verdict::holds_if(counts[1] < counts[0]),
    )
    .within(0.02);
    let rate = Finding::exact(
        "rates",
        "The distance falls by (κ − 1)/(κ + 1) a step, with momentum by (√κ − 1)/(√κ + 1)",
        "standard result",
        format!("factors {} and {}", fixed(theory[0], 4), fixed(theory[1], 4)),
        format!("{} and {}", fixed(measured[0], 4), fixed(measured[1], 4)),
        Verdict::holds_if(off.fold(0.0, f64::max) < 0.02),
    );
    Ok([fewer, rate])
}

/// How often the steep coordinate changes sign in 50 steps, at a rate near the limit and at a lower.
fn oscillation(working: &mut Vec<String>) -> Finding {
    let steep = Tensor::from_slice(&[CONDITION]);
    let mut changes = |share: f64, momentum: f64| {
        let setting = Setting { rate: share / CONDITION, momentum };
        let path: Vec<f64> =
            path(&steep, setting, 50).iter().map(|x| x.double_value(&[0])).collect();
        let changes = path.windows(2).filter(|pair| pair[0] * pair[1] < 0.0).count();
        working.push(format!("rate {share}/λ, momentum {momentum}: {changes} changes of sign"));
        changes
    };
    let (high, high_momentum) = (changes(1.99, 0.0), changes(1.99, 0.9));
    let (low, low_momentum) = (changes(0.5, 0.0), changes(0.5, 0.9));
    Finding::exact(
        "oscillation",
        "Momentum reduces oscillations",
        "000, question 3",
        "fewer changes of sign across the valley in 50 steps, at any rate",
        format!(
            "at the rate 1.99/λ {high_momentum} instead of {high}, at 0.5/λ {low_momentum} instead of {low}"
        ),
        Verdict::by_condition(high_momentum < high, low_momentum < low),
    )
}

/// Steps until each coordinate of a ravine, curvatures 1 and κ, stays below a hundredth.
fn ravine(working: &mut Vec<String>) -> [Finding; 2] {
    let curvatures = Tensor::from_slice(&[1.0, CONDITION]);
    let steps = [0.0, 0.9].map(|momentum| {
        let setting = Setting { rate: 1.0 / CONDITION, momentum };
        let path = path(&curvatures, setting, 6000);
        [0, 1].map(|axis| {
            let values: Vec<f64> = path.iter().map(|x| x.double_value(&[axis])).collect();
            settled(&values, 0.01)
        })
    });
    let [[along, across], [along_momentum, across_momentum]] = steps;
    working.push(format!(
        "rate 1/κ: along {along} and across {across} steps, with momentum 0.9 {along_momentum} and \
         {across_momentum}"
    ));
    let speed = along as f64 / along_momentum as f64;
    let faster = Finding::exact(
        "ravine",
        "SGD with momentum navigates narrow ravines better",
        "001, Optimization, question 4 (last statement)",
        "curvatures 1 and 1000, rate 1/1000, momentum 0.9: about 1/(1 − 0.9) = 10 times faster \
                   along the floor",
        format!(
            "{along_momentum} instead of {along} steps to a hundredth: {} times",
            fixed(speed, 1)
        ),
        Verdict::holds_if((speed - 10.0).abs() < 3.0),
    )
    .within(0.01);
    let reason = Finding::exact(
        "ravine-reason",
        "It does so because it passes through areas of high curvature more easily",
        "001, Optimization, question 4 (last statement)",
        "fewer steps in the direction of curvature 1000",
        format!("{across_momentum} steps with momentum, {across} without"),
        Verdict::holds_if(across_momentum < across),
    );
    [faster, reason]
}

fn draw_quadratic(outcome: &mut Outcome, descent: &[f64], momentum: &[f64]) -> Result<()> {
    let line = |name: &str, norms: &[f64]| {
        let points = norms.iter().take(2001).step_by(5).enumerate();
        Series::new(name, points.map(|(k, norm)| (5.0 * k as f64, norm / norms[0])).collect())
    };
    let mut momentum = line("momentum", momentum);
    momentum.points.retain(|point| point.1 > 1e-12);
    let chart = LineChart {
        title: "A quadratic of condition number 1000, best settings for each".into(),
        x_label: "iterations".into(),
        y_label: "distance to the minimum, share of the start".into(),
        series: vec![line("gradient descent", descent), momentum],
        log_y: true,
        ..LineChart::default()
    };
    let alt = "Distance over iterations, logarithmic: momentum falls to 10⁻¹² within 600 steps, gradient \
               descent to 10⁻² within 2000.";
    let caption = "Both fall geometrically in the end; √κ instead of κ in the rate is a factor of twenty in \
                   steps. At first, momentum overshoots and goes up.";
    outcome.plot("momentum-quadratic", &chart.draw()?, alt, caption)
}

fn draw_ravine(outcome: &mut Outcome) -> Result<()> {
    let curvatures = Tensor::from_slice(&[1.0, 50.0]);
    let line = |name: &str, momentum: f64| {
        let path = path(&curvatures, Setting { rate: 1.95 / 50.0, momentum }, 30);
        let point = |x: &Tensor| (x.double_value(&[0]), x.double_value(&[1]));
        Series::new(name, path.iter().map(point).collect())
    };
    let chart = LineChart {
        title: "Thirty steps in a ravine of condition number 50, from (1, 1)".into(),
        x_label: "along the floor; the minimum is at (0, 0)".into(),
        y_label: "across".into(),
        series: vec![line("gradient descent", 0.0), line("momentum 0.7", 0.7)],
        ..LineChart::default()
    };
    let alt = "Paths from the right: gradient descent zigzags across the floor and is a third of the way \
               from the minimum; momentum has come to it.";
    let caption = "At the same learning rate, close to the limit that the walls set, gradient descent \
                   bounces between them and creeps along the floor. Momentum cancels the bouncing and adds \
                   up the small, steady slope.";
    outcome.plot("momentum-ravine", &chart.draw()?, alt, caption)
}
