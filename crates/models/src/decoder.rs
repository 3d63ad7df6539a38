//! The network from latents to pixel logits.

use autodecoder_kernels::Network;
use rand::Rng;
use tch::{Device, Tensor};

use crate::layer_stack::Ends;
use crate::network;
use crate::{Error, ImageShape, Layer, LayerStack};

/// A network from latents `[B, latent_dim]` to pixel logits `[B, channels, height, width]`.
///
/// Built by a [`crate::DecoderFamily`] as a list of layers; holds their parameters.
#[derive(Debug)]
pub struct Decoder {
    latent_dim: i64,
    image: ImageShape,
    stack: LayerStack,
}

impl Decoder {
    /// A decoder with fresh parameters, drawn from `rng` (see [`Layer::init_bound`]).
    ///
    /// # Errors
    /// Where a size is none, two layers do not fit together, the result is not an image of shape
    /// `image`, or there are more than [`crate::MAX_PARAMETERS`] parameters. Nothing is allocated then.
    pub fn new(
        layers: Vec<Layer>,
        latent_dim: i64,
        image: ImageShape,
        device: Device,
        rng: &mut impl Rng,
    ) -> Result<Decoder, Error> {
        check_sizes(latent_dim, image)?;
        let stack = LayerStack::new(layers, ends(&[latent_dim], &image.dims()), device, rng)?;
        Ok(Decoder { latent_dim, image, stack })
    }

    /// A decoder whose parameters come from a file: `take(name, shape)` hands them out.
    ///
    /// # Errors
    /// As [`Decoder::new`], and whatever `take` returns.
    pub fn from_parameters(
        layers: Vec<Layer>,
        latent_dim: i64,
        image: ImageShape,
        take: impl FnMut(&str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<Decoder, Error> {
        check_sizes(latent_dim, image)?;
        let (input, output) = ([latent_dim], image.dims());
        let stack = LayerStack::from_parameters(layers, ends(&input, &output), take)?;
        Ok(Decoder { latent_dim, image, stack })
    }

    /// Pixel logits `[B, channels, height, width]` of latents `z` `[B, latent_dim]`.
    pub fn forward(&self, z: &Tensor) -> Tensor {
        self.stack.forward(z)
    }

    /// Makes the decoder, in place, what gives for `z` what it gave for `z · factors`, `factors`
    /// `[latent_dim]`: its first layer takes them up. `false`, and nothing has changed, where that is no
    /// linear layer.
    pub fn scale_inputs(&self, factors: &Tensor) -> bool {
        self.stack.scale_inputs(factors)
    }

    /// The same network over plain slices, for the CPU. Its stages that learn take the parameters in
    /// the order of [`Decoder::named_parameters`].
    pub fn network(&self) -> Option<Network> {
        network::network(self.layers(), &[self.latent_dim])
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
    pub fn output_shapes(&self) -> Vec<Vec<i64>> {
        self.stack.output_shapes().to_vec()
    }

    /// Number of learned values.
    pub fn parameter_count(&self) -> i64 {
        self.stack.parameter_count()
    }

    /// Values in one latent.
    pub fn latent_dim(&self) -> i64 {
        self.latent_dim
    }

    /// Shape of the decoded images.
    pub fn image(&self) -> ImageShape {
        self.image
    }
}

fn ends<'a>(input: &'a [i64], output: &'a [i64]) -> Ends<'a> {
    Ends { network: "decoder", input, output }
}

fn check_sizes(latent_dim: i64, image: ImageShape) -> Result<(), Error> {
    let [channels, height, width] = image.dims();
    let sizes =
        [("latent_dim", latent_dim), ("channels", channels), ("height", height), ("width", width)];
    match sizes.into_iter().find(|(_, size)| !(1..=65_536).contains(size)) {
        Some((key, value)) => Err(Error::Size { key, value }),
        None => Ok(()),
    }
}
