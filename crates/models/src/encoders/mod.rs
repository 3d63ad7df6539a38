//! Encoder architectures, chosen by name.

mod convolutional;
mod mirror;
mod mlp;

use std::fmt::Debug;

use serde_json::Value;

use crate::{Error, ImageShape, Layer};

pub use convolutional::ConvolutionalEncoder;
pub use mirror::Mirror;
pub use mlp::MlpEncoder;

/// What an encoder's layers must connect.
#[derive(Debug, Clone, Copy)]
pub struct EncoderEnds<'a> {
    /// Shape of what arrives; a mask doubles the channels.
    pub image: ImageShape,
    /// Values in the row that must come out.
    pub row_width: i64,
    /// Values in one latent: what the decoder takes.
    pub latent_dim: i64,
    /// The layers of the model's decoder.
    pub decoder: &'a [Layer],
}

/// A recipe that turns options of an experiment file into the layers of an encoder.
pub trait EncoderFamily: Debug + Send + Sync {
    /// The name in experiment files, such as `mlp`.
    fn name(&self) -> &'static str;

    /// Layers from `[channels, height, width]` to `[row_width]`.
    ///
    /// # Errors
    /// [`Error::Options`] for unknown keys, sizes out of range, or ends it cannot connect.
    fn layers(&self, options: &Value, ends: EncoderEnds) -> Result<Vec<Layer>, Error>;
}
