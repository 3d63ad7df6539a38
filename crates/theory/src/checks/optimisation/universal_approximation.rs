//! Universal approximation: what width buys, what it cannot buy, and what depth saves.
//!
//! No network here is trained. Weights are written down (a ReLU network through given points), or the
//! output layer alone is solved by least squares: the theorem is about what exists, not about what
//! gradient descent finds.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Device, Kind, Tensor};

use crate::toolkit::compare::largest_difference;
use crate::toolkit::fit::exponent;
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::{Context, Finding, Outcome, Verdict};

mod networks;

use networks::{Mlp, deep_square, interpolating, through};

/// Evenly spaced points of [0, 1], with both ends: every network here has its knots among them.
fn grid() -> Tensor {
    Tensor::linspace(0.0, 1.0, 4097, (Kind::Double, Device::Cpu))
}

fn wave(x: f64) -> f64 {
    (std::f64::consts::TAU * x).sin()
}

/// A wide layer approximates; a deep network does so with fewer parameters.
pub fn universal_approximation(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(width(&mut outcome.working));
    outcome.findings.push(any_activation(context, &mut outcome.working)?);
    outcome.findings.push(any_dataset(context)?);
    let depth = depth(&mut outcome)?;
    outcome.findings.extend(depth);
    Ok(outcome)
}

/// sin 2πx by one hidden layer. Linear interpolation misses by at most max|f″|·h²/8 = 4π²/8N².
fn width(working: &mut Vec<String>) -> [Finding; 2] {
    let (x, mut sweep) = (grid(), Vec::new());
    let target = (&x * std::f64::consts::TAU).sin();
    for pieces in [4, 8, 16, 32, 64, 128, 256, 512] {
        let error = largest_difference(&interpolating(pieces, wave).forward(&x), &target);
        let bound = 0.5 * std::f64::consts::PI.powi(2) / f64::from(pieces).powi(2);
        working
            .push(format!("sin 2πx, {pieces} hidden units: error {error:.2e}, bound {bound:.2e}"));
        sweep.push((f64::from(pieces), error));
    }
    let width_for = |level: f64| sweep.iter().find(|point| point.1 <= level).map(|point| point.0);
    let widths = [0.1, 0.01, 0.0001].map(width_for);
    let texts = widths.map(|width| width.map_or("none".to_owned(), |width| fixed(width, 0)));
    let slope = exponent(&sweep[2..]);
    let levels = Finding::exact(
        "width",
        "One hidden layer can approximate a continuous function up to any specified precision",
        "000, question 1(a); 002, universal approximation (a)",
        "a width for each of the errors 0.1, 0.01 and 0.0001, on sin 2πx",
        format!("{} hidden units", texts.join(", ")),
        Verdict::holds_if(widths.iter().all(Option::is_some)),
    );
    let rate = Finding::exact(
        "width-rate",
        "For a smooth function of one variable the error falls as the square of the width",
        "standard result",
        "exponent −2: the error of linear interpolation is at most max|f″|/8N²",
        format!("exponent {}", fixed(slope, 2)),
        Verdict::holds_if((slope + 2.0).abs() < 0.05),
    );
    [levels, rate]
}

/// The largest error of a layer of random features φ(ax + b) with the best output weights.
fn features_error(context: &Context, width: i64, phi: fn(&Tensor) -> Tensor) -> f64 {
    let x = Tensor::linspace(0.0, 1.0, 513, (Kind::Double, Device::Cpu)).unsqueeze(1);
    let target = (&x * std::f64::consts::TAU).sin();
    let drawn = context.normal("universal-approximation features", &[2, width]) * 6.0;
    let hidden = phi(&(&x * drawn.get(0) + drawn.get(1)));
    let design = Tensor::cat(&[hidden, x.ones_like()], 1);
    let weights = design.linalg_lstsq(&target, 1e-12, "gelsd").0;
    largest_difference(&design.matmul(&weights), &target)
}

fn any_activation(context: &Context, working: &mut Vec<String>) -> Result<Finding> {
    let widths = [4, 16, 64, 256];
    let mut smallest = [f64::INFINITY; 2];
    for width in widths {
        let tanh = features_error(context, width, Tensor::tanh);
        let square = features_error(context, width, Tensor::square);
        working.push(format!("{width} random units: tanh {tanh:.1e}, square {square:.3}"));
        smallest = [smallest[0].min(tanh), smallest[1].min(square)];
    }
    Ok(Finding::exact(
        "any-activation",
        "This is so regardless of the choice of non-linear activation function",
        "000, question 1(a)",
        "an error below 0.0001 on sin 2πx with tanh, and with the non-linear square",
        format!(
            "up to 256 units: tanh {}, the square never below {}: its sums are parabolas",
            at_most(smallest[0], -4),
            fixed(smallest[1], 2)
        ),
        Verdict::by_condition(smallest[0] < 1e-4, smallest[1] < 1e-4),
    )
    .within(0.05))
}

