//! Stacks of convolutions and pooling layers: what an output pixel sees, by arithmetic and by gradient.

use tch::{Kind, Tensor};

use crate::toolkit::derivatives::gradients;

/// What a layer does with each window.
#[derive(Debug)]
pub enum Operation {
    /// A convolution with this weight `[outputs, inputs, kernel, kernel]`, then ReLU.
    Convolution(Tensor),
    /// The mean, to which every pixel of the window adds.
    AveragePooling,
    /// The maximum, which is one pixel of the window.
    MaximumPooling,
}

/// A layer that slides a window, alike in both directions.
#[derive(Debug)]
pub struct Layer {
    /// What it does with each window.
    pub operation: Operation,
    /// Side of the window, in taps.
    pub kernel: i64,
    /// Pixels between two windows.
    pub stride: i64,
    /// Pixels between two taps.
    pub dilation: i64,
    /// Zeros around the input, on each side.
    pub padding: i64,
}

impl Layer {
    /// A convolution of stride 1 without dilation and padding.
    pub fn convolution(weight: Tensor) -> Layer {
        let kernel = weight.size()[3];
        let operation = Operation::Convolution(weight);
        Layer { operation, kernel, stride: 1, dilation: 1, padding: 0 }
    }

    /// Pooling over windows that touch.
    pub fn pooling(operation: Operation, kernel: i64) -> Layer {
        Layer { operation, kernel, stride: kernel, dilation: 1, padding: 0 }
    }

    /// The layer's output for images `[n, channels, side, side]`.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let (kernel, stride) = ([self.kernel; 2], [self.stride; 2]);
        let (padding, dilation) = ([self.padding; 2], [self.dilation; 2]);
        match &self.operation {
            Operation::Convolution(weight) => {
                x.conv2d(weight, None::<Tensor>, stride, padding, dilation, 1).relu()
            }
            Operation::AveragePooling => x.avg_pool2d(kernel, stride, padding, false, true, None),
            Operation::MaximumPooling => x.max_pool2d(kernel, stride, padding, dilation, false),
        }
    }
}

/// The layers one after the other.
pub fn apply(layers: &[Layer], images: &Tensor) -> Tensor {
    layers.iter().fold(images.shallow_clone(), |x, layer| layer.apply(&x))
}

/// The pixels of the input that one pixel of the output can see, along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// From the first pixel to the last, both counted.
    pub size: i64,
    /// Input pixels from one output pixel's field to its neighbour's.
    pub jump: i64,
    /// Where the field of output pixel 0 starts; negative inside the padding.
    pub start: i64,
}

impl Field {
    /// What a pixel of the last layer's output sees.
    pub fn of(layers: &[Layer]) -> Field {
        let pixel = Field { size: 1, jump: 1, start: 0 };
        layers.iter().fold(pixel, |field, layer| Field {
            // Each tap after the first lies `dilation` pixels further on in the layer's input, which
            // are `jump` pixels of the network's input each.
            size: field.size + (layer.kernel - 1) * layer.dilation * field.jump,
            start: field.start - layer.padding * field.jump,
            jump: field.jump * layer.stride,
        })
    }

    /// The first and the last pixel that output pixel `index` can see.
    pub fn pixels(self, index: i64) -> [i64; 2] {
        let first = self.start + index * self.jump;
        [first, first + self.size - 1]
    }
}

/// The pixels where output pixel `(index, index)` of the first channel has a gradient in at least one
/// of the images: booleans `[side, side]`.
pub fn with_gradient(layers: &[Layer], images: &Tensor, index: i64) -> Tensor {
    let output = |x: &[Tensor]| {
        let pixel = apply(layers, &x[0]).narrow(2, index, 1).narrow(3, index, 1);
        pixel.narrow(1, 0, 1).sum(Kind::Double)
    };
    gradients(&[images], output)[0].abs().sum_dim_intlist([0, 1].as_slice(), false, None).gt(0.0)
}

/// How many pixels are set.
pub fn count(pixels: &Tensor) -> i64 {
    pixels.sum(Kind::Int64).int64_value(&[])
}

/// First and last row with a pixel set, `None` if there is none.
pub fn rows(pixels: &Tensor) -> Option<[i64; 2]> {
    let rows = pixels.any_dim(1, false).nonzero().reshape([-1]);
    (rows.numel() > 0).then(|| [rows.min().int64_value(&[]), rows.max().int64_value(&[])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn ones(size: i64) -> Tensor {
        Tensor::ones([1, 1, size, size], (Kind::Double, Device::Cpu))
    }

    #[test]
    fn arithmetic_and_gradient_agree_on_a_stack_with_everything() {
        let layers = [
            Layer { stride: 2, padding: 1, ..Layer::convolution(ones(3)) },
            Layer::pooling(Operation::AveragePooling, 2),
            Layer { dilation: 2, ..Layer::convolution(ones(3)) },
        ];
        let field = Field::of(&layers);
        // 3, then one tap 2 further on, then two taps 2·4 further on.
        assert_eq!(field, Field { size: 3 + 2 + 16, jump: 4, start: -1 });
        let seen = with_gradient(&layers, &ones(40), 3);
        assert_eq!(rows(&seen), Some(field.pixels(3)));
    }

    #[test]
    fn a_dilated_window_sees_its_taps_only() {
        let layers = [Layer { dilation: 2, ..Layer::convolution(ones(3)) }];
        assert_eq!(count(&with_gradient(&layers, &ones(9), 0)), 9);
    }

    #[test]
    fn nothing_set_has_no_rows() {
        assert_eq!(rows(&ones(4).squeeze().lt(0.0)), None);
    }
}
