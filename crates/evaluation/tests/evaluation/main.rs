//! Metrics, inference and comparisons with the prior against plain loops in f64.

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

mod amortisation;
mod cuda;
mod encoders;
mod fitted_prior;
mod importance;
mod inference;
mod interpolation;
mod linear_gaussian;
mod make;
mod masks;
mod metrics;
mod per_image;
mod predictive;
mod prior_gap;
mod probes;
mod ranges;
mod samplers;
mod samples;
mod weighed_inference;
