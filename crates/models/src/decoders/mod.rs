//! Decoder architectures, chosen by name.

mod convolutional;
mod mlp;

use std::fmt::Debug;

use serde_json::Value;

use crate::{Error, ImageShape, Layer};

pub use convolutional::Convolutional;
pub use mlp::Mlp;

/// A recipe that turns options of an experiment file into the layers of a decoder.
pub trait DecoderFamily: Debug + Send + Sync {
    /// The name in experiment files, such as `mlp`.
    fn name(&self) -> &'static str;

    /// One sentence on the architecture and why it is built that way, for reports.
    fn rationale(&self) -> &'static str;

    /// Layers from `[latent_dim]` to `[channels, height, width]`.
    ///
    /// # Errors
    /// [`Error::Options`] for unknown keys, sizes out of range, or images it cannot make.
    fn layers(
        &self,
        options: &Value,
        latent_dim: i64,
        image: ImageShape,
    ) -> Result<Vec<Layer>, Error>;
}
