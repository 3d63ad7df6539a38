//! Fully connected layers, as decoders and encoders have them.

use serde::Deserialize;

use crate::{Error, Layer};

/// What follows the linear layers of a perceptron.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Activation {
    #[default]
    Relu,
    Silu,
    Tanh,
    /// A linear layer of twice the width and its gates.
    Glu,
}

impl Activation {
    /// A linear layer from `inputs` to `outputs` values, and the activation behind it.
    fn behind_linear(self, inputs: i64, outputs: i64) -> [Layer; 2] {
        let linear = |outputs| Layer::Linear { inputs, outputs };
        match self {
            Activation::Relu => [linear(outputs), Layer::Relu],
            Activation::Silu => [linear(outputs), Layer::Silu],
            Activation::Tanh => [linear(outputs), Layer::Tanh],
            Activation::Glu => [linear(2 * outputs), Layer::Glu],
        }
    }
}

/// Linear layers from `inputs` to each of `widths` in turn, each with its activation.
pub(crate) fn dense(
    inputs: i64,
    widths: impl IntoIterator<Item = i64>,
    activation: Activation,
) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut inputs = inputs;
    for outputs in widths {
        layers.extend(activation.behind_linear(inputs, outputs));
        inputs = outputs;
    }
    layers
}

/// Linear layers from `inputs` to each of the `hidden` widths in turn, each with its activation, and one
/// to `outputs` without.
pub(crate) fn perceptron(
    inputs: i64,
    hidden: Vec<i64>,
    outputs: i64,
    activation: Activation,
) -> Vec<Layer> {
    let last = hidden.last().copied().unwrap_or(inputs);
    let mut layers = dense(inputs, hidden, activation);
    layers.push(Layer::Linear { inputs: last, outputs });
    layers
}

/// Says what is wrong with the widths of dense layers, if anything is.
pub(crate) fn hidden_problem(hidden: &[i64]) -> Option<String> {
    let fine = hidden.len() <= 16 && hidden.iter().all(|width| (1..=65_536).contains(width));
    (!fine).then(|| format!("hidden = {hidden:?}: expected up to 16 widths from 1 to 65536"))
}

/// Says what is wrong with the feature maps of convolutions that halve or double the sides of images
/// of this height and width, if anything is.
pub(crate) fn channels_problem(channels: &[i64], [height, width]: [i64; 2]) -> Option<String> {
    if !(1..=6).contains(&channels.len()) || channels.iter().any(|n| !(1..=4096).contains(n)) {
        return Some(format!("channels = {channels:?}: expected 1 to 6 counts from 1 to 4096"));
    }
    let factor = 1 << channels.len();
    (height % factor != 0 || width % factor != 0).then(|| {
        format!(
            "channels = {channels:?} changes the size by two {} times, so height and width must be \
             divisible by {factor}; the images are {height} × {width}",
            channels.len()
        )
    })
}

/// [`Error::Options`] of a `part` (`decoder`, `encoder`) where there is a problem.
pub(crate) fn refuse(part: &'static str, name: &str, problem: Option<String>) -> Result<(), Error> {
    problem.map_or(Ok(()), |problem| Err(Error::Options { part, name: name.to_owned(), problem }))
}
