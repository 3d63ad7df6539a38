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

/// Linear layers from `inputs` to each of `widths` in turn, each with its ReLU.
fn dense(inputs: i64, widths: impl IntoIterator<Item = i64>) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut inputs = inputs;
    for outputs in widths {
        layers.extend([Layer::Linear { inputs, outputs }, Layer::Relu]);
        inputs = outputs;
    }
    layers
}

/// Says what is wrong with the widths of dense layers, if anything is.
fn hidden_problem(hidden: &[i64]) -> Option<String> {
    let fine = hidden.len() <= 16 && hidden.iter().all(|width| (1..=65_536).contains(width));
    (!fine).then(|| format!("hidden = {hidden:?}: expected up to 16 widths from 1 to 65536"))
}

/// [`Error::Options`] of a decoder where there is a problem.
fn refuse(name: &str, problem: Option<String>) -> Result<(), Error> {
    problem.map_or(Ok(()), |problem| {
        Err(Error::Options { part: "decoder", name: name.to_owned(), problem })
    })
}
