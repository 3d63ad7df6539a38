//! The classifier on the sample of Fashion-MNIST in assets.

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

mod files;
mod learning;
mod make;
