//! What an encoder loses: other ways to find an image's row under the same decoder.
//!
//! The amortisation gap (Cremer, Li and Duvenaud 2018, arXiv:1801.03558) is the negative ELBO with the
//! encoder's posteriors less that with posteriors fitted image by image. How small the latter gets
//! depends on where the fit begins, since it ends in the nearest optimum.

mod linear_encoder;
mod prior_search;

pub use linear_encoder::LinearEncoder;
pub use prior_search::best_of_prior;
