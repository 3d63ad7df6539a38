//! Exponential against linear averaging of gradients: weights, lag, error, and what an optimiser that
//! steps along the average does.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Device, Kind, Tensor};

use crate::toolkit::compare::largest_difference;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Verdict};

mod descent;

const QUESTION: &str = "002, exponential moving averages";
/// Share of the average that is kept at each step.
const BETA: f64 = 0.9;

/// The exponential moving averages of the rows, without Adam's correction for the start.
fn exponential(rows: &[Tensor]) -> Vec<Tensor> {
    let mut average = rows[0].zeros_like();
    let mut step = |row: &Tensor| {
        average = BETA * &average + (1.0 - BETA) * row;
        average.copy()
    };
    rows.iter().map(&mut step).collect()
}

/// The means of all rows so far.
fn linear(rows: &[Tensor]) -> Vec<Tensor> {
    let mut sum = rows[0].zeros_like();
    let mut step = |(index, row): (usize, &Tensor)| {
        sum = &sum + row;
        &sum / (index as f64 + 1.0)
    };
    rows.iter().enumerate().map(&mut step).collect()
}

/// What an optimiser loses that averages all gradients alike, and when it loses nothing.
pub fn gradient_averaging(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(weights()?);
    outcome.findings.push(lag());
    let drift = drift(context, &mut outcome)?;
    outcome.findings.push(drift);
    let descent = descent::descent(&mut outcome);
    outcome.findings.extend(descent);
    Ok(outcome)
}

/// The weight of each of 50 gradients in the last average: its derivative, by autograd.
fn weights() -> Result<[Finding; 2]> {
    let inputs = Tensor::zeros([50], (Kind::Double, Device::Cpu));
    let weights = |average: fn(&[Tensor]) -> Vec<Tensor>| {
        gradients(&[&inputs], |leaf| average(&leaf[0].unbind(0)).remove(49)).remove(0)
    };
    let age = Tensor::arange(50, (Kind::Double, Device::Cpu)).flip([0]);
    let geometric = (1.0 - BETA) * (age * BETA.ln()).exp();
    let newest_first = weights(exponential);
    let difference = largest_difference(&newest_first, &geometric);
    let equal = weights(linear);
    let spread = (equal.max() - equal.min()).double_value(&[]);
    let (newest, oldest) = (newest_first.double_value(&[49]), newest_first.double_value(&[0]));
    let finding = |id: &str, claim: &str, expected: &str, measured: String, holds: bool| {
        Finding::exact(id, claim, QUESTION, expected, measured, Verdict::holds_if(holds))
    };
    Ok([
        finding(
            "exponential-weights",
            "An exponential average gives recent gradients more weight, older ones gradually less",
            "the derivative by the gradient of age j is (1 − β)βʲ, here for β = 0.9",
            format!(
                "difference {}; newest {}, of age 49 {}",
                at_most(difference, -12),
                fixed(newest, 3),
                fixed(oldest, 5)
            ),
            difference < 1e-12 && newest > oldest,
        ),
        finding(
            "linear-weights",
            "A linear average gives every gradient the same weight, whenever it was obtained",
            "50 equal derivatives, 0.02",
            format!(
                "mean {}, largest minus smallest {}",
                fixed(equal.mean(Kind::Double).double_value(&[]), 3),
                at_most(spread, -12)
            ),
            spread < 1e-12,
        ),
    ])
}

/// How far behind each average is after 1000 steps, when the gradient is the step's own number.
fn lag() -> Finding {
    let ramp: Vec<Tensor> = (1..=1000).map(|step| Tensor::from(f64::from(step))).collect();
    let behind = |averages: Vec<Tensor>| 1000.0 - averages[999].double_value(&[]);
    let (exponential, linear) = (behind(exponential(&ramp)), behind(linear(&ramp)));
    Finding::exact(
        "lag",
        "Linear averaging adapts more slowly when the gradient changes",
        QUESTION,
        "for a steady change: β/(1 − β) = 9 steps behind, against (t − 1)/2 = 499.5",
        format!("{} and {} steps behind", fixed(exponential, 3), fixed(linear, 3)),
        Verdict::holds_if((exponential - 9.0).abs() < 1e-6 && (linear - 499.5).abs() < 1e-6),
    )
}

