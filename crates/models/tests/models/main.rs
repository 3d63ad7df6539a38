//! Decoders, likelihoods, models and their files against closed forms, plain loops and damage.

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

mod cuda;
mod decoder;
mod encoders;
mod files;
mod gradients;
mod layers;
mod likelihoods;
mod make;
mod observations;
mod options;
mod terms;
