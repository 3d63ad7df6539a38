//! Whole networks: every gradient against central differences of plain loops, and independence of how
//! the work is cut.

use autodecoder_kernels::{
    Activation, ConvTranspose2d, Network, Packed, Precision, Sgd, Stage, UpdateStep, Wanted,
    Workspace,
};

use crate::make::{assert_close, wide};
use crate::reference::expected;
use crate::run::{Batch, Found, affines, check, gradients, learned, parameters, run};

/// So small that no ReLU changes sides; in float64 enough digits are left.
const STEP: f64 = 1e-7;

/// Wider than the blocks in which weights are transposed (64) and moved (48 or 64), and no multiple of them.
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

const ALL: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::Bf16x3];

/// Linear and convolutional ones, in each precision.
fn networks() -> impl Iterator<Item = (Network, Precision)> {
    let networks = || [mlp(Activation::Relu), convolutional()];
    ALL.into_iter().flat_map(move |precision| networks().map(|network| (network, precision)))
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

/// The two stages that learn: numbers that are exact in bfloat16 have exact products, and no stage behind
/// them rounds what it is given. A deep network does, each value to 8 bits.
#[test]
fn products_of_bfloat16_are_exact_but_for_rounding_their_factors() {
    let sizes =
        ConvTranspose2d { inputs: 3, outputs: 5, kernel: 4, stride: 2, padding: 1, size: [2, 3] };
    let linear = |inputs, outputs| Stage::Linear { inputs, outputs };
    let stages = [(35, linear(35, 67)), (6, linear(6, 2)), (18, Stage::ConvTranspose2d(sizes))];
    for (seed, (inputs, stage)) in (10..).zip(stages) {
        let network = Network::new(inputs, vec![stage]).unwrap();
        for cut in [(1, 16), (5, 2), (7, 3), (17, 16)] {
            check_rounded(&network, cut, Precision::Bf16, (exact_in_bf16, 2e-6), seed);
        }
    }
    for (seed, network) in (20..).zip([mlp(Activation::Silu), convolutional(), gated()]) {
        check_rounded(&network, (17, 16), Precision::Bf16, (|number| number, 0.05), seed);
    }
}

/// Each part of a product is rounded to 2⁻¹⁷ and the smallest left out. In f32 these networks are exact to 2e-6.
#[test]
fn products_of_sums_of_bfloat16_are_nearly_those_of_f32() {
    if Precision::Bf16x3.is_f32() {
        println!("skipped in part: without AMX these products are f32");
    }
    for (seed, network) in (20..).zip([mlp(Activation::Silu), convolutional(), gated()]) {
        for cut in [(1, 16), (5, 2), (17, 16)] {
            check_rounded(&network, cut, Precision::Bf16x3, (|number| number, 1e-4), seed);
        }
    }
}

/// Cut to the 8 bits of a bfloat16.
fn exact_in_bf16(number: f32) -> f32 {
    f32::from_bits(number.to_bits() & 0xFFFF_0000)
}

/// Compares a pass with plain loops in float64, on numbers that were `prepared`, within `bound` of values of
/// the order of 1.
#[track_caller]
fn check_rounded(
    network: &Network,
    (rows, chunk_rows): (usize, usize),
    precision: Precision,
    (prepared, bound): (fn(f32) -> f32, f64),
    seed: u64,
) {
    let mut batch = Batch::new(network, rows, seed);
    let mut parameters = parameters(network, seed + 100);
    let numbers = parameters.iter_mut().chain([&mut batch.x, &mut batch.dy]).flatten();
    numbers.for_each(|number| *number = prepared(*number));
    let mut workspace = Workspace::new(network, (rows, chunk_rows), precision);
    let found = run(network, &parameters, &batch, (&mut workspace, precision));
    let expected = expected(network, &parameters, &batch, STEP);
    let bounds = (bound, bound.max(2e-5));
    assert_close(&found.outputs, &expected.outputs, bounds.0, bounds.1);
    assert_close(&found.input_gradient, &expected.input_gradient, bounds.0, bounds.1);
    assert_close(&found.parameter_gradient, &expected.parameter_gradient, bounds.0, bounds.1);
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
        for precision in ALL {
            let pass = |chunk_rows| {
                let mut workspace = Workspace::new(&network, (37, chunk_rows), precision);
                run(&network, &parameters, &batch, (&mut workspace, precision))
            };
            let at_once = pass(37);
            for chunk_rows in [1, 2, 5, 16, 36, 64] {
                assert_same(&pass(chunk_rows), &at_once);
            }
        }
    }
}

/// So chunks may be as large as suits the number of threads. Those of an odd number of rows would pair rows of bfloat16
/// otherwise.
#[test]
fn even_chunks_of_any_size_give_the_same_bits() {
    let networks = [mlp(Activation::Relu), mlp(Activation::Silu), gated()];
    for (network, precision) in ALL.iter().flat_map(|&p| networks.iter().map(move |n| (n, p))) {
        if !precision.rows_are_independent() {
            println!("skipped for {precision:?}: without AVX-512 the size of a chunk changes bits");
            continue;
        }
        let (batch, parameters) = (Batch::new(network, 133, 1), parameters(network, 2));
        let pass = |chunk_rows| {
            let mut workspace = Workspace::new(network, (133, chunk_rows), precision);
            run(network, &parameters, &batch, (&mut workspace, precision))
        };
        let at_once = pass(134);
        for chunk_rows in [2, 6, 16, 48, 64, 132] {
            assert_eq!(pass(chunk_rows), at_once, "{precision:?}, chunks of {chunk_rows}");
        }
    }
}

