//! The network from latents to pixel logits.

use rand::Rng;
use tch::{Device, Kind, Tensor};

use crate::{Error, ImageShape, Layer};

/// A network from latents `[B, latent_dim]` to pixel logits `[B, channels, height, width]`.
///
/// Built by a [`crate::DecoderFamily`] as a list of layers; holds their parameters.
#[derive(Debug)]
pub struct Decoder {
    latent_dim: i64,
    image: ImageShape,
    layers: Vec<Layer>,
    parameters: Vec<Option<[Tensor; 2]>>,
}

impl Decoder {
    /// A decoder with fresh parameters, drawn from `rng` (see [`Layer::init_bound`]).
    ///
    /// # Errors
    /// Where two layers do not fit together, or the result is not an image of shape `image`.
    pub fn new(
        layers: Vec<Layer>,
        latent_dim: i64,
        image: ImageShape,
        device: Device,
        rng: &mut impl Rng,
    ) -> Result<Decoder, Error> {
        Self::check(&layers, latent_dim, image)?;
        let parameters = layers.iter().map(|layer| fresh_parameters(layer, device, rng)).collect();
        Ok(Decoder { latent_dim, image, layers, parameters })
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
        Self::check(&layers, latent_dim, image)?;
        let mut parameters = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            parameters.push(match layer.parameter_shapes() {
                None => None,
                Some([weight, bias]) => Some([
                    take(&parameter_name(index, 0), &weight)?,
                    take(&parameter_name(index, 1), &bias)?,
                ]),
            });
        }
        Ok(Decoder { latent_dim, image, layers, parameters })
    }

    fn check(layers: &[Layer], latent_dim: i64, image: ImageShape) -> Result<(), Error> {
        let shapes = layer_shapes(layers, latent_dim)?;
        let last = shapes.last().cloned().unwrap_or_else(|| vec![latent_dim]);
        if last == image.dims() {
            return Ok(());
        }
        Err(Error::LayerShape {
            index: layers.len(),
            layer: "output".to_owned(),
            input: last,
            expected: format!("the images have shape {:?}", image.dims()),
        })
    }

    /// Pixel logits `[B, channels, height, width]` of latents `z` `[B, latent_dim]`.
    pub fn forward(&self, z: &Tensor) -> Tensor {
        let first = z.shallow_clone();
        self.layers
            .iter()
            .zip(&self.parameters)
            .fold(first, |x, (layer, parameters)| layer.forward(&x, parameters.as_ref()))
    }

    /// Parameters by name, `layers.<i>.weight` and `layers.<i>.bias`, in order.
    pub fn named_parameters(&self) -> Vec<(String, Tensor)> {
        let mut named = Vec::new();
        for (index, pair) in self.parameters.iter().enumerate() {
            for (which, tensor) in pair.iter().flatten().enumerate() {
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
        layer_shapes(&self.layers, self.latent_dim).unwrap_or_default()
    }

    /// Number of learned values.
    pub fn parameter_count(&self) -> i64 {
        self.layers.iter().map(Layer::parameter_count).sum()
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

fn parameter_name(layer: usize, which: usize) -> String {
    format!("layers.{layer}.{}", ["weight", "bias"][which])
}

fn layer_shapes(layers: &[Layer], latent_dim: i64) -> Result<Vec<Vec<i64>>, Error> {
    let mut shapes: Vec<Vec<i64>> = Vec::with_capacity(layers.len());
    for (index, layer) in layers.iter().enumerate() {
        let input = shapes.last().cloned().unwrap_or_else(|| vec![latent_dim]);
        let output = layer.output_shape(&input).map_err(|expected| Error::LayerShape {
            index,
            layer: layer.to_string(),
            input,
            expected,
        })?;
        shapes.push(output);
    }
    Ok(shapes)
}

fn fresh_parameters(layer: &Layer, device: Device, rng: &mut impl Rng) -> Option<[Tensor; 2]> {
    let bound = layer.init_bound() as f32;
    let mut draw = |shape: Vec<i64>| {
        let count = shape.iter().product::<i64>() as usize;
        let values: Vec<f32> = (0..count).map(|_| rng.random_range(-bound..bound)).collect();
        Tensor::from_slice(&values).reshape(shape).to_device(device).to_kind(Kind::Float)
    };
    layer.parameter_shapes().map(|[weight, bias]| [draw(weight), draw(bias)])
}
