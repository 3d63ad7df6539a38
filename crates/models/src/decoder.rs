//! The network from latents to pixel logits.

use autodecoder_kernels::Network;
use rand::Rng;
use tch::{Device, Tensor};

use crate::network;
use crate::operation::Operation;
use crate::{Error, ImageShape, Layer};

/// The most learned values that a decoder may have: 400 MB, and four times as much with gradients and
/// the optimiser's moments. What asks for more is a slip, and would end the process out of memory.
pub const MAX_PARAMETERS: i64 = 100_000_000;

/// A network from latents `[B, latent_dim]` to pixel logits `[B, channels, height, width]`.
///
/// Built by a [`crate::DecoderFamily`] as a list of layers; holds their parameters.
#[derive(Debug)]
pub struct Decoder {
    latent_dim: i64,
    image: ImageShape,
    layers: Vec<Layer>,
    output_shapes: Vec<Vec<i64>>,
    operations: Vec<Operation>,
}

impl Decoder {
    /// A decoder with fresh parameters, drawn from `rng` (see [`Layer::init_bound`]).
    ///
    /// # Errors
    /// Where two layers do not fit together, the result is not an image of shape `image`, or there are
    /// more than [`MAX_PARAMETERS`] parameters. Nothing is allocated then.
    pub fn new(
        layers: Vec<Layer>,
        latent_dim: i64,
        image: ImageShape,
        device: Device,
        rng: &mut impl Rng,
    ) -> Result<Decoder, Error> {
        Decoder::build(layers, latent_dim, image, |layer, _, shape| {
            Ok(uniform(shape, layer.init_bound(), device, rng))
        })
    }

    /// A decoder whose parameters come from a file: `take(name, shape)` hands them out.
    ///
    /// # Errors
    /// As [`Decoder::new`], and whatever `take` returns.
    pub fn from_parameters(
        layers: Vec<Layer>,
        latent_dim: i64,
        image: ImageShape,
        mut take: impl FnMut(&str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<Decoder, Error> {
        Decoder::build(layers, latent_dim, image, |_, name, shape| take(name, shape))
    }

    fn build(
        layers: Vec<Layer>,
        latent_dim: i64,
        image: ImageShape,
        mut take: impl FnMut(&Layer, &str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<Decoder, Error> {
        let output_shapes = check(&layers, latent_dim, image)?;
        let mut operations = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let take =
                |which: &str, shape: &[i64]| take(layer, &parameter_name(index, which), shape);
            operations.push(Operation::new(layer, take)?);
        }
        Ok(Decoder { latent_dim, image, layers, output_shapes, operations })
    }

    /// Pixel logits `[B, channels, height, width]` of latents `z` `[B, latent_dim]`.
    pub fn forward(&self, z: &Tensor) -> Tensor {
        let first = z.shallow_clone();
        self.operations.iter().fold(first, |x, operation| operation.forward(&x))
    }

    /// The same network over plain slices, for the CPU. Its stages that learn take the parameters in
    /// the order of [`Decoder::named_parameters`].
    pub fn network(&self) -> Option<Network> {
        network::network(&self.layers, self.latent_dim)
    }

    /// Parameters by name, `layers.<i>.weight` and `layers.<i>.bias`, in order.
    pub fn named_parameters(&self) -> Vec<(String, Tensor)> {
        let mut named = Vec::new();
        for (index, operation) in self.operations.iter().enumerate() {
            for (which, tensor) in operation.parameters() {
                named.push((parameter_name(index, which), tensor.shallow_clone()));
            }
        }
        named
    }

    /// The layers, in order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Shape of one sample's output after each layer, in order.
    pub fn output_shapes(&self) -> Vec<Vec<i64>> {
        self.output_shapes.clone()
    }

    /// Number of learned values.
    pub fn parameter_count(&self) -> i64 {
        parameter_count(&self.layers)
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

fn parameter_name(layer: usize, which: &str) -> String {
    format!("layers.{layer}.{which}")
}

/// Shape of one sample's output after each layer, which must end in `image`.
fn check(layers: &[Layer], latent_dim: i64, image: ImageShape) -> Result<Vec<Vec<i64>>, Error> {
    let [channels, height, width] = image.dims();
    let sizes =
        [("latent_dim", latent_dim), ("channels", channels), ("height", height), ("width", width)];
    if let Some((key, value)) = sizes.into_iter().find(|(_, size)| !(1..=65_536).contains(size)) {
        return Err(Error::Size { key, value });
    }
    let mut shape = vec![latent_dim];
    let mut shapes = Vec::with_capacity(layers.len());
    for (index, layer) in layers.iter().enumerate() {
        shape = layer.output_shape(&shape).map_err(|expected| Error::LayerShape {
            index,
            layer: layer.to_string(),
            input: shape.clone(),
            expected,
        })?;
        shapes.push(shape.clone());
    }
    if shape != image.dims() {
        return Err(Error::LayerShape {
            index: layers.len(),
            layer: "output".to_owned(),
            input: shape,
            expected: format!("the images have shape {:?}", image.dims()),
        });
    }
    match parameter_count(layers) {
        0..=MAX_PARAMETERS => Ok(shapes),
        count => Err(Error::TooManyParameters { count }),
    }
}

/// Learned values of all layers; `i64::MAX` where there are more than that.
fn parameter_count(layers: &[Layer]) -> i64 {
    layers.iter().map(Layer::parameter_count).fold(0, i64::saturating_add)
}

/// Values drawn uniformly within ±`bound`.
fn uniform(shape: &[i64], bound: f64, device: Device, rng: &mut impl Rng) -> Tensor {
    let bound = bound as f32;
    let count: i64 = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| rng.random_range(-bound..bound)).collect();
    Tensor::from_slice(&values).reshape(shape).to_device(device)
}
