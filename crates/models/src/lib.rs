//! Decoders, likelihoods, and the models made of them.
//!
//! A [`Decoder`] turns latents into pixel logits. It is a list of [`Layer`]s, so that it can be
//! printed, saved and run by any other program. A [`Likelihood`] says how well logits explain
//! pixels, in nats. A [`LatentModel`] puts the two and a posterior together: an auto-decoder or a
//! variational auto-decoder. Which rows belong to which image is not known here: the latent table
//! lives in `autodecoder-training`.
//!
//! Decoder families and likelihoods are chosen by name from [`Parts`], to which a user's own can
//! be added.

mod decoder;
mod decoders;
mod error;
mod image_shape;
mod layer;
mod layer_text;
mod likelihood;
mod likelihoods;
mod model;
mod model_file;
mod network;
mod operation;
mod options;
mod parts;
pub mod tensor_file;

pub use decoder::{Decoder, MAX_PARAMETERS};
pub use decoders::{Convolutional, DecoderFamily, Mlp};
pub use error::Error;
pub use image_shape::ImageShape;
pub use layer::Layer;
pub use likelihood::{Likelihood, LikelihoodFamily, ParameterSource};
pub use likelihoods::{Bernoulli, ContinuousBernoulli, Gaussian};
pub use model::{LatentModel, ModelKind, ModelSpec, PartSpec, Terms};
pub use model_file::{load_model, save_model};
pub use options::read_options;
pub use parts::Parts;
