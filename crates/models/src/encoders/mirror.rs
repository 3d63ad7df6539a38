//! Encoders that are their decoder the other way round.

use serde::Deserialize;
use serde_json::Value;

use super::{EncoderEnds, EncoderFamily};
use crate::dense::refuse;
use crate::{Error, Layer, read_options};

/// `mirror`: the decoder's layers in reverse order, each with inputs and outputs swapped. Only its
/// first layer (more channels, where a mask is one) and its last (a whole row, where the decoder takes
/// one latent) may differ in width. It has no options.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mirror;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {}

impl EncoderFamily for Mirror {
    fn name(&self) -> &'static str {
        "mirror"
    }

    fn layers(&self, options: &Value, ends: EncoderEnds) -> Result<Vec<Layer>, Error> {
        read_options::<Options>("encoder", self.name(), options)?;
        let mut layers = reversed(ends.decoder, ends.latent_dim);
        let fits = widen_input(&mut layers, ends.image.dims()) && set_output(&mut layers, ends);
        let problem = "the decoder's layers cannot be reversed; expected linear layers, \
                       convolutions, activations and reshapes that end in an image; choose \"mlp\" \
                       or \"conv\"";
        refuse("encoder", self.name(), (!fits).then(|| problem.to_owned()))?;
        Ok(layers)
    }
}

/// The layers from last to first, each the other way round. An activation at the decoder's very end
/// would come before the first weights, and is left out.
fn reversed(decoder: &[Layer], latent_dim: i64) -> Vec<Layer> {
    let shapes = input_shapes(decoder, latent_dim);
    let layers = decoder.iter().zip(shapes).rev().map(|(layer, input)| reverse(layer, input));
    let is_activation = |layer: &Layer| matches!(layer, Layer::Relu | Layer::Silu | Layer::Tanh);
    let mut layers: Vec<Layer> = layers.skip_while(is_activation).collect();
    turn_gates(&mut layers);
    layers
}

/// Gates halve what comes to them: the linear layers that came before them need twice their outputs
/// now, and those that came behind them half their inputs.
fn turn_gates(layers: &mut [Layer]) {
    for place in 0..layers.len() {
        if layers[place] != Layer::Glu {
            continue;
        }
        if let Some(Layer::Linear { outputs, .. }) = layers[..place].last_mut() {
            *outputs *= 2;
        }
        if let Some(Layer::Linear { inputs, .. }) = layers.get_mut(place + 1) {
            *inputs /= 2;
        }
    }
}

/// The shape that arrives at each layer; empty from where they do not fit, which the decoder's own
/// check refuses.
fn input_shapes(decoder: &[Layer], latent_dim: i64) -> Vec<Vec<i64>> {
    let mut shape = vec![latent_dim];
    let mut shapes = Vec::with_capacity(decoder.len());
    for layer in decoder {
        shapes.push(shape.clone());
        shape = layer.output_shape(&shape).unwrap_or_default();
    }
    shapes
}

fn reverse(layer: &Layer, input: Vec<i64>) -> Layer {
    match *layer {
        Layer::Linear { inputs, outputs } => Layer::Linear { inputs: outputs, outputs: inputs },
        Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding } => {
            Layer::Conv2d { inputs: outputs, outputs: inputs, kernel, stride, padding }
        }
        Layer::Conv2d { inputs, outputs, kernel, stride, padding } => {
            Layer::ConvTranspose2d { inputs: outputs, outputs: inputs, kernel, stride, padding }
        }
        Layer::Reshape(_) => Layer::Reshape(input),
        Layer::Relu => Layer::Relu,
        Layer::Silu => Layer::Silu,
        Layer::Tanh => Layer::Tanh,
        Layer::Glu => Layer::Glu,
    }
}

/// Makes the first layers take as many channels as arrive; whether they can.
fn widen_input(layers: &mut [Layer], [channels, height, width]: [i64; 3]) -> bool {
    let numel = channels * height * width;
    let mut flat = false;
    for layer in layers {
        match layer {
            Layer::Reshape(shape) if shape.len() == 1 => {
                *shape = vec![numel];
                flat = true;
            }
            Layer::Linear { inputs, .. } if flat => {
                *inputs = numel;
                return true;
            }
            Layer::Conv2d { inputs, .. } if !flat => {
                *inputs = channels;
                return true;
            }
            _ => return false,
        }
    }
    false
}

/// Makes the last layer give a whole row; whether it can.
fn set_output(layers: &mut [Layer], ends: EncoderEnds) -> bool {
    match layers.last_mut() {
        Some(Layer::Linear { outputs, .. }) => {
            *outputs = ends.row_width;
            true
        }
        _ => false,
    }
}