/// 64 inputs with random labels; then each input twice, with labels one above and one below.
fn any_dataset(context: &Context) -> Result<Finding> {
    let x = context.uniform("universal-approximation inputs", &[64]).sort(0, false).0;
    let y = context.normal("universal-approximation labels", &[64]);
    let (xs, ys) = (Vec::<f64>::try_from(&x)?, Vec::<f64>::try_from(&y)?);
    let points: Vec<(f64, f64)> = xs.into_iter().zip(ys).collect();
    let fitted = through(&points).forward(&x);
    let distinct = largest_difference(&fitted, &y);
    // Whatever a network says at an input costs (s − 1)² + (s + 1)² ≥ 2 at its two labels.
    let twice = Tensor::cat(&[&y - 1.0, &y + 1.0], 0);
    let residual = Tensor::cat(&[&fitted, &fitted], 0) - twice;
    let contradictory = residual.square().mean(Kind::Double).double_value(&[]);
    Ok(Finding::exact(
        "any-dataset",
        "A sufficiently wide layer can be right to 100% on any dataset, since a dataset can be \
                represented by a function",
        "000, question 1(a)",
        "error 0 on 64 points with random labels; the same with each input twice, labelled \
                   y − 1 and y + 1",
        format!(
            "63 units: error {}; with contradicting labels a mean squared error of {}",
            at_most(distinct, -9),
            fixed(contradictory, 3)
        ),
        Verdict::by_condition(distinct < 1e-9, contradictory < 1e-9),
    ))
}

/// x² on [0, 1] to an error of 10⁻⁶, deep and shallow.
fn depth(outcome: &mut Outcome) -> Result<[Finding; 3]> {
    let x = grid();
    let error =
        |net: &Mlp| (net.parameters() as f64, largest_difference(&net.forward(&x), &x.square()));
    let deep: Vec<(f64, f64)> = (1..=9).map(|depth| error(&deep_square(depth))).collect();
    let shallow: Vec<(f64, f64)> =
        (1..=9).map(|power| error(&interpolating(1 << power, |x| x * x))).collect();
    for (depth, (deep, shallow)) in deep.iter().zip(&shallow).enumerate() {
        outcome.show(format!(
            "x² to {:.2e}: {} layers of 3, {} parameters; one layer of {}, {} parameters, error {:.2e}",
            deep.1, depth + 1, deep.0, 2 << depth, shallow.0, shallow.1
        ));
    }
    draw(outcome, &deep, &shallow)?;
    Ok(depth_findings(deep[8], shallow[8]))
}

/// The findings from (parameters, error) of nine layers and of 512 units.
fn depth_findings((parameters, reached): (f64, f64), shallow: (f64, f64)) -> [Finding; 3] {
    let x = grid();
    // A line misses x² on an interval of length h by h²/8 or more; w units give w + 1 intervals.
    let least_units = (1.0 / (8.0 * reached).sqrt()).ceil() - 1.0;
    let least = 3.0 * least_units + 1.0;
    let bends = deep_square(9).forward(&x).diff::<Tensor>(2, 0, None, None).abs().gt(1e-9);
    let pieces = bends.sum(Kind::Int64).int64_value(&[]) + 1;
    let same_size = (parameters - 1.0) / 3.0 + 1.0;
    [
        Finding::exact(
            "depth",
            "Deeper networks approximate the same functions with fewer neurons",
            "000, question 1(b); 002, universal approximation (b)",
            "fewer parameters at the same error, on x²",
            format!(
                "error {}: 9 layers of 3 units, {parameters} parameters; one layer interpolating, {} \
                 parameters, and none with fewer than {least}",
                scientific(reached, 2),
                shallow.0
            ),
            Verdict::holds_if(shallow.1 >= 0.999 * reached && parameters < least),
        ),
        Finding::exact(
            "pieces",
            "Depth multiplies the linear pieces of a ReLU network, width adds them",
            "standard result",
            format!(
                "2⁹ = 512 pieces; one layer of {parameters} parameters has at most {same_size}"
            ),
            format!("{pieces} pieces"),
            Verdict::holds_if(pieces == 512 && same_size < 512.0),
        ),
        Finding::exact(
            "never-deep",
            "There is never really a reason to use more than one hidden layer",
            "003, question 1 (the friend)",
            "no deeper network reaches an error with fewer parameters",
            format!("{parameters} parameters in 9 layers against {least} or more in one"),
            Verdict::holds_if(parameters >= least),
        ),
    ]
}

fn draw(outcome: &mut Outcome, deep: &[(f64, f64)], shallow: &[(f64, f64)]) -> Result<()> {
    let chart = LineChart {
        title: "Approximating x² on [0, 1]".into(),
        x_label: "parameters".into(),
        y_label: "largest error".into(),
        series: vec![
            Series::new("one hidden layer, growing width", shallow.into()),
            Series::new("3 units a layer, growing depth", deep.into()),
        ],
        log_x: true,
        log_y: true,
        ..LineChart::default()
    };
    let alt = "Error against parameters, both logarithmic: a straight line for one hidden layer, and \
               for growing depth a curve that crosses it at 45 parameters and plunges.";
    let caption = "Width buys a power of the parameters, a straight line of slope −2; depth buys an \
                   exponential. Both networks draw the same polygon, piece for piece.";
    outcome.plot("universal-approximation", &chart.draw()?, alt, caption)
}
