//! A batch's way through a network: forward, backward, and the gradients of the parameters.

use autodecoder_kernels::{
    Affine, Learned, Network, Packed, Precision, Sgd, UpdateStep, Wanted, Workspace,
};

use crate::make::{assert_close, numbers};
use crate::reference::expected;

/// Weight and bias of each stage that learns, one after another.
pub type Parameters = Vec<Vec<f32>>;

/// Inputs of some rows, and the gradients of their outputs.
#[derive(Debug, Clone)]
pub struct Batch {
    pub rows: usize,
    pub x: Vec<f32>,
    pub dy: Vec<f32>,
}

impl Batch {
    pub fn new(network: &Network, rows: usize, seed: u64) -> Batch {
        let x = numbers(rows * network.inputs(), seed);
        Batch { rows, x, dy: numbers(rows * network.outputs(), seed + 1) }
    }
}

pub fn parameters(network: &Network, seed: u64) -> Parameters {
    let sizes = network.stages().iter().filter_map(|stage| stage.parameters()).flatten();
    sizes.zip(seed..).map(|(size, seed)| numbers(size, seed)).collect()
}

/// Pairs of weight and bias.
pub fn affines(parameters: &Parameters) -> Vec<Affine<'_>> {
    parameters.chunks(2).map(|pair| Affine { weight: &pair[0], bias: &pair[1] }).collect()
}

/// The same to be updated, with one slot each.
pub fn learned<'a>(values: &'a mut Parameters, slots: &'a mut Parameters) -> Vec<Learned<'a>> {
    let pairs = values.chunks_mut(2).zip(slots.chunks_mut(2));
    let learned = pairs.map(|(values, slots)| {
        let ([weight, bias], [weight_slot, bias_slot]) = (values, slots) else { unreachable!() };
        Learned { weight, weight_state: vec![weight_slot], bias, bias_state: vec![bias_slot] }
    });
    learned.collect()
}

/// Everything that a pass leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub outputs: Vec<f32>,
    pub input_gradient: Vec<f32>,
    /// The mean over the rows, of each stage's weight, then bias.
    pub parameter_gradient: Vec<f32>,
}

/// Descent without momentum, which leaves the gradients in its slot.
const REVEAL: Sgd = Sgd { momentum: 0.0 };

/// Takes `batch` through `network`, which keeps its parameters.
pub fn run(
    network: &Network,
    parameters: &Parameters,
    batch: &Batch,
    (workspace, precision): (&mut Workspace, Precision),
) -> Found {
    let pairs = affines(parameters);
    let packed = Packed::new(network, &pairs, precision);
    let (mut outputs, mut input_gradient) = (Vec::new(), Vec::new());
    let (mut x, mut dy) = (&batch.x[..], &batch.dy[..]);
    for mut chunk in workspace.chunks(batch.rows) {
        let (input, rest) = x.split_at(chunk.rows() * network.inputs());
        chunk.input().copy_from_slice(input);
        network.forward(&pairs, &packed, &mut chunk);
        let (values, gradient) = chunk.output();
        outputs.extend_from_slice(values);
        let (slope, rest_of_slopes) = dy.split_at(values.len());
        gradient.copy_from_slice(slope);
        network.backward(&pairs, &packed, &mut chunk, Wanted::Parameters);
        input_gradient.extend_from_slice(chunk.input_gradient());
        (x, dy) = (rest, rest_of_slopes);
    }
    let left = (&*workspace, precision);
    let parameter_gradient = gradients(network, parameters, (batch.rows, batch.rows), left);
    Found { outputs, input_gradient, parameter_gradient }
}

pub fn gradients(
    network: &Network,
    parameters: &Parameters,
    (rows, images): (usize, usize),
    (workspace, precision): (&Workspace, Precision),
) -> Vec<f32> {
    let mut values = parameters.clone();
    let mut slots: Parameters = values.iter().map(|values| vec![0.0; values.len()]).collect();
    let step = UpdateStep { rule: &REVEAL, step: 1.0, rate: 1.0, rows, images };
    let mut packed = Packed::new(network, &affines(parameters), precision);
    let tasks = network.update(workspace, &mut packed, learned(&mut values, &mut slots), &step);
    tasks.into_iter().for_each(|task| task());
    // The copies have moved along.
    assert_eq!(packed, Packed::new(network, &affines(&values), precision));
    for ((after, before), slot) in
        values.iter().flatten().zip(parameters.iter().flatten()).zip(slots.iter().flatten())
    {
        assert_eq!(*after, before - slot, "descent with rate 1");
    }
    slots.concat()
}

/// Compares a pass with plain loops. Values are of the order of 1.
#[track_caller]
pub fn check(network: &Network, batch: &Batch, chunk_rows: usize, step: f64, seed: u64) {
    let parameters = parameters(network, seed);
    let mut workspace = Workspace::new(network, (batch.rows, chunk_rows), Precision::F32);
    let found = run(network, &parameters, batch, (&mut workspace, Precision::F32));
    let expected = expected(network, &parameters, batch, step);
    assert_close(&found.outputs, &expected.outputs, 2e-6, 2e-5);
    assert_close(&found.input_gradient, &expected.input_gradient, 2e-6, 2e-5);
    assert_close(&found.parameter_gradient, &expected.parameter_gradient, 2e-6, 2e-5);
}