/// Mean distance of the average from the true gradient over the last half of 2000 steps, for a unit
/// gradient that turns once in `period` steps (or never), seen with noise.
fn errors(context: &Context, period: Option<f64>) -> Result<[Vec<f64>; 2]> {
    let noise = context.normal("gradient-averaging noise", &[2000, 50, 2]) * 0.5;
    let speed = period.map_or(0.0, |period| std::f64::consts::TAU / period);
    let angle = speed * Tensor::arange(2000, (Kind::Double, Device::Cpu));
    let truth = Tensor::stack(&[angle.cos(), angle.sin()], 1).unsqueeze(1);
    let rows = (&truth + noise).unbind(0);
    let error = |averages: Vec<Tensor>| -> Result<Vec<f64>> {
        let off = Tensor::stack(&averages, 0) - &truth;
        let root =
            off.square().sum_dim_intlist(2, false, Kind::Double).mean_dim(1, false, Kind::Double);
        Ok(Vec::try_from(root.sqrt())?)
    };
    Ok([error(exponential(&rows))?, error(linear(&rows))?])
}

fn drift(context: &Context, outcome: &mut Outcome) -> Result<Finding> {
    let turning = errors(context, Some(400.0))?;
    let fixed_direction = errors(context, None)?;
    let late =
        |errors: &[Vec<f64>; 2]| [0, 1].map(|i| errors[i][1000..].iter().sum::<f64>() / 1000.0);
    let ([drift_exponential, drift_linear], [still_exponential, still_linear]) =
        (late(&turning), late(&fixed_direction));
    draw_errors(outcome, &turning, &fixed_direction)?;
    Ok(Finding::exact(
        "drift",
        "With linear averaging the estimate relies on outdated gradients and is worse",
        QUESTION,
        "a larger error than the exponential average’s, for a gradient that turns once in 400 \
                   steps and for one that stays",
        format!(
            "turning: linear {}, exponential {}; staying: linear {}, exponential {}",
            fixed(drift_linear, 3),
            fixed(drift_exponential, 3),
            fixed(still_linear, 3),
            fixed(still_exponential, 3)
        ),
        Verdict::by_condition(drift_linear > drift_exponential, still_linear > still_exponential),
    )
    .within(0.02))
}

fn draw_errors(
    outcome: &mut Outcome,
    turning: &[Vec<f64>; 2],
    still: &[Vec<f64>; 2],
) -> Result<()> {
    let line = |name: &str, errors: &[f64], colour: usize| {
        let points = errors.iter().enumerate().skip(1).step_by(8);
        Series::new(name, points.map(|(k, &error)| (k as f64, error)).collect()).colour(colour)
    };
    let chart = LineChart {
        title: "Error of the averaged gradient (a unit vector, noise 0.5)".into(),
        x_label: "step".into(),
        y_label: "root-mean-square error".into(),
        series: vec![
            line("linear, turning", &turning[1], 1),
            line("exponential, turning", &turning[0], 0),
            line("exponential, staying", &still[0], 0).dashed(),
            line("linear, staying", &still[1], 1).dashed(),
        ],
        log_y: true,
        ..LineChart::default()
    };
    let alt = "Error over steps, logarithmic. Turning gradient: linear rises to 1, exponential stays at 0.2. \
               Staying: linear falls steadily below exponential.";
    let caption = "A gradient that turns once in 400 steps (solid) leaves the linear average behind; one \
                   that stays (dashed) is what linear averaging is best at.";
    outcome.plot("gradient-averaging", &chart.draw()?, alt, caption)
}
