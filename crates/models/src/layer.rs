//! The layers that a decoder is made of, as data.

use tch::Tensor;

/// One layer of a decoder. Shapes are without the batch dimension.
///
/// As text (`model.json`, [`std::fmt::Display`], [`std::str::FromStr`]) a layer is its kind and its
/// sizes: `linear 32 256`, `relu`, `reshape 64 7 7`,
/// `conv_transpose2d 64 32 kernel 4 stride 2 padding 1`.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// `y = W x + b`, `[inputs]` to `[outputs]`; weight `[outputs, inputs]`.
    Linear {
        /// Values in.
        inputs: i64,
        /// Values out.
        outputs: i64,
    },
    /// Transposed convolution, `[inputs, h, w]` to `[outputs, h', w']` with
    /// `h' = (h − 1) · stride − 2 · padding + kernel`; weight `[inputs, outputs, kernel, kernel]`.
    ConvTranspose2d {
        /// Channels in.
        inputs: i64,
        /// Channels out.
        outputs: i64,
        /// Side of the square kernel.
        kernel: i64,
        /// Stride in both directions.
        stride: i64,
        /// Padding in both directions.
        padding: i64,
    },
    /// `max(x, 0)`.
    Relu,
    /// `x · sigmoid(x)` (arXiv:1702.03118).
    Silu,
    /// Hyperbolic tangent.
    Tanh,
    /// Rearranges the values of one sample into another shape.
    Reshape(Vec<i64>),
}

impl Layer {
    /// Shapes of weight and bias, or `None` for a layer without parameters.
    pub fn parameter_shapes(&self) -> Option<[Vec<i64>; 2]> {
        match *self {
            Layer::Linear { inputs, outputs } => Some([vec![outputs, inputs], vec![outputs]]),
            Layer::ConvTranspose2d { inputs, outputs, kernel, .. } => {
                Some([vec![inputs, outputs, kernel, kernel], vec![outputs]])
            }
            Layer::Relu | Layer::Silu | Layer::Tanh | Layer::Reshape(_) => None,
        }
    }

    /// Number of learned values.
    pub fn parameter_count(&self) -> i64 {
        let shapes = self.parameter_shapes();
        shapes.iter().flatten().map(|shape| shape.iter().product::<i64>()).sum()
    }

    /// Bound of the uniform distribution that weight and bias start from: `1/√fan_in`, PyTorch's
    /// default for both kinds of layer (He et al. 2015, arXiv:1502.01852, with gain `1/√3`).
    pub fn init_bound(&self) -> f64 {
        let fan_in = match *self {
            Layer::Linear { inputs, .. } => inputs,
            // PyTorch counts the second dimension of the weight here too.
            Layer::ConvTranspose2d { outputs, kernel, .. } => outputs * kernel * kernel,
            _ => 1,
        };
        1.0 / (fan_in as f64).sqrt()
    }

    /// Shape of one sample's output.
    ///
    /// # Errors
    /// A sentence that says what the layer takes, where `input` does not fit.
    pub fn output_shape(&self, input: &[i64]) -> Result<Vec<i64>, String> {
        match self {
            Layer::Linear { inputs, outputs } => match input {
                [n] if n == inputs => Ok(vec![*outputs]),
                _ => Err(format!("it takes [{inputs}]")),
            },
            Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding } => match input {
                [c, h, w] if c == inputs => {
                    let side = |n: &i64| (n - 1) * stride - 2 * padding + kernel;
                    Ok(vec![*outputs, side(h), side(w)])
                }
                _ => Err(format!("it takes [{inputs}, height, width]")),
            },
            Layer::Reshape(shape) if numel(shape) == numel(input) => Ok(shape.clone()),
            Layer::Reshape(shape) => Err(format!("it takes {} values", numel(shape))),
            Layer::Relu | Layer::Silu | Layer::Tanh => Ok(input.to_vec()),
        }
    }

    /// Applies the layer to a batch. `parameters` are weight and bias where the layer has them.
    pub(crate) fn forward(&self, x: &Tensor, parameters: Option<&[Tensor; 2]>) -> Tensor {
        match (self, parameters) {
            (Layer::Linear { .. }, Some([weight, bias])) => x.linear(weight, Some(bias)),
            (Layer::ConvTranspose2d { stride, padding, .. }, Some([weight, bias])) => x
                .conv_transpose2d(
                    weight,
                    Some(bias),
                    [*stride; 2],
                    [*padding; 2],
                    [0i64; 2],
                    1,
                    [1i64; 2],
                ),
            (Layer::Relu, _) => x.relu(),
            (Layer::Silu, _) => x.silu(),
            (Layer::Tanh, _) => x.tanh(),
            (Layer::Reshape(shape), _) => {
                let mut batched = vec![x.size()[0]];
                batched.extend(shape);
                x.reshape(batched)
            }
            (Layer::Linear { .. } | Layer::ConvTranspose2d { .. }, None) => {
                unreachable!("a decoder holds parameters for each layer that has shapes for them")
            }
        }
    }
}

fn numel(shape: &[i64]) -> i64 {
    shape.iter().product()
}
