//! Fully connected decoders.

use serde::Deserialize;
use serde_json::Value;

use super::DecoderFamily;
use crate::dense::{Activation, hidden_problem, perceptron, refuse};
use crate::{Error, ImageShape, Layer, read_options};

/// `mlp`: fully connected layers with activations between them.
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `hidden` | width of each hidden layer | `[256, 512]` | 0 to 16 widths, each 1 to 65,536 |
/// | `activation` | what follows each hidden layer; `glu` has a linear layer of twice the width, whose second half gates the first | `"relu"` | `"relu"`, `"silu"`, `"tanh"`, `"glu"` |
#[derive(Debug, Clone, Copy, Default)]
pub struct Mlp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    hidden: Vec<i64>,
    activation: Activation,
}

impl Default for Options {
    fn default() -> Options {
        Options { hidden: vec![256, 512], activation: Activation::Relu }
    }
}

impl DecoderFamily for Mlp {
    fn name(&self) -> &'static str {
        "mlp"
    }

    fn rationale(&self) -> &'static str {
        "Fully connected layers that widen towards the pixels: 28 × 28 images of centred clothes \
         have little translation to share, so dense layers fit them well, and a step is a few \
         matrix products, which suits a CPU."
    }

    fn layers(
        &self,
        options: &Value,
        latent_dim: i64,
        image: ImageShape,
    ) -> Result<Vec<Layer>, Error> {
        let Options { hidden, activation } = read_options("decoder", self.name(), options)?;
        refuse("decoder", self.name(), hidden_problem(&hidden))?;
        let mut layers = perceptron(latent_dim, hidden, image.numel(), activation);
        layers.push(Layer::Reshape(image.dims().to_vec()));
        Ok(layers)
    }
}
