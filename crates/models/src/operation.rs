//! Layers with their parameters: what a network computes.

use tch::Tensor;

use crate::layer::{conv_transpose2d_shapes, conv2d_shapes, linear_shapes};
use crate::{Error, Layer};

/// A layer and the tensors that belong to it. A layer that needs parameters cannot be without.
#[derive(Debug)]
pub(crate) enum Operation {
    Linear(Affine),
    Conv2d { affine: Affine, stride: i64, padding: i64 },
    ConvTranspose2d { affine: Affine, stride: i64, padding: i64 },
    Relu,
    Silu,
    Tanh,
    Glu,
    Reshape(Vec<i64>),
}

/// Weight and bias.
#[derive(Debug)]
pub(crate) struct Affine {
    weight: Tensor,
    bias: Tensor,
}

impl Affine {
    fn new(
        [weight, bias]: [Vec<i64>; 2],
        take: &mut impl FnMut(&str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<Affine, Error> {
        Ok(Affine { weight: take("weight", &weight)?, bias: take("bias", &bias)? })
    }
}

impl Operation {
    /// Multiplies what each input counts, in place, by `factors` `[inputs]`. `false` where the layer has no
    /// weight for each of its inputs alone.
    pub fn scale_inputs(&self, factors: &Tensor) -> bool {
        let Operation::Linear(Affine { weight, .. }) = self else { return false };
        tch::no_grad(|| {
            let _ = weight.shallow_clone().g_mul_(factors);
        });
        true
    }

    /// `layer` with the parameters that `take(name, shape)` hands out, weight before bias.
    pub fn new(
        layer: &Layer,
        mut take: impl FnMut(&str, &[i64]) -> Result<Tensor, Error>,
    ) -> Result<Operation, Error> {
        Ok(match *layer {
            Layer::Linear { inputs, outputs } => {
                Operation::Linear(Affine::new(linear_shapes(inputs, outputs), &mut take)?)
            }
            Layer::Conv2d { inputs, outputs, kernel, stride, padding } => {
                let affine = Affine::new(conv2d_shapes(inputs, outputs, kernel), &mut take)?;
                Operation::Conv2d { affine, stride, padding }
            }
            Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding } => {
                let shapes = conv_transpose2d_shapes(inputs, outputs, kernel);
                let affine = Affine::new(shapes, &mut take)?;
                Operation::ConvTranspose2d { affine, stride, padding }
            }
            Layer::Relu => Operation::Relu,
            Layer::Silu => Operation::Silu,
            Layer::Tanh => Operation::Tanh,
            Layer::Glu => Operation::Glu,
            Layer::Reshape(ref shape) => Operation::Reshape(shape.clone()),
        })
    }

    /// Applies the layer to a batch.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        match self {
            Operation::Linear(Affine { weight, bias }) => x.linear(weight, Some(bias)),
            Operation::Conv2d { affine: Affine { weight, bias }, stride, padding } => {
                x.conv2d(weight, Some(bias), [*stride; 2], [*padding; 2], [1i64; 2], 1)
            }
            Operation::ConvTranspose2d { affine: Affine { weight, bias }, stride, padding } => x
                .conv_transpose2d(
                    weight,
                    Some(bias),
                    [*stride; 2],
                    [*padding; 2],
                    [0i64; 2],
                    1,
                    [1i64; 2],
                ),
            Operation::Relu => x.relu(),
            Operation::Silu => x.silu(),
            Operation::Tanh => x.tanh(),
            Operation::Glu => x.glu(1),
            Operation::Reshape(shape) => {
                let mut batched = vec![x.size()[0]];
                batched.extend(shape);
                x.reshape(batched)
            }
        }
    }

    /// Weight and bias by name, or nothing.
    pub fn parameters(&self) -> Vec<(&'static str, &Tensor)> {
        match self {
            Operation::Linear(affine)
            | Operation::Conv2d { affine, .. }
            | Operation::ConvTranspose2d { affine, .. } => {
                vec![("weight", &affine.weight), ("bias", &affine.bias)]
            }
            Operation::Relu
            | Operation::Silu
            | Operation::Tanh
            | Operation::Glu
            | Operation::Reshape(_) => vec![],
        }
    }
}
