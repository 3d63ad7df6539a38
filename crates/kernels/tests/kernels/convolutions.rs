//! Transposed convolutions, forward and backward, against plain loops in float64.

use autodecoder_kernels::{ConvTranspose2d, Network, Stage};
use proptest::prelude::*;

use crate::run::{Batch, check};

/// Linear in everything, so that central differences are exact for any step.
const STEP: f64 = 0.5;

fn network(sizes: ConvTranspose2d) -> Option<Network> {
    Network::new(sizes.input_len(), vec![Stage::ConvTranspose2d(sizes)])
}

fn any_sizes() -> impl Strategy<Value = ConvTranspose2d> {
    let channels = (1..4usize, 1..4usize);
    let geometry = (1..6usize, 1..5usize, 0..4usize);
    (channels, geometry, [1..5usize, 1..5usize])
        .prop_map(|((inputs, outputs), (kernel, stride, padding), size)| ConvTranspose2d {
            inputs,
            outputs,
            kernel,
            stride,
            padding,
            size,
        })
        .prop_filter("the padding leaves nothing", |sizes| {
            sizes
                .size
                .iter()
                .all(|side| (side - 1) * sizes.stride + sizes.kernel > 2 * sizes.padding)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn all_sizes_equal_plain_loops(
        sizes in any_sizes(),
        rows in 1..4usize,
        chunk_rows in 1..4usize,
        seed in 0..1000u64,
    ) {
        let network = network(sizes).unwrap();
        let batch = Batch::new(&network, rows, seed);
        check(&network, &batch, chunk_rows, STEP, seed + 1000);
    }
}

const PLAIN: ConvTranspose2d =
    ConvTranspose2d { inputs: 2, outputs: 3, kernel: 4, stride: 2, padding: 1, size: [3, 5] };

/// Those that a random choice might miss.
#[test]
fn sizes_at_the_edge_equal_plain_loops() {
    let edges = [
        // Pixels that no kernel reaches have the bias alone.
        ConvTranspose2d { kernel: 2, stride: 4, padding: 0, ..PLAIN },
        // The first input's whole kernel is cut off.
        ConvTranspose2d { kernel: 2, stride: 1, padding: 2, size: [4, 5], ..PLAIN },
        ConvTranspose2d { kernel: 1, stride: 1, padding: 0, ..PLAIN },
        ConvTranspose2d { inputs: 1, outputs: 1, ..PLAIN },
        ConvTranspose2d { size: [1, 1], ..PLAIN },
        // Wider than a vector register.
        ConvTranspose2d { inputs: 17, outputs: 9, size: [2, 3], ..PLAIN },
        PLAIN,
    ];
    for sizes in edges {
        let network = network(sizes).unwrap();
        check(&network, &Batch::new(&network, 5, 1), 2, STEP, 7);
    }
}

#[test]
fn lengths_follow_from_the_sizes() {
    assert_eq!(PLAIN.output_size(), [6, 10]);
    assert_eq!((PLAIN.input_len(), PLAIN.output_len(), PLAIN.weight_len()), (30, 180, 96));
}

#[test]
fn sizes_without_an_image_make_no_network() {
    let nothing = [
        ConvTranspose2d { padding: 4, ..PLAIN },
        ConvTranspose2d { padding: 40, ..PLAIN },
        ConvTranspose2d { size: [0, 5], ..PLAIN },
        ConvTranspose2d { kernel: 0, ..PLAIN },
        ConvTranspose2d { inputs: 0, ..PLAIN },
        ConvTranspose2d { outputs: 0, ..PLAIN },
    ];
    for sizes in nothing {
        assert!(network(sizes).is_none(), "{sizes:?}");
    }
}
