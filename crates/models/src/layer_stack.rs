//! Layers one after another, with their parameters.

use rand::Rng;
use tch::{Device, Tensor};

use crate::operation::Operation;
use crate::{Error, Layer};

/// The most learned values that a network may have: 400 MB, and four times as much with gradients and
/// the optimiser's moments. What asks for more is a slip, and would end the process out of memory.
pub const MAX_PARAMETERS: i64 = 100_000_000;

/// A network as a list of layers that fit together, from samples of one shape to samples of another.
#[derive(Debug)]
pub struct LayerStack {
    layers: Vec<Layer>,
    output_shapes: Vec<Vec<i64>>,
    operations: Vec<Operation>,
}

/// What a [`LayerStack`] must be: its name in messages, such as `decoder`, and the shapes of one
/// sample at both ends.
#[derive(Debug, Clone, Copy)]
pub struct Ends<'a> {
    /// What the network is called in messages.
    pub network: &'static str,
    /// Shape that arrives, without the batch dimension.
    pub input: &'a [i64],
    /// Shape that must come out.
    pub output: &'a [i64],
}

impl LayerStack {
    /// Layers with fresh parameters, drawn from `rng` (see [`Layer::init_bound`]).
    ///
    /// # Errors
    /// Where two layers do not fit together, the last one does not give the wanted shape, or there are
    /// more than [`MAX_PARAMETERS`] parameters. Nothing is allocated then.
    pub fn new(
        layers: Vec<Layer>,
        ends: Ends,
        device: Device,
        rng: &mut impl Rng,
    ) -> Result<LayerStack, Error> {
        LayerStack::build(layers, ends, |layer, _, shape| {
            Ok(uniform(shape, layer.init_bound(), device, rng))
        })
    }

    /// Layers whose parameters come from a file: `take(name, shape)` hands them out.
    ///
    /// # Errors
    /// As [`LayerStack::new`], and whatever `take` returns.
    pub fn from_parameters(
        layers: Vec<Layer>,
        ends: Ends,
        mut take: impl FnMut(&str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<LayerStack, Error> {
        LayerStack::build(layers, ends, |_, name, shape| take(name, shape))
    }

    fn build(
        layers: Vec<Layer>,
        ends: Ends,
        mut take: impl FnMut(&Layer, &str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<LayerStack, Error> {
        let output_shapes = check(&layers, ends)?;
        let mut operations = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let take =
                |which: &str, shape: &[i64]| take(layer, &parameter_name(index, which), shape);
            operations.push(Operation::new(layer, take)?);
        }
        Ok(LayerStack { layers, output_shapes, operations })
    }

    /// What becomes of a batch `[B, …]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.forward_first(self.operations.len(), x)
    }

    /// What becomes of a batch in the first `count` layers, or in all where there are fewer.
    pub fn forward_first(&self, count: usize, x: &Tensor) -> Tensor {
        let first = x.shallow_clone();
        self.operations.iter().take(count).fold(first, |x, operation| operation.forward(&x))
    }

    /// As [`crate::Decoder::scale_inputs`].
    pub fn scale_inputs(&self, factors: &Tensor) -> bool {
        self.operations.first().is_some_and(|first| first.scale_inputs(factors))
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
    pub fn output_shapes(&self) -> &[Vec<i64>] {
        &self.output_shapes
    }

    /// Number of learned values.
    pub fn parameter_count(&self) -> i64 {
        parameter_count(&self.layers)
    }
}

fn parameter_name(layer: usize, which: &str) -> String {
    format!("layers.{layer}.{which}")
}

/// Shape of one sample's output after each layer, which must end in the wanted one.
fn check(layers: &[Layer], ends: Ends) -> Result<Vec<Vec<i64>>, Error> {
    let Ends { network, input, output } = ends;
    let mut shape = input.to_vec();
    let mut shapes = Vec::with_capacity(layers.len());
    for (index, layer) in layers.iter().enumerate() {
        shape = layer.output_shape(&shape).map_err(|expected| Error::LayerShape {
            network,
            index,
            layer: layer.to_string(),
            input: shape.clone(),
            expected,
        })?;
        shapes.push(shape.clone());
    }
    if shape != output {
        return Err(Error::LayerShape {
            network,
            index: layers.len(),
            layer: "output".to_owned(),
            input: shape,
            expected: format!("the {network} must end in shape {output:?}"),
        });
    }
    match parameter_count(layers) {
        0..=MAX_PARAMETERS => Ok(shapes),
        count => Err(Error::TooManyParameters { network, count }),
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
