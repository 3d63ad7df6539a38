//! The kernels against plain loops in float64, and at the edges: odd sizes, empty batches, extreme
//! values, NaN. (crates/training/tests/training/engines.rs compares whole steps with libtorch.)

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

mod activations;
mod convolutions;
mod losses;
mod make;
mod matmul;
mod network;
mod optimisers;
mod posteriors;
mod reference;
mod rows;
mod run;
mod team;
