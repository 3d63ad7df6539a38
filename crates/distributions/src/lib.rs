//! Posteriors and priors of latent-variable models without an encoder.
//!
//! Every sample owns one *row* of unconstrained numbers. A [`Posterior`] says what
//! distribution a row describes, draws from it by the reparameterisation trick with noise that the
//! caller hands in, and measures its KL divergence from the matching [`Prior`].
//!
//! Formulas, sources and the constrained parameters are in docs/distributions.md.

mod posterior;
mod prior;

pub use posterior::{Kl, Posterior};
pub use prior::{Noise, Prior};