/// The last batch of an epoch is smaller: what the one before it left must not count.
#[test]
fn a_used_workspace_is_as_good_as_a_fresh_one() {
    for (network, precision) in networks() {
        let parameters = parameters(&network, 2);
        let mut used = Workspace::new(&network, (20, 8), precision);
        let large = Batch::new(&network, 20, 1);
        let _ = run(&network, &parameters, &large, (&mut used, precision));
        for rows in [3, 8, 9] {
            let batch = Batch::new(&network, rows, 5);
            let mut fresh = Workspace::new(&network, (20, 8), precision);
            let expected = run(&network, &parameters, &batch, (&mut fresh, precision));
            assert_eq!(run(&network, &parameters, &batch, (&mut used, precision)), expected);
        }
    }
}

/// Latents are fitted to a network that stays as it is: nobody adds up its convolutions' gradients.
#[test]
fn the_inputs_gradient_is_the_same_alone() {
    for (network, precision) in networks() {
        let (batch, parameters) = (Batch::new(&network, 3, 1), parameters(&network, 2));
        let mut workspace = Workspace::new(&network, (3, 3), precision);
        let found = run(&network, &parameters, &batch, (&mut workspace, precision));
        let pairs = affines(&parameters);
        let packed = Packed::new(&network, &pairs, precision);
        let mut chunks = workspace.chunks(3);
        network.backward(&pairs, &packed, &mut chunks[0], Wanted::Input);
        assert_eq!(chunks[0].input_gradient(), found.input_gradient);
    }
}

/// An encoder's images are not moved: their gradient is not computed, and all others are as they were.
#[test]
fn parameters_gradients_are_the_same_alone() {
    for precision in ALL {
        let network = mlp(Activation::Relu);
        let (batch, parameters) = (Batch::new(&network, 3, 1), parameters(&network, 2));
        let mut workspace = Workspace::new(&network, (3, 3), precision);
        let expected = run(&network, &parameters, &batch, (&mut workspace, precision));
        let pairs = affines(&parameters);
        let packed = Packed::new(&network, &pairs, precision);
        let mut fresh = Workspace::new(&network, (3, 3), precision);
        let mut chunks = fresh.chunks(3);
        chunks[0].input().copy_from_slice(&batch.x);
        network.forward(&pairs, &packed, &mut chunks[0]);
        chunks[0].output().1.copy_from_slice(&batch.dy);
        network.backward(&pairs, &packed, &mut chunks[0], Wanted::ParametersAlone);
        assert!(chunks[0].input_gradient().iter().all(|&value| value == 0.0));
        let found = gradients(&network, &parameters, (3, 3), (&fresh, precision));
        assert_eq!(found, expected.parameter_gradient);
    }
}

/// After the weights have moved, so must their copies.
#[test]
fn refreshed_copies_are_as_good_as_new_ones() {
    for (network, precision) in networks() {
        let sets = [2, 50].map(|seed| parameters(&network, seed));
        let [old, new] = sets.each_ref().map(affines);
        let mut packed = Packed::new(&network, &old, precision);
        packed.refresh(&network, &new);
        let batch = Batch::new(&network, 3, 1);
        let mut workspace = Workspace::new(&network, (3, 3), precision);
        let expected = run(&network, &sets[1], &batch, (&mut workspace, precision));
        let mut chunks = workspace.chunks(3);
        network.forward(&new, &packed, &mut chunks[0]);
        assert_eq!(chunks[0].output().0, expected.outputs);
        network.backward(&new, &packed, &mut chunks[0], Wanted::Input);
        assert_eq!(chunks[0].input_gradient(), expected.input_gradient);
    }
}

/// Two rows of an image count twice in a sum that is divided by images.
#[test]
fn gradients_are_sums_over_rows_by_the_number_of_images() {
    for network in [mlp(Activation::Relu), convolutional()] {
        for precision in ALL {
            let parameters = parameters(&network, 2);
            let mut workspace = Workspace::new(&network, (8, 4), precision);
            let batch = Batch::new(&network, 8, 3);
            let each = run(&network, &parameters, &batch, (&mut workspace, precision));
            let found = gradients(&network, &parameters, (8, 4), (&workspace, precision));
            let twice: Vec<f32> = each.parameter_gradient.iter().map(|value| 2.0 * value).collect();
            assert_eq!(found, twice);
        }
    }
}

#[test]
fn an_empty_batch_moves_nothing() {
    for network in [mlp(Activation::Relu), convolutional()] {
        let mut workspace = Workspace::new(&network, (4, 2), Precision::F32);
        assert!(workspace.chunks(0).is_empty());
        let mut values = parameters(&network, 2);
        let before = values.clone();
        // Rules with a memory go on without a gradient: here they must not.
        let mut slots: Vec<Vec<f32>> =
            values.iter().map(|values| vec![1.0; values.len()]).collect();
        let step =
            UpdateStep { rule: &Sgd { momentum: 0.9 }, step: 1.0, rate: 1.0, rows: 0, images: 0 };
        let mut packed = Packed::new(&network, &affines(&before), Precision::F32);
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
    let _ = Packed::new(&mlp(Activation::Relu), &pairs, Precision::F32);
}

#[test]
#[should_panic(expected = "the lengths of weights and biases")]
fn nothing_is_updated_where_a_stage_is_missing() {
    let network = mlp(Activation::Relu);
    let workspace = Workspace::new(&network, (4, 2), Precision::F32);
    let step =
        UpdateStep { rule: &Sgd { momentum: 0.9 }, step: 1.0, rate: 1.0, rows: 4, images: 4 };
    let parameters = parameters(&network, 2);
    let mut packed = Packed::new(&network, &affines(&parameters), Precision::F32);
    let _ = network.update(&workspace, &mut packed, Vec::new(), &step);
}
