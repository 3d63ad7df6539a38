//! Whole networks: every gradient against central differences of plain loops, and independence of how
//! the work is cut.

use autodecoder_kernels::{
    Activation, ConvTranspose2d, Network, Packed, Sgd, Stage, UpdateStep, Wanted, Workspace,
};

use crate::make::{assert_close, wide};
use crate::run::{Batch, Found, affines, check, gradients, learned, parameters, run};

/// So small that no ReLU changes sides; in float64 enough digits are left.
const STEP: f64 = 1e-7;

/// Wider than the blocks in which weights are transposed (64) and moved (32), and no multiple of them.
fn mlp(activation: Activation) -> Network {
    let stages = vec![
        Stage::Linear { inputs: 3, outputs: 67 },
        Stage::Activation(activation),
        Stage::Linear { inputs: 67, outputs: 5 },
        Stage::Activation(activation),
        Stage::Linear { inputs: 5, outputs: 35 },
    ];
    Network::new(3, stages).unwrap()
}

fn convolutional() -> Network {
    let first =
        ConvTranspose2d { inputs: 3, outputs: 2, kernel: 4, stride: 2, padding: 1, size: [2, 3] };
    let second = ConvTranspose2d { inputs: 2, outputs: 2, padding: 2, size: [4, 6], ..first };
    let stages = vec![
        Stage::Linear { inputs: 2, outputs: 18 },
        Stage::Activation(Activation::Silu),
        Stage::Transpose { rows: 3, columns: 6 },
        Stage::ConvTranspose2d(first),
        Stage::Activation(Activation::Tanh),
        Stage::ConvTranspose2d(second),
        Stage::Transpose { rows: 60, columns: 2 },
    ];
    Network::new(2, stages).unwrap()
}

fn gated() -> Network {
    let stages = vec![
        Stage::Linear { inputs: 3, outputs: 38 },
        Stage::Gated { outputs: 19 },
        Stage::Linear { inputs: 19, outputs: 2 },
        Stage::Gated { outputs: 1 },
    ];
    Network::new(3, stages).unwrap()
}

#[test]
fn all_gradients_equal_central_differences() {
    let perceptrons = [Activation::Relu, Activation::Silu, Activation::Tanh].map(mlp);
    for (seed, network) in (10..).zip(perceptrons.iter().chain([&convolutional(), &gated()])) {
        for (rows, chunk_rows) in [(1, 16), (5, 2), (17, 16)] {
            check(network, &Batch::new(network, rows, seed), chunk_rows, STEP, seed + 100);
        }
    }
}

fn assert_same(found: &Found, expected: &Found) {
    assert_close(&found.outputs, &wide(&expected.outputs), 2e-6, 1e-5);
    assert_close(&found.input_gradient, &wide(&expected.input_gradient), 2e-6, 1e-5);
    assert_close(&found.parameter_gradient, &wide(&expected.parameter_gradient), 2e-6, 1e-5);
}

#[test]
fn the_size_of_chunks_changes_rounding_alone() {
    for network in [mlp(Activation::Relu), convolutional()] {
        let (batch, parameters) = (Batch::new(&network, 37, 1), parameters(&network, 2));
        let at_once = run(&network, &parameters, &batch, &mut Workspace::new(&network, 37, 37));
        for chunk_rows in [1, 2, 5, 16, 36, 64] {
            let mut workspace = Workspace::new(&network, 37, chunk_rows);
            assert_same(&run(&network, &parameters, &batch, &mut workspace), &at_once);
        }
    }
}

/// The last batch of an epoch is smaller: what the one before it left must not count.
#[test]
fn a_used_workspace_is_as_good_as_a_fresh_one() {
    for network in [mlp(Activation::Relu), convolutional()] {
        let parameters = parameters(&network, 2);
        let mut used = Workspace::new(&network, 20, 8);
        let _ = run(&network, &parameters, &Batch::new(&network, 20, 1), &mut used);
        for rows in [3, 8, 9] {
            let batch = Batch::new(&network, rows, 5);
            let mut fresh = Workspace::new(&network, 20, 8);
            let expected = run(&network, &parameters, &batch, &mut fresh);
            assert_eq!(run(&network, &parameters, &batch, &mut used), expected);
        }
    }
}

/// Latents are fitted to a network that stays as it is: nobody adds up its convolutions' gradients.
#[test]
fn the_inputs_gradient_is_the_same_alone() {
    let network = convolutional();
    let (batch, parameters) = (Batch::new(&network, 3, 1), parameters(&network, 2));
    let mut workspace = Workspace::new(&network, 3, 3);
    let expected = run(&network, &parameters, &batch, &mut workspace).input_gradient;
    let pairs = affines(&parameters);
    let packed = Packed::new(&network, &pairs);
    let mut chunks = workspace.chunks(3);
    network.backward(&pairs, &packed, &mut chunks[0], Wanted::Input);
    assert_eq!(chunks[0].input_gradient(), expected);
}

