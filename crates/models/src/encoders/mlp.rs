//! Fully connected encoders.

use serde::Deserialize;
use serde_json::Value;

use super::{EncoderEnds, EncoderFamily};
use crate::dense::{hidden_problem, perceptron, refuse};
use crate::{Error, Layer, read_options};

/// `mlp`: fully connected layers with ReLU between them, from all pixels to a row.
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `hidden` | width of each hidden layer | `[512, 256]` | 0 to 16 widths, each 1 to 65,536 |
#[derive(Debug, Clone, Copy, Default)]
pub struct MlpEncoder;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    hidden: Vec<i64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { hidden: vec![512, 256] }
    }
}

impl EncoderFamily for MlpEncoder {
    fn name(&self) -> &'static str {
        "mlp"
    }

    fn layers(&self, options: &Value, ends: EncoderEnds) -> Result<Vec<Layer>, Error> {
        let Options { hidden } = read_options("encoder", self.name(), options)?;
        refuse("encoder", self.name(), hidden_problem(&hidden))?;
        let pixels = ends.image.numel();
        let mut layers = vec![Layer::Reshape(vec![pixels])];
        layers.extend(perceptron(pixels, hidden, ends.row_width));
        Ok(layers)
    }
}
