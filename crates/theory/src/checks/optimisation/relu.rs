//! ReLU: its gradient, units that are dead, and gradients that vanish all the same.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Kind, Tensor};

use crate::toolkit::compare::largest;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{fixed, scientific};
use crate::{Context, Finding, Outcome, Verdict};

mod layer;

use layer::Layer;

const QUESTION: &str = "001, Losses and Activation functions, question 4";

/// The three statements about ReLU, and how many units die at which bias.
pub fn relu(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(slope(&mut outcome.working)?);
    let layer = Layer::new(context);
    outcome.findings.push(dead(&layer, &mut outcome.working));
    outcome.findings.extend(dead_units(&layer));
    draw(&mut outcome, &layer)?;
    outcome.findings.extend(vanishing(context));
    Ok(outcome)
}

fn slope(working: &mut Vec<String>) -> Result<[Finding; 2]> {
    let x = Tensor::from_slice(&[0.5, 1.0, 2.0, 4.0, -1.0, 0.0]);
    let slopes = gradients(&[&x], |x| x[0].relu().sum(Kind::Double)).remove(0);
    let slopes = Vec::<f64>::try_from(&slopes)?;
    working.push(format!(
        "∂relu/∂x at 0.5, 1, 2, 4: {:?}; at −1 and at 0: {:?}",
        &slopes[..4],
        &slopes[4..]
    ));
    let doubles = slopes[..4].windows(2).all(|pair| pair[1] == 2.0 * pair[0]);
    let texts: Vec<String> = slopes.iter().map(|slope| fixed(*slope, 0)).collect();
    let linear = Finding::exact(
        "gradient-linear",
        "The gradient of ReLU is linear with its input when the input is positive: true",
        QUESTION,
        "a gradient that doubles with the input: 0.5, 1, 2, 4",
        format!("gradients {}", texts[..4].join(", ")),
        Verdict::holds_if(doubles),
    );
    let constant = Finding::exact(
        "gradient-constant",
        "ReLU is linear in a positive input, its gradient is constant",
        "standard result",
        "1 for inputs above zero, 0 below; libtorch takes 0 at zero",
        format!("{}; {}; {}", texts[..4].join(", "), texts[4], texts[5]),
        Verdict::holds_if(slopes == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]),
    );
    Ok([linear, constant])
}

fn count(mask: &Tensor) -> i64 {
    mask.sum(Kind::Int64).int64_value(&[])
}

/// Dead units counted at each bias, against their expected number.
fn dead(layer: &Layer, working: &mut Vec<String>) -> Finding {
    let biases = [0.0, -1.0, -2.0, -3.0, -4.0, -5.0];
    let counts = biases.map(|bias| count(&layer.dead(&layer.inputs, bias)));
    let theory = biases.map(|bias| layer.expected(bias));
    let off = counts
        .iter()
        .zip(theory)
        .map(|(&n, (mean, variance))| (n as f64 - mean).abs() / (4.0 * variance.sqrt() + 0.5));
    let within = off.fold(0.0, f64::max) < 1.0;
    for ((bias, n), (mean, _)) in biases.iter().zip(counts).zip(theory) {
        working.push(format!("bias {bias}: {n} of 256 dead, {mean:.1} expected"));
    }
    let list = counts.map(|n| n.to_string()).join(", ");
    let expected = theory.map(|t| fixed(t.0, 0)).join(", ");
    Finding::exact(
        "dead",
        "A bias can make the input of a unit always negative: the unit is dead",
        QUESTION,
        format!("bias 0 to −5 in steps of 1, Σ Φ(−b/‖w‖)¹⁰⁰⁰ of 256 units: {expected}"),
        format!("{list} units that are zero on all 1000 inputs"),
        Verdict::holds_if(within && counts[5] > 200),
    )
}

