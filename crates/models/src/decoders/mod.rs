//! Decoder architectures, chosen by name.

mod convolutional;
mod mlp;

use std::fmt::Debug;

use serde::de::DeserializeOwned;
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

/// Reads a family's options from a table.
///
/// # Errors
/// [`Error::Options`] with serde's message, which names the key.
pub(crate) fn read_options<T: DeserializeOwned>(
    part: &'static str,
    name: &str,
    options: &Value,
) -> Result<T, Error> {
    serde_json::from_value(options.clone()).map_err(|error| Error::Options {
        part,
        name: name.to_owned(),
        problem: error.to_string(),
    })
}
