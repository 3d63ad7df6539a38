//! One linear layer, plain and residual, and what it has to produce.

use tch::{Device, Kind, Tensor};

use crate::Context;

/// Side of the kernel.
pub(super) const KERNEL: i64 = 5;

/// Which of the two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// y = f(x)
    Plain,
    /// y = f(x) + x
    Residual,
}

/// Pixels and what they should become.
pub(super) struct Problem {
    /// One row per pixel: its neighbourhood of 5 × 5 pixels.
    patches: Tensor,
    /// The pixels themselves.
    pixels: Tensor,
    /// What each pixel should become.
    targets: Tensor,
}

impl Problem {
    /// Images of white noise, convolved with `kernel`, plus noise.
    pub fn new(context: &Context, kernel: &Tensor) -> Problem {
        let images = context.normal("residual-layers images", &[8, 1, 16, 16]);
        let noise = context.normal("residual-layers noise", &[8 * 16 * 16]);
        let padding = [KERNEL / 2; 2];
        let columns = images.im2col([KERNEL; 2], [1, 1], padding, [1, 1]);
        let patches = columns.transpose(1, 2).reshape([-1, KERNEL * KERNEL]);
        let weight = kernel.reshape([1, 1, KERNEL, KERNEL]);
        let convolved = images.conv2d(&weight, None::<Tensor>, [1, 1], padding, [1, 1], 1);
        let targets = convolved.reshape([-1]) + 0.1 * noise;
        Problem { patches, pixels: images.reshape([-1]), targets }
    }

    /// What is left for f to produce: y, or y − x.
    fn wanted(&self, shape: Shape) -> Tensor {
        match shape {
            Shape::Plain => self.targets.shallow_clone(),
            Shape::Residual => &self.targets - &self.pixels,
        }
    }

    pub fn output(&self, shape: Shape, filter: &Tensor) -> Tensor {
        let convolved = self.patches.matmul(filter);
        match shape {
            Shape::Plain => convolved,
            Shape::Residual => convolved + &self.pixels,
        }
    }

    pub fn loss(&self, shape: Shape, filter: &Tensor) -> f64 {
        (self.output(shape, filter) - &self.targets).square().mean(Kind::Double).double_value(&[])
    }

    /// The filter that minimises the mean squared error plus `decay`·‖f‖².
    pub fn best(&self, shape: Shape, decay: f64) -> Tensor {
        let count = self.pixels.numel() as f64;
        let identity = Tensor::eye(KERNEL * KERNEL, (Kind::Double, Device::Cpu));
        let square = self.patches.tr().matmul(&self.patches) / count + decay * identity;
        let side = self.patches.tr().matmul(&self.wanted(shape)) / count;
        Tensor::linalg_solve(&square, &side, true)
    }

    /// Steps of gradient descent from f = 0 until the loss is within 10⁻⁴ of the best, and where
    /// 1,000 steps lead.
    pub fn train(&self, shape: Shape) -> (usize, Tensor) {
        let best = self.loss(shape, &self.best(shape, 0.0));
        let mut filter = Tensor::zeros([KERNEL * KERNEL], (Kind::Double, Device::Cpu));
        let mut steps = 0;
        for step in 1..=1000 {
            let error = self.output(shape, &filter) - &self.targets;
            let gradient = 2.0 * self.patches.tr().matmul(&error) / self.pixels.numel() as f64;
            filter -= 0.02 * gradient;
            if steps == 0 && self.loss(shape, &filter) < best + 1e-4 {
                steps = step;
            }
        }
        (steps, filter)
    }
}

/// 1 in the middle: the kernel of the identity.
pub(super) fn delta() -> Tensor {
    let middle = Tensor::from(KERNEL * KERNEL / 2);
    middle.one_hot(KERNEL * KERNEL).to_kind(Kind::Double)
}
