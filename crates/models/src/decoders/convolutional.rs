//! Convolutional decoders.

use serde::Deserialize;
use serde_json::Value;

use super::DecoderFamily;
use crate::dense::{Activation, channels_problem, dense, hidden_problem, refuse};
use crate::{Error, ImageShape, Layer, read_options};

/// `conv`: a linear layer to a small stack of feature maps, then transposed convolutions that
/// double height and width, with ReLU between them (the generator of DCGAN, arXiv:1511.06434,
/// without batch normalisation, which would couple the images of a batch).
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `hidden` | widths of dense layers before the feature maps | `[256]` | 0 to 16 widths, each 1 to 65,536 |
/// | `channels` | feature maps before each doubling | `[64, 32]` | 1 to 6 counts, each 1 to 4,096 |
///
/// Height and width must be divisible by `2^channels.len()`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Convolutional;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    hidden: Vec<i64>,
    channels: Vec<i64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { hidden: vec![256], channels: vec![64, 32] }
    }
}

impl DecoderFamily for Convolutional {
    fn name(&self) -> &'static str {
        "conv"
    }

    fn rationale(&self) -> &'static str {
        "Transposed convolutions share their weights over the image, so sharp edges cost few \
         parameters; the kernel of 4 is a multiple of the stride of 2, which avoids checkerboard \
         patterns."
    }

    fn layers(
        &self,
        options: &Value,
        latent_dim: i64,
        image: ImageShape,
    ) -> Result<Vec<Layer>, Error> {
        let options: Options = read_options("decoder", self.name(), options)?;
        let sides = [image.height, image.width];
        let problem = hidden_problem(&options.hidden);
        let problem = problem.or_else(|| channels_problem(&options.channels, sides));
        refuse("decoder", self.name(), problem)?;
        let Options { hidden, channels } = options;
        let factor = 1 << channels.len();
        let base = [channels[0], image.height / factor, image.width / factor];
        let mut layers =
            dense(latent_dim, hidden.into_iter().chain([base.iter().product()]), Activation::Relu);
        layers.push(Layer::Reshape(base.to_vec()));
        let outputs = channels.iter().skip(1).copied().chain([image.channels]);
        for (inputs, outputs) in channels.iter().copied().zip(outputs) {
            layers.push(Layer::ConvTranspose2d {
                inputs,
                outputs,
                kernel: 4,
                stride: 2,
                padding: 1,
            });
            layers.push(Layer::Relu);
        }
        layers.pop(); // The last layer ends in logits, which need both signs.
        Ok(layers)
    }
}