/// An encoder's images are not moved: their gradient is not computed, and all others are as they were.
#[test]
fn parameters_gradients_are_the_same_alone() {
    let network = mlp(Activation::Relu);
    let (batch, parameters) = (Batch::new(&network, 3, 1), parameters(&network, 2));
    let mut workspace = Workspace::new(&network, 3, 3);
    let expected = run(&network, &parameters, &batch, &mut workspace);
    let pairs = affines(&parameters);
    let packed = Packed::new(&network, &pairs);
    let mut fresh = Workspace::new(&network, 3, 3);
    let mut chunks = fresh.chunks(3);
    chunks[0].input().copy_from_slice(&batch.x);
    network.forward(&pairs, &packed, &mut chunks[0]);
    chunks[0].output().1.copy_from_slice(&batch.dy);
    network.backward(&pairs, &packed, &mut chunks[0], Wanted::ParametersAlone);
    assert!(chunks[0].input_gradient().iter().all(|&value| value == 0.0));
    assert_eq!(gradients(&network, &parameters, 3, &fresh), expected.parameter_gradient);
}

/// After the weights have moved, so must their copies.
#[test]
fn refreshed_copies_are_as_good_as_new_ones() {
    for network in [mlp(Activation::Relu), convolutional()] {
        let sets = [2, 50].map(|seed| parameters(&network, seed));
        let [old, new] = sets.each_ref().map(affines);
        let mut packed = Packed::new(&network, &old);
        packed.refresh(&network, &new);
        let batch = Batch::new(&network, 3, 1);
        let mut workspace = Workspace::new(&network, 3, 3);
        let expected = run(&network, &sets[1], &batch, &mut workspace);
        let mut chunks = workspace.chunks(3);
        network.forward(&new, &packed, &mut chunks[0]);
        assert_eq!(chunks[0].output().0, expected.outputs);
        network.backward(&new, &packed, &mut chunks[0], Wanted::Input);
        assert_eq!(chunks[0].input_gradient(), expected.input_gradient);
    }
}

#[test]
fn an_empty_batch_moves_nothing() {
    for network in [mlp(Activation::Relu), convolutional()] {
        let mut workspace = Workspace::new(&network, 4, 2);
        assert!(workspace.chunks(0).is_empty());
        let mut values = parameters(&network, 2);
        let before = values.clone();
        // Rules with a memory go on without a gradient: here they must not.
        let mut slots: Vec<Vec<f32>> =
            values.iter().map(|values| vec![1.0; values.len()]).collect();
        let step = UpdateStep { rule: &Sgd { momentum: 0.9 }, step: 1.0, rate: 1.0, rows: 0 };
        let mut packed = Packed::new(&network, &affines(&before));
        let learned = learned(&mut values, &mut slots);
        assert!(network.update(&workspace, &mut packed, learned, &step).is_empty());
        assert_eq!(values, before);
        assert!(slots.iter().flatten().all(|&slot| slot == 1.0));
    }
}

#[test]
fn stages_that_do_not_fit_make_no_network() {
    let linear = |inputs, outputs| Stage::Linear { inputs, outputs };
    let relu = Stage::Activation(Activation::Relu);
    assert!(Network::new(3, vec![]).is_none());
    assert!(Network::new(0, vec![relu]).is_none());
    assert!(Network::new(3, vec![linear(4, 5)]).is_none());
    assert!(Network::new(3, vec![linear(3, 0)]).is_none());
    assert!(Network::new(0, vec![linear(0, 3)]).is_none());
    assert!(Network::new(3, vec![linear(3, 5), relu, linear(4, 2)]).is_none());
    assert!(Network::new(3, vec![Stage::Transpose { rows: 2, columns: 2 }]).is_none());
    let network = Network::new(3, vec![linear(3, 5), relu, linear(5, 2)]).unwrap();
    assert_eq!((network.inputs(), network.outputs(), network.stages().len()), (3, 2, 3));
}

#[test]
#[should_panic(expected = "the lengths of weights and biases")]
fn parameters_of_another_network_are_refused() {
    let parameters = parameters(&convolutional(), 2);
    let pairs = affines(&parameters);
    let _ = Packed::new(&mlp(Activation::Relu), &pairs);
}

#[test]
#[should_panic(expected = "the lengths of weights and biases")]
fn nothing_is_updated_where_a_stage_is_missing() {
    let network = mlp(Activation::Relu);
    let workspace = Workspace::new(&network, 4, 2);
    let step = UpdateStep { rule: &Sgd { momentum: 0.9 }, step: 1.0, rate: 1.0, rows: 4 };
    let parameters = parameters(&network, 2);
    let mut packed = Packed::new(&network, &affines(&parameters));
    let _ = network.update(&workspace, &mut packed, Vec::new(), &step);
}
