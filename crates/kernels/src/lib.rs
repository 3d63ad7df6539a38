//! The arithmetic of a training step over plain slices: decoders forward and backward, losses with
//! their gradients, posteriors, optimisers. On one CPU it is several times faster than the same
//! operations one by one; nothing here knows of libtorch, images or experiments.
//!
//! Numbers are f32, but for the factors of products in bfloat16 ([`Precision`]). The values of several samples lie one after another in a slice: `[rows, size]`
//! says that each of `rows` samples has `size` of them. Losses and divergences are in nats, and summed
//! over a sample's values; gradients are sums over a sample, and means over a batch where parameters
//! move. A NaN that comes in comes out, so that a diverged run shows.
//!
//! Elementwise functions are compiled for several instruction sets and chosen at run time. Matrix
//! products of f32 are our own where the processor has AVX-512, else [`gemm`]'s. Work is cut into pieces
//! whose size changes no bit ([`Precision::rows_are_independent`]) or does not depend on the number of threads, so that
//! results do not depend on it either.

mod activation;
mod aligned;
mod bf16;
mod conv_transpose;
mod losses;
mod math;
mod matmul;
mod network;
mod optimisers;
mod posteriors;
#[cfg(target_arch = "x86_64")]
mod registers;
mod rows;
mod team;
mod transpose;

pub use activation::Activation;
pub use conv_transpose::ConvTranspose2d;
pub use losses::{
    Bernoulli, Gaussian as GaussianLoss, IdentityGaussian, Loss, apply_observed, compact,
};
pub use matmul::{Into, Matrix, matmul};
pub use network::{
    Affine, Chunk, Learned, Network, Packed, Precision, Stage, UpdateStep, Wanted, Workspace,
};
pub use optimisers::{Adam, Sgd, Update};
pub use posteriors::{Gaussian as GaussianPosterior, Point, Reparameterisation};
pub use rows::{IndexError, RowIndices};
pub use team::Team;
