//! A small convolutional network and an MLP of as many parameters.

use autodecoder_data::ImageSet;
use autodecoder_training::DeviceImages;
use rand::Rng;
use rand::seq::index::sample;
use tch::{Device, Kind, Tensor};

use crate::toolkit::descent::{Descent, parameter};

/// Images in a step.
const BATCH: usize = 32;
const CLASSES: i64 = 10;

/// Images `[N, 1, 28, 28]` in [0, 1] with their classes `[N]`.
pub struct Pictures {
    /// Pixels.
    pub images: Tensor,
    /// Class numbers, i64.
    pub classes: Tensor,
}

impl Pictures {
    /// All images of a set.
    pub fn new(set: &ImageSet) -> Pictures {
        let images = DeviceImages::new(set, Device::Cpu).range(0, set.len() as i64).pixels;
        let classes: Vec<i64> = set.labels().iter().map(|&label| i64::from(label)).collect();
        Pictures { images, classes: Tensor::from_slice(&classes) }
    }

    /// Each image moved by up to `most` pixels in either direction, at random; what comes in is black.
    pub fn moved(&self, most: i64, rng: &mut impl Rng) -> Pictures {
        let wide = self.images.constant_pad_nd([most; 4]);
        let (count, side) = (wide.size()[0], self.images.size()[2]);
        let mut cut = |index: i64| {
            let [x, y] = [0; 2].map(|least| rng.random_range(least..=2 * most));
            wide.narrow(0, index, 1).narrow(2, y, side).narrow(3, x, side)
        };
        let images = Tensor::cat(&(0..count).map(&mut cut).collect::<Vec<Tensor>>(), 0);
        Pictures { images, classes: self.classes.shallow_clone() }
    }

    /// Those at the given positions.
    pub fn select(&self, positions: &[i64]) -> Pictures {
        let positions = Tensor::from_slice(positions);
        Pictures {
            images: self.images.index_select(0, &positions),
            classes: self.classes.index_select(0, &positions),
        }
    }
}

/// A classifier of 28 × 28 images.
#[derive(Debug)]
pub struct Network {
    /// Weight, bias, weight, bias, …
    parameters: Vec<Tensor>,
    forward: fn(&[Tensor], &Tensor) -> Tensor,
}

impl Network {
    /// Two convolutions, each with ReLU and max pooling, then two dense layers.
    pub fn cnn(rng: &mut impl Rng) -> Network {
        let shapes: [&[i64]; 4] = [&[8, 1, 5, 5], &[16, 8, 3, 3], &[32, 784], &[CLASSES, 32]];
        Network { parameters: fresh(&shapes, rng), forward: cnn }
    }

    /// Two dense layers.
    pub fn mlp(rng: &mut impl Rng) -> Network {
        Network { parameters: fresh(&[&[34, 784], &[CLASSES, 34]], rng), forward: mlp }
    }

    /// Number of learned values.
    pub fn size(&self) -> i64 {
        self.parameters.iter().map(|tensor| tensor.numel() as i64).sum()
    }

    /// Multiplications for one image. A convolution's weight is used at each of its output's pixels,
    /// a dense layer's once.
    pub fn multiplications(&self) -> i64 {
        self.count(|weight, pixels| pixels * weight.numel() as i64)
    }

    /// Multiplications for one image if dense layers joined the convolutions' inputs and outputs.
    pub fn dense_multiplications(&self) -> i64 {
        self.count(|weight, pixels| {
            let size = weight.size();
            size[0] * pixels * size[1] * pixels
        })
    }

    /// Sums over the layers, where `convolution` counts those of a weight at so many pixels.
    fn count(&self, convolution: impl Fn(&Tensor, i64) -> i64) -> i64 {
        let (mut side, mut sum) = (28, 0);
        for weight in self.parameters.iter().step_by(2) {
            if weight.dim() == 4 {
                sum += convolution(weight, side * side);
                side /= 2; // Pooling follows.
            } else {
                sum += weight.numel() as i64;
            }
        }
        sum
    }

    /// Scores `[N, 10]`.
    pub fn scores(&self, images: &Tensor) -> Tensor {
        (self.forward)(&self.parameters, images)
    }

    /// Minimises cross-entropy in `steps` steps of 32 images each, drawn anew.
    pub fn train(&self, data: &Pictures, steps: u32, rng: &mut impl Rng) {
        let parameters = self.parameters.iter().map(Tensor::shallow_clone).collect();
        let mut descent = Descent::new(parameters);
        let count = data.images.size()[0] as usize;
        for step in 0..steps {
            let drawn = sample(rng, count, BATCH.min(count));
            let batch = data.select(&drawn.iter().map(|i| i as i64).collect::<Vec<i64>>());
            let progress = f64::from(step) / f64::from(steps);
            let rate = 0.003 * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
            let loss = self.scores(&batch.images).cross_entropy_for_logits(&batch.classes);
            descent.step(&loss.to_kind(Kind::Float), rate);
        }
        descent.finish();
    }
}

/// Weights of the given shapes, each with a bias.
fn fresh(shapes: &[&[i64]], rng: &mut impl Rng) -> Vec<Tensor> {
    let pair = |shape: &&[i64]| {
        let fan_in = shape[1..].iter().product();
        [parameter(shape, fan_in, rng), parameter(&shape[..1], fan_in, rng)]
    };
    shapes.iter().flat_map(pair).collect()
}

fn cnn(p: &[Tensor], images: &Tensor) -> Tensor {
    let convolve = |x: &Tensor, index: usize, padding: i64| {
        let (weight, bias) = (&p[index], &p[index + 1]);
        x.conv2d(weight, Some(bias), [1i64; 2], [padding; 2], [1i64; 2], 1)
            .relu()
            .max_pool2d([2i64; 2], [2i64; 2], [0i64; 2], [1i64; 2], false)
    };
    let features = convolve(&convolve(images, 0, 2), 2, 1).flatten(1, -1);
    features.linear(&p[4], Some(&p[5])).relu().linear(&p[6], Some(&p[7]))
}

fn mlp(p: &[Tensor], images: &Tensor) -> Tensor {
    images.flatten(1, -1).linear(&p[0], Some(&p[1])).relu().linear(&p[2], Some(&p[3]))
}
