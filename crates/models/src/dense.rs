//! Fully connected layers, as decoders and encoders have them.

use crate::{Error, Layer};

/// Linear layers from `inputs` to each of `widths` in turn, each with its ReLU.
pub(crate) fn dense(inputs: i64, widths: impl IntoIterator<Item = i64>) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut inputs = inputs;
    for outputs in widths {
        layers.extend([Layer::Linear { inputs, outputs }, Layer::Relu]);
        inputs = outputs;
    }
    layers
}

/// Linear layers from `inputs` to each of the `hidden` widths in turn, each with its ReLU, and one to
/// `outputs` without.
pub(crate) fn perceptron(inputs: i64, hidden: Vec<i64>, outputs: i64) -> Vec<Layer> {
    let last = hidden.last().copied().unwrap_or(inputs);
    let mut layers = dense(inputs, hidden);
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
