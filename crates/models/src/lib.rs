//! Decoders, encoders, likelihoods, and the models made of them.
//!
//! A [`Decoder`] turns latents into pixel logits. It is a list of [`Layer`]s, so that it can be
//! printed, saved and run by any other program. A [`Likelihood`] says how well logits explain
//! pixels, in nats. A [`LatentModel`] puts the two and a posterior together: an auto-decoder or a
//! variational auto-decoder, whose rows belong to images (the latent table, which lives in
//! `autodecoder-training`), or, with an [`Encoder`] that gives the rows, an autoencoder or a
//! variational autoencoder.
//!
//! Architectures and likelihoods are chosen by name from [`Parts`], to which a user's own can
//! be added.

mod decoder;
mod decoders;
mod dense;
mod encoder;
mod encoders;
mod error;
mod image_shape;
mod layer;
mod layer_stack;
mod layer_text;
mod likelihood;
mod likelihoods;
mod model;
mod model_file;
mod model_kind;
mod network;
mod observation;
mod operation;
mod options;
mod parts;
pub mod tensor_file;

pub use decoder::Decoder;
pub use decoders::{Convolutional, DecoderFamily, Mlp};
pub use encoder::{Encoder, EncoderInput, EncoderSpec};
pub use encoders::{ConvolutionalEncoder, EncoderEnds, EncoderFamily, Mirror, MlpEncoder};
pub use error::Error;
pub use image_shape::ImageShape;
pub use layer::Layer;
pub use layer_stack::{Ends, LayerStack, MAX_PARAMETERS};
pub use likelihood::{Likelihood, LikelihoodFamily, ParameterSource};
pub use likelihoods::{Bernoulli, ContinuousBernoulli, Gaussian};
pub use model::{LatentModel, ModelSpec, PartSpec, Terms};
pub use model_file::{load_model, save_model};
pub use model_kind::ModelKind;
pub use observation::Observation;
pub use options::read_options;
pub use parts::Parts;
