//! Layers as stages of the kernels' network.

use autodecoder_kernels::{Activation, ConvTranspose2d, Network, Stage};

use crate::Layer;

/// The stages of the layers, with transpositions where images change from channels first, as PyTorch
/// has them, to channels last, as the kernels have them, and back.
pub(crate) fn network(layers: &[Layer], input: &[i64]) -> Option<Network> {
    let shape: Vec<usize> = input.iter().map(|&side| size(side)).collect::<Option<_>>()?;
    let inputs = shape.iter().product();
    let mut plan = Plan { stages: Vec::new(), shape, channels_last: false };
    for layer in layers {
        plan.push(layer)?;
    }
    plan.channels_first();
    Network::new(inputs, plan.stages)
}

struct Plan {
    stages: Vec<Stage>,
    /// Of one sample, as PyTorch sees it.
    shape: Vec<usize>,
    channels_last: bool,
}

impl Plan {
    fn push(&mut self, layer: &Layer) -> Option<()> {
        match *layer {
            Layer::Linear { inputs, outputs } => {
                let (inputs, outputs) = (size(inputs)?, size(outputs)?);
                self.stages.push(Stage::Linear { inputs, outputs });
                self.shape = vec![outputs];
            }
            Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding } => {
                let &[_, height, width] = self.shape.as_slice() else { return None };
                self.channels_last();
                let sizes = ConvTranspose2d {
                    inputs: size(inputs)?,
                    outputs: size(outputs)?,
                    kernel: size(kernel)?,
                    stride: size(stride)?,
                    padding: size(padding)?,
                    size: [height, width],
                };
                self.stages.push(Stage::ConvTranspose2d(sizes));
                let [height, width] = sizes.output_size();
                self.shape = vec![sizes.outputs, height, width];
            }
            // Decoders make images larger; there is no kernel for the other way.
            Layer::Conv2d { .. } => return None,
            Layer::Relu => self.stages.push(Stage::Activation(Activation::Relu)),
            Layer::Silu => self.stages.push(Stage::Activation(Activation::Silu)),
            Layer::Tanh => self.stages.push(Stage::Activation(Activation::Tanh)),
            Layer::Glu => {
                let &[values] = self.shape.as_slice() else { return None };
                self.stages.push(Stage::Gated { outputs: values / 2 });
                self.shape = vec![values / 2];
            }
            Layer::Reshape(ref shape) => {
                self.channels_first();
                self.shape = shape.iter().map(|&side| size(side)).collect::<Option<_>>()?;
            }
        }
        Some(())
    }

    fn channels_last(&mut self) {
        if !std::mem::replace(&mut self.channels_last, true) {
            self.transpose(|channels, pixels| (channels, pixels));
        }
    }

    fn channels_first(&mut self) {
        if std::mem::replace(&mut self.channels_last, false) {
            self.transpose(|channels, pixels| (pixels, channels));
        }
    }

    /// One channel or one pixel lies the same both ways.
    fn transpose(&mut self, order: impl Fn(usize, usize) -> (usize, usize)) {
        if let [channels, height, width] = self.shape[..]
            && channels > 1
            && height * width > 1
        {
            let (rows, columns) = order(channels, height * width);
            self.stages.push(Stage::Transpose { rows, columns });
        }
    }
}

fn size(value: i64) -> Option<usize> {
    usize::try_from(value).ok()
}
