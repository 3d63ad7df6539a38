//! Posteriors and priors of latent-variable models without an encoder.
//!
//! Every sample owns one *row* of unconstrained numbers. A [`Posterior`] says what
//! distribution a row describes, draws from it by the reparameterisation trick with noise that the
//! caller hands in, and measures its KL divergence from the matching [`Prior`].
//!
//! | name in experiment files | posterior | prior | closed KL |
//! |---|---|---|---|
//! | `gaussian` | [`Gaussian`] | [`StandardNormal`] | yes |
//! | `laplace` | [`Laplace`] | [`StandardLaplace`] | yes |
//! | `logistic` | [`Logistic`] | [`StandardLogistic`] | no: Monte Carlo |
//! | `gumbel` | [`Gumbel`] | [`StandardGumbel`] | yes |
//! | `uniform` | [`Uniform`] | [`StandardUniform`] | yes |
//! | `point` | [`Point`] | [`StandardNormal`] | undefined |
//!
//! A prior can also be fitted to latents after training: [`UnderPrior`] holds a family near a
//! [`GaussianMixture`].
//!
//! [`standard`] holds them all, and one's own posterior is added to it by name. Formulas, sources
//! and the constrained parameters are in docs/distributions.md.
//!
//! ```no_run
//! use autodecoder_distributions::standard;
//! use tch::{Device, Kind, Tensor};
//!
//! let laplace = standard().get("laplace")?;
//! let rows = Tensor::zeros([64, laplace.row_width(32)], (Kind::Float, Device::Cpu));
//! let noise = Tensor::full([64, 32], 0.25, (Kind::Float, Device::Cpu));
//! let z = laplace.rsample(&rows, &noise);
//! let nats = laplace.kl(&rows, &noise);
//! # Ok::<(), autodecoder_distributions::UnknownName>(())
//! ```

mod by_autograd;
mod gaussian;
mod gumbel;
mod laplace;
mod logistic;
mod mixture;
mod numeric;
mod point;
mod posterior;
mod prior;
mod registry;
mod under_prior;
mod uniform;

pub use by_autograd::kernel;
pub use gaussian::{Gaussian, StandardNormal};
pub use gumbel::{Gumbel, StandardGumbel};
pub use laplace::{Laplace, StandardLaplace};
pub use logistic::{Logistic, StandardLogistic};
pub use mixture::GaussianMixture;
pub use point::Point;
pub use posterior::{Kl, Posterior};
pub use prior::{Noise, Prior};
pub use registry::{Registry, UnknownName, standard};
pub use under_prior::UnderPrior;
pub use uniform::{StandardUniform, Uniform};
