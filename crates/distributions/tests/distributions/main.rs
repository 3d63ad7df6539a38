//! One list of families runs through the same checks: samples, densities, divergences, gradients,
//! extremes and layout. A new family joins them with one entry in `families.rs`.

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

mod densities;
mod divergences;
mod extremes;
mod families;
mod fitted;
mod gradients;
mod layout;
mod quadrature;
mod registry;
mod samples;
