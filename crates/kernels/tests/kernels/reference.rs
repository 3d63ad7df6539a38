//! A network as plain loops in float64, and the slopes of its output by central differences.

use autodecoder_kernels::{Activation, ConvTranspose2d, Network, Stage};

use crate::make::{slopes, wide};
use crate::run::{Batch, Parameters};

/// Output of one sample. `parameters` holds each stage's weight, then its bias, in order.
fn forward(network: &Network, parameters: &[f64], x: &[f64]) -> Vec<f64> {
    let mut left = parameters;
    let mut values = x.to_vec();
    for stage in network.stages() {
        let [weights, biases] = stage.parameters().unwrap_or([0, 0]);
        let (weight, rest) = left.split_at(weights);
        let (bias, rest) = rest.split_at(biases);
        left = rest;
        values = match *stage {
            Stage::Linear { inputs, .. } => linear(weight, bias, inputs, &values),
            Stage::ConvTranspose2d(sizes) => convolution(sizes, weight, bias, &values),
            Stage::Activation(kind) => values.iter().map(|&x| activation(kind, x)).collect(),
            Stage::Gated { outputs } => {
                let (values, gates) = values.split_at(outputs);
                let gated = values.iter().zip(gates).map(|(x, gate)| x / (1.0 + (-gate).exp()));
                gated.collect()
            }
            Stage::Transpose { rows, columns } => {
                let place = |to: usize| (to % rows) * columns + to / rows;
                (0..rows * columns).map(|to| values[place(to)]).collect()
            }
        };
    }
    values
}

fn linear(weight: &[f64], bias: &[f64], inputs: usize, x: &[f64]) -> Vec<f64> {
    let rows = weight.chunks(inputs).zip(bias);
    rows.map(|(row, bias)| bias + row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).collect()
}

fn activation(kind: Activation, x: f64) -> f64 {
    match kind {
        Activation::Relu => x.max(0.0),
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
    }
}

/// Every input pixel adds to every output pixel under the kernel. The weight is PyTorch's,
/// `[inputs, outputs, kernel, kernel]`; the images lie channels last.
fn convolution(sizes: ConvTranspose2d, weight: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let ConvTranspose2d { inputs, outputs, kernel, stride, padding, size } = sizes;
    let side = |side: usize| (side - 1) * stride + kernel - 2 * padding;
    let [height, width] = size.map(side);
    let mut y = bias.repeat(height * width);
    for (pixel, channels) in x.chunks(inputs).enumerate() {
        let (row, column) = (pixel / size[1], pixel % size[1]);
        for (place, weight) in weight.iter().enumerate() {
            let cell = place % (kernel * kernel);
            let output = place / (kernel * kernel) % outputs;
            let input = place / (kernel * kernel * outputs);
            let line = (row * stride + cell / kernel).checked_sub(padding);
            let across = (column * stride + cell % kernel).checked_sub(padding);
            if let (Some(line), Some(across)) = (line, across)
                && line < height
                && across < width
            {
                y[(line * width + across) * outputs + output] += weight * channels[input];
            }
        }
    }
    y
}

/// What [`crate::run::run`] should find.
pub struct Expected {
    pub outputs: Vec<f64>,
    pub input_gradient: Vec<f64>,
    /// The mean over the rows, of each stage's weight, then bias.
    pub parameter_gradient: Vec<f64>,
}

/// Outputs and slopes of `Σ dy · y` by plain loops. `step` is that of the central differences.
pub fn expected(network: &Network, parameters: &Parameters, batch: &Batch, step: f64) -> Expected {
    let parameters = wide(&parameters.concat());
    let (x, dy) = (wide(&batch.x), wide(&batch.dy));
    let rows = || x.chunks(network.inputs()).zip(dy.chunks(network.outputs()));
    let objective = |parameters: &[f64], x: &[f64], dy: &[f64]| {
        forward(network, parameters, x).iter().zip(dy).map(|(y, dy)| y * dy).sum::<f64>()
    };
    let total = |parameters: &[f64]| {
        rows().map(|(x, dy)| objective(parameters, x, dy)).sum::<f64>() / batch.rows as f64
    };
    Expected {
        outputs: rows().flat_map(|(x, _)| forward(network, &parameters, x)).collect(),
        input_gradient: rows()
            .flat_map(|(x, dy)| slopes(x, step, |x| objective(&parameters, x, dy)))
            .collect(),
        parameter_gradient: slopes(&parameters, step, total),
    }
}
