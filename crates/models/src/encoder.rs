//! The network from images to rows.

use autodecoder_kernels::Network;
use rand::Rng;
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::layer_stack::Ends;
use crate::network;
use crate::{Error, ImageShape, Layer, LayerStack, Observation, PartSpec};

/// How an encoder sees pixels that were not observed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncoderInput {
    /// As 0, like black ones.
    #[default]
    ZeroFilled,
    /// As 0, and the mask (1 for observed, 0 for missing) as further channels.
    MaskChannel,
}

impl EncoderInput {
    /// Shape of what the layers take for images of shape `image`.
    pub fn shape(self, image: ImageShape) -> ImageShape {
        match self {
            EncoderInput::ZeroFilled => image,
            EncoderInput::MaskChannel => ImageShape { channels: 2 * image.channels, ..image },
        }
    }

    fn of(self, images: &Observation) -> Tensor {
        match self {
            EncoderInput::ZeroFilled => images.zero_filled(),
            EncoderInput::MaskChannel => Tensor::cat(&[images.zero_filled(), images.mask()], 1),
        }
    }
}

/// An encoder as an experiment file describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderSpec {
    /// How it sees pixels that were not observed.
    #[serde(default)]
    pub input: EncoderInput,
    /// The encoder's family and options.
    #[serde(flatten)]
    pub part: PartSpec,
}

impl Default for EncoderSpec {
    /// The decoder the other way round.
    fn default() -> EncoderSpec {
        let part = PartSpec { kind: "mirror".to_owned(), options: serde_json::Map::new() };
        EncoderSpec { input: EncoderInput::default(), part }
    }
}

/// A network from images to rows: in a (variational) autoencoder it takes the place of the latent
/// table (Kingma and Welling 2013, arXiv:1312.6114).
#[derive(Debug)]
pub struct Encoder {
    input: EncoderInput,
    /// Of what the layers take.
    input_shape: [i64; 3],
    stack: LayerStack,
}

impl Encoder {
    /// An encoder with fresh parameters, drawn from `rng`.
    ///
    /// # Errors
    /// As [`LayerStack::new`].
    pub fn new(
        layers: Vec<Layer>,
        input: EncoderInput,
        image: ImageShape,
        row_width: i64,
        device: Device,
        rng: &mut impl Rng,
    ) -> Result<Encoder, Error> {
        let dims = input.shape(image).dims();
        let stack = LayerStack::new(layers, ends(&dims, &[row_width]), device, rng)?;
        Ok(Encoder { input, input_shape: dims, stack })
    }

    /// An encoder whose parameters come from a file: `take(name, shape)` hands them out.
    ///
    /// # Errors
    /// As [`LayerStack::from_parameters`].
    pub fn from_parameters(
        layers: Vec<Layer>,
        input: EncoderInput,
        image: ImageShape,
        row_width: i64,
        take: impl FnMut(&str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<Encoder, Error> {
        let dims = input.shape(image).dims();
        let stack = LayerStack::from_parameters(layers, ends(&dims, &[row_width]), take)?;
        Ok(Encoder { input, input_shape: dims, stack })
    }

    /// Rows of images, `[B, row_width]`, unconstrained as a latent table's.
    pub fn forward(&self, images: &Observation) -> Tensor {
        self.stack.forward(&self.input.of(images))
    }

    /// The same network over plain slices, for the CPU, from the values of an image (behind them those of
    /// the mask, where that is an input) to a row. `None` where a layer has no kernel.
    pub fn network(&self) -> Option<Network> {
        network::network(self.layers(), &self.input_shape)
    }

    /// How it sees pixels that were not observed.
    pub fn input(&self) -> EncoderInput {
        self.input
    }

    /// Parameters by name, `layers.<i>.weight` and `layers.<i>.bias`, in order.
    pub fn named_parameters(&self) -> Vec<(String, Tensor)> {
        self.stack.named_parameters()
    }

    /// The layers, in order.
    pub fn layers(&self) -> &[Layer] {
        self.stack.layers()
    }

    /// Shape of one sample's output after each layer, in order.
    pub fn output_shapes(&self) -> &[Vec<i64>] {
        self.stack.output_shapes()
    }

    /// Number of learned values.
    pub fn parameter_count(&self) -> i64 {
        self.stack.parameter_count()
    }
}

fn ends<'a>(input: &'a [i64], output: &'a [i64]) -> Ends<'a> {
    Ends { network: "encoder", input, output }
}
