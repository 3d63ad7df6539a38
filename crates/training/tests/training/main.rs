//! Optimisers, the latent table, steps and whole runs against textbook loops in f64.

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

mod between_steps;
mod binarised;
mod checkpoints;
mod cuda;
mod divergence;
mod encoders;
mod engines;
mod importance_weighted;
mod latents_file;
mod make;
mod masks;
mod optimisers;
mod pca;
mod ranges;
mod rescale;
mod row_step;
mod runs;
mod starts;
mod table;
