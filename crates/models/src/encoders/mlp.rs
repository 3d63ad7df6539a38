//! Fully connected encoders.

use serde::Deserialize;
use serde_json::Value;

use super::{EncoderEnds, EncoderFamily};
use crate::dense::{Activation, hidden_problem, perceptron, refuse};
use crate::{Error, Layer, read_options};

/// `mlp`: fully connected layers with activations between them, from all pixels to a row.
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `hidden` | width of each hidden layer | `[512, 256]` | 0 to 16 widths, each 1 to 65,536 |
/// | `activation` | what follows each hidden layer; `glu` has a linear layer of twice the width, whose second half gates the first | `"relu"` | `"relu"`, `"silu"`, `"tanh"`, `"glu"` |
#[derive(Debug, Clone, Copy, Default)]
pub struct MlpEncoder;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    hidden: Vec<i64>,
    activation: Activation,
}

impl Default for Options {
    fn default() -> Options {
        Options { hidden: vec![512, 256], activation: Activation::Relu }
    }
}

impl EncoderFamily for MlpEncoder {
    fn name(&self) -> &'static str {
        "mlp"
    }

    fn layers(&self, options: &Value, ends: EncoderEnds) -> Result<Vec<Layer>, Error> {
        let Options { hidden, activation } = read_options("encoder", self.name(), options)?;
        refuse("encoder", self.name(), hidden_problem(&hidden))?;
        let pixels = ends.image.numel();
        let mut layers = vec![Layer::Reshape(vec![pixels])];
        layers.extend(perceptron(pixels, hidden, ends.row_width, activation));
        Ok(layers)
    }
}
