//! The 25-layer sigmoid model that stops training: what its code builds, where its gradients go, and
//! whether tanh would help.

use anyhow::Result;
use tch::Tensor;

use super::deep_network::{Network, Recipe, examples};
use crate::toolkit::compare::relative_difference;
use crate::toolkit::numbers::{at_most, fixed, scientific};
use crate::{Context, Finding, Outcome, Verdict};

const PLATEAU: &str = "001, Losses and Activation functions, question 2";
const TANH: &str = "001, Losses and Activation functions, question 3";

/// The model as written, its repair, and the friend's suggestion.
pub fn deep_sigmoid_model(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    outcome.findings.extend(shared(context));
    outcome.findings.extend(starved(context, &mut outcome.working));
    outcome.findings.extend(constant(context));
    outcome.findings.extend(tanh(context, &mut outcome.working));
    Ok(outcome)
}

/// `[nn.Linear(H, H), nn.Sigmoid()] * 24` repeats references to one layer.
fn shared(context: &Context) -> [Finding; 2] {
    let network = Network::shared(context, Recipe::plain(Tensor::sigmoid));
    let mut places: Vec<usize> = network.weights.iter().map(|w| w.data_ptr() as usize).collect();
    places.sort_unstable();
    places.dedup();
    let size = |inputs: i64, outputs: i64| inputs * outputs + outputs;
    let ends = size(42, 128) + size(128, 1);
    let (has, seems) = (ends + size(128, 128), ends + 24 * size(128, 128));
    let layers = Finding::exact(
        "repeated-layer",
        "The list [nn.Linear(H, H), nn.Sigmoid()] times 24 makes 24 hidden layers",
        PLATEAU,
        format!("26 weight matrices in memory, {seems} parameters"),
        format!(
            "{} matrices, {has} parameters: list multiplication repeats one layer",
            places.len()
        ),
        Verdict::holds_if(places.len() == 26),
    );
    let copies = network.separate().gradients(context);
    let sum: Tensor = copies[1..25].iter().sum();
    // Gradients come one per entry: the shared matrix is entry 1 as well as 2 to 24.
    let difference = relative_difference(&network.gradients(context)[1], &sum);
    let gradient = Finding::exact(
        "shared-gradient",
        "The one matrix gets the sum of the gradients of its 24 uses",
        "standard result",
        "the sum over 24 separate layers of equal weights",
        format!("relative difference {}", at_most(difference, -12)),
        Verdict::holds_if(difference < 1e-12),
    );
    [layers, gradient]
}

/// How small gradients are, as written and with 24 layers of their own.
fn starved(context: &Context, working: &mut Vec<String>) -> [Finding; 2] {
    let recipe = Recipe::plain(Tensor::sigmoid);
    let separate = Network::new(context, recipe).gradient_norms(context);
    let shared = Network::shared(context, recipe).gradient_norms(context);
    let share = |norms: &[f64], layer: usize| norms[layer] / norms[25];
    for (layer, norm) in separate.iter().enumerate().step_by(5) {
        working
            .push(format!("layers of their own, matrix {}: gradient norm {norm:.1e}", layer + 1));
    }
    working.push(format!(
        "as written: first {:.1e}, shared {:.1e}, last {:.1e}",
        shared[0], shared[1], shared[25]
    ));
    let first = Finding::exact(
        "first-layer",
        "Sigmoid’s slopes of at most 0.25 make the gradients of early layers exponentially small",
        PLATEAU,
        "the first layer’s gradient less than 10⁻¹⁰ of the last’s, as written and with layers of \
                   their own",
        format!("{} and {}", scientific(share(&shared, 0), 0), scientific(share(&separate, 0), 0)),
        Verdict::holds_if(share(&shared, 0) < 1e-10 && share(&separate, 0) < 1e-10),
    )
    .within(0.2);
    let hidden = Finding::exact(
        "hidden-layers",
        "The weights of the hidden layers remain largely unchanged",
        PLATEAU,
        "gradient of the first hidden matrix below a thousandth of the output layer’s: with \
                   layers of its own, and as written",
        format!(
            "{} with its own; as written {}: the one matrix is also the last",
            scientific(share(&separate, 1), 0),
            fixed(share(&shared, 1), 3)
        ),
        Verdict::by_condition(share(&separate, 1) < 1e-3, share(&shared, 1) < 1e-3),
    )
    .within(0.2);
    [first, hidden]
}

/// The model's output over its inputs, and the loss that 50 steps of gradient descent arrive at.
fn constant(context: &Context) -> [Finding; 2] {
    let mut network = Network::new(context, Recipe::plain(Tensor::sigmoid));
    let output = network.predictions(context);
    let spread = (output.max() - output.min()).double_value(&[]);
    let losses: Vec<f64> = (0..50).map(|_| network.step(context, 0.01)).collect();
    let (_, targets) = examples(context);
    let variance = targets.var(false).double_value(&[]);
    let nothing = Finding::exact(
        "nothing-arrives",
        "Forwards too nothing gets through: the model says the same for every input",
        "standard result",
        "outputs for 64 different inputs that agree to 10⁻¹⁰",
        format!("largest minus smallest: {}", at_most(spread, -10)),
        Verdict::holds_if(spread < 1e-10),
    );
    let plateau = Finding::exact(
        "plateau",
        "The loss comes to a plateau after only a few iterations",
        PLATEAU,
        format!("the loss of the best constant, the targets’ variance {}", fixed(variance, 4)),
        format!(
            "{} at first, {} after 10 steps, {} after 49",
            fixed(losses[0], 4),
            fixed(losses[10], 4),
            fixed(losses[49], 4)
        ),
        Verdict::holds_if(
            [10, 49].iter().all(|&step| (losses[step] / variance - 1.0).abs() < 1e-2),
        ),
    );
    [nothing, plateau.within(0.01)]
}

/// tanh in place of sigmoid, in PyTorch's initialisation and in Xavier's.
fn tanh(context: &Context, working: &mut Vec<String>) -> [Finding; 2] {
    let first = |recipe: Recipe| {
        let norms = Network::new(context, recipe).gradient_norms(context);
        norms[0] / norms[25]
    };
    let default = Recipe::plain(Tensor::tanh);
    let sigmoid = first(Recipe::plain(Tensor::sigmoid));
    let (pytorch, xavier) = (first(default), first(Recipe { gain: 1.0, ..default }));
    working.push(format!(
        "first over last gradient norm: sigmoid {sigmoid:.1e}, tanh {pytorch:.1e}, tanh with Xavier \
         {xavier:.2}"
    ));
    let solves = Finding::exact(
        "tanh",
        "Replacing sigmoid by tanh solves the problem",
        TANH,
        "a first-layer gradient of a hundredth of the last’s or more: with Xavier’s \
         initialisation, and with PyTorch’s own",
        format!("{} with Xavier’s, {} with PyTorch’s", fixed(xavier, 2), scientific(pytorch, 0)),
        Verdict::by_condition(xavier > 0.01, pytorch > 0.01),
    )
    .within(0.2);
    let cause = Finding::exact(
        "activation-cause",
        "The choice of activation function is unlikely to be the primary cause of the plateau",
        TANH,
        "tanh in its place changes the first layer’s share of gradient by less than 1000",
        format!("from {} to {}", scientific(sigmoid, 0), scientific(pytorch, 0)),
        Verdict::holds_if(pytorch / sigmoid < 1e3),
    )
    .within(0.2);
    [solves, cause]
}
