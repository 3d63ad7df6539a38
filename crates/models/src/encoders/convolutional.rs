//! Convolutional encoders.

use serde::Deserialize;
use serde_json::Value;

use super::{EncoderEnds, EncoderFamily};
use crate::dense::{Activation, channels_problem, hidden_problem, perceptron, refuse};
use crate::{Error, Layer, read_options};

/// `conv`: convolutions that halve height and width, then dense layers, with ReLU between them: the
/// decoder `conv` the other way round.
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `channels` | feature maps after each halving | `[32, 64]` | 1 to 6 counts, each 1 to 4,096 |
/// | `hidden` | widths of dense layers after them | `[256]` | 0 to 16 widths, each 1 to 65,536 |
///
/// Height and width must be divisible by `2^channels.len()`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConvolutionalEncoder;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    channels: Vec<i64>,
    hidden: Vec<i64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { channels: vec![32, 64], hidden: vec![256] }
    }
}

impl EncoderFamily for ConvolutionalEncoder {
    fn name(&self) -> &'static str {
        "conv"
    }

    fn layers(&self, options: &Value, ends: EncoderEnds) -> Result<Vec<Layer>, Error> {
        let Options { channels, hidden } = read_options("encoder", self.name(), options)?;
        let sides = [ends.image.height, ends.image.width];
        let problem = hidden_problem(&hidden).or_else(|| channels_problem(&channels, sides));
        refuse("encoder", self.name(), problem)?;
        let mut layers = Vec::new();
        let inputs = [ends.image.channels].into_iter().chain(channels.iter().copied());
        for (inputs, &outputs) in inputs.zip(&channels) {
            layers.push(Layer::Conv2d { inputs, outputs, kernel: 4, stride: 2, padding: 1 });
            layers.push(Layer::Relu);
        }
        let maps = channels.last().copied().unwrap_or(ends.image.channels);
        let features = maps * sides.iter().map(|side| side >> channels.len()).product::<i64>();
        layers.push(Layer::Reshape(vec![features]));
        layers.extend(perceptron(features, hidden, ends.row_width, Activation::Relu));
        Ok(layers)
    }
}