/// Properties of the units that are dead at the bias −3.
fn dead_units(layer: &Layer) -> [Finding; 3] {
    let dead = layer.dead(&layer.inputs, -3.0);
    let agree = count(&layer.unmoved(-3.0, Tensor::relu).eq_tensor(&dead));
    let far = layer.dead(&(&layer.weight * 100.0), -3.0);
    let revived = count(&dead) - count(&dead.logical_and(&far));
    let leaky = count(&layer.unmoved(-3.0, Tensor::leaky_relu));
    [
        Finding::exact(
            "dead-gradient",
            "The gradient of a dead unit is always zero",
            QUESTION,
            "exactly the dead units of bias −3 have no gradient, by autograd",
            format!("{agree} of 256 units agree, {} of them dead", count(&dead)),
            Verdict::holds_if(agree == 256 && count(&dead) > 0),
        ),
        Finding::exact(
            "any-input",
            "A dead unit outputs zero regardless of the input",
            QUESTION,
            "zero on the data, and on inputs along the units’ own weights, 100 times as large",
            format!("of {} units dead on the data {revived} fire there", count(&dead)),
            Verdict::by_condition(count(&dead) > 0, revived == 0),
        ),
        Finding::exact(
            "leaky",
            "A leaky ReLU addresses the problem",
            QUESTION,
            "no unit without a gradient at bias −3",
            format!("{leaky} units"),
            Verdict::holds_if(leaky == 0),
        ),
    ]
}

/// The gradient's norm at the input over that at the output of 50 ReLU layers of 256 units with
/// weights of variance `gain`/256.
fn through_layers(context: &Context, gain: f64) -> f64 {
    let normal = |purpose: String, shape: &[i64]| context.normal(&format!("relu {purpose}"), shape);
    let x = normal("deep input".into(), &[8, 256]);
    let outgoing = normal("deep outgoing".into(), &[8, 256]);
    let network = |x: &[Tensor]| {
        let layer = |h: Tensor, k: i32| {
            let weight = normal(format!("deep {k}"), &[256, 256]) * (gain / 256.0).sqrt();
            h.matmul(&weight).relu()
        };
        ((0..50).fold(x[0].shallow_clone(), layer) * &outgoing).sum(Kind::Double)
    };
    let gradient = gradients(&[&x], network).remove(0);
    (gradient.norm() / outgoing.norm()).double_value(&[])
}

fn vanishing(context: &Context) -> [Finding; 2] {
    let (lost, kept) = (through_layers(context, 1.0), through_layers(context, 2.0));
    let theory = 0.5f64.powi(25);
    let x = Tensor::from(1.0f64);
    let (mut active, mut chain) = (0, x.shallow_clone());
    for _ in 0..20 {
        chain = (chain * 0.1).relu();
        active += i32::from(chain.double_value(&[]) > 0.0);
    }
    let twenty = |x: &[Tensor]| (0..20).fold(x[0].shallow_clone(), |h, _| (h * 0.1).relu());
    let small = largest(&gradients(&[&x], twenty)[0]);
    let deep = Finding::exact(
        "vanishing",
        "A model with ReLU only can have vanishing gradients",
        QUESTION,
        format!(
            "50 layers, weights of variance 1/n: 2^(−25) = {} of the gradient is left; of \
            variance 2/n (He): about 1",
            scientific(theory, 1)
        ),
        format!("{}; {}", scientific(lost, 1), fixed(kept, 1)),
        Verdict::holds_if((0.2..5.0).contains(&(lost / theory)) && (0.2..5.0).contains(&kept)),
    )
    .within(0.1);
    let all_active = Finding::exact(
        "all-active",
        "They vanish by small weights even if no unit has a negative input",
        "standard result",
        "20 layers of one unit, weight 0.1: 0.1²⁰, every unit active",
        format!("{}, {active} of 20 active", scientific(small, 1)),
        Verdict::holds_if(active == 20 && (small / 1e-20 - 1.0).abs() < 1e-9),
    );
    [deep, all_active]
}

fn draw(outcome: &mut Outcome, layer: &Layer) -> Result<()> {
    let biases: Vec<f64> = (0..=24).map(|step| -0.25 * f64::from(step)).collect();
    let share = |bias: &f64| (-bias, count(&layer.dead(&layer.inputs, *bias)) as f64 / 2.56);
    let theory = |bias: &f64| (-bias, layer.expected(*bias).0 / 2.56);
    let chart = LineChart {
        title: "Dead ReLU units of a layer of 256, on 1000 inputs".into(),
        x_label: "bias, with its sign changed (inputs to the unit have standard deviation about 1)"
            .into(),
        y_label: "dead units, %".into(),
        series: vec![
            Series::new("counted", biases.iter().map(share).collect()),
            Series::new("by the formula", biases.iter().map(theory).collect()).dashed(),
        ],
        ..LineChart::default()
    };
    let alt = "Share of dead units over the bias: none at 0, half near −3.2, nearly all at −6, counts on the \
               curve of the formula.";
    let caption =
        "A unit is dead when its bias lies below anything that its weights make of the data.";
    outcome.plot("relu-dead-units", &chart.draw()?, alt, caption)
}
