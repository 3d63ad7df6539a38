//! The layers that decoders and encoders are made of, as data.

/// One layer of a network. Shapes are without the batch dimension.
///
/// As text (`model.json`, [`std::fmt::Display`], [`std::str::FromStr`]) a layer is its kind and its
/// sizes: `linear 32 256`, `relu`, `glu`, `reshape 64 7 7`,
/// `conv2d 1 32 kernel 4 stride 2 padding 1`, `conv_transpose2d 64 32 kernel 4 stride 2 padding 1`.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// `y = W x + b`, `[inputs]` to `[outputs]`; weight `[outputs, inputs]`.
    Linear {
        /// Values in.
        inputs: i64,
        /// Values out.
        outputs: i64,
    },
    /// Convolution, `[inputs, h, w]` to `[outputs, h', w']` with
    /// `h' = ⌊(h + 2 · padding − kernel) / stride⌋ + 1`; weight `[outputs, inputs, kernel, kernel]`.
    Conv2d {
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
    /// Gated linear units (arXiv:1612.08083): of `[2 n]` values the first half, each times the sigmoid
    /// of its counterpart in the second, `[n]`.
    Glu,
    /// Rearranges the values of one sample into another shape.
    Reshape(Vec<i64>),
}

impl Layer {
    /// Shapes of weight and bias, or `None` for a layer without parameters.
    pub fn parameter_shapes(&self) -> Option<[Vec<i64>; 2]> {
        match *self {
            Layer::Linear { inputs, outputs } => Some(linear_shapes(inputs, outputs)),
            Layer::Conv2d { inputs, outputs, kernel, .. } => {
                Some(conv2d_shapes(inputs, outputs, kernel))
            }
            Layer::ConvTranspose2d { inputs, outputs, kernel, .. } => {
                Some(conv_transpose2d_shapes(inputs, outputs, kernel))
            }
            Layer::Relu | Layer::Silu | Layer::Tanh | Layer::Glu | Layer::Reshape(_) => None,
        }
    }

    /// Number of learned values; `i64::MAX` where there are more than that.
    pub fn parameter_count(&self) -> i64 {
        let shapes = self.parameter_shapes();
        let count = |shape: &Vec<i64>| numel(shape).unwrap_or(i64::MAX);
        shapes.iter().flatten().map(count).fold(0, i64::saturating_add)
    }

    /// Bound of the uniform distribution that weight and bias start from: `1/√fan_in`, PyTorch's
    /// default for these kinds of layer (He et al. 2015, arXiv:1502.01852, with gain `1/√3`).
    pub fn init_bound(&self) -> f64 {
        let fan_in = match *self {
            Layer::Linear { inputs, .. } => inputs,
            Layer::Conv2d { inputs, kernel, .. } => inputs * kernel * kernel,
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
            Layer::Conv2d { inputs, outputs, kernel, stride, padding } => {
                let side = |input| shrunk(input, *kernel, *stride, *padding);
                images(input, [*inputs, *outputs], side, "its kernel is larger than that")
            }
            Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding } => {
                let side = |input| grown(input, *kernel, *stride, *padding);
                images(input, [*inputs, *outputs], side, "its padding leaves nothing of that")
            }
            Layer::Reshape(shape) => match numel(shape) {
                Some(count) if numel(input) == Some(count) => Ok(shape.clone()),
                Some(count) => Err(format!("it takes {count} values")),
                None => Err("it takes more values than can be counted".to_owned()),
            },
            Layer::Relu | Layer::Silu | Layer::Tanh => Ok(input.to_vec()),
            Layer::Glu => match input {
                [n] if n % 2 == 0 => Ok(vec![n / 2]),
                _ => Err("it takes one even number of values".to_owned()),
            },
        }
    }
}

/// Shapes of weight and bias of a linear layer.
pub(crate) fn linear_shapes(inputs: i64, outputs: i64) -> [Vec<i64>; 2] {
    [vec![outputs, inputs], vec![outputs]]
}

/// Shapes of weight and bias of a convolution.
pub(crate) fn conv2d_shapes(inputs: i64, outputs: i64, kernel: i64) -> [Vec<i64>; 2] {
    [vec![outputs, inputs, kernel, kernel], vec![outputs]]
}

/// Shapes of weight and bias of a transposed convolution.
pub(crate) fn conv_transpose2d_shapes(inputs: i64, outputs: i64, kernel: i64) -> [Vec<i64>; 2] {
    [vec![inputs, outputs, kernel, kernel], vec![outputs]]
}

/// Shape of the feature maps that a convolution makes of `input`, whose sides change by `side`.
fn images(
    input: &[i64],
    [inputs, outputs]: [i64; 2],
    side: impl Fn(i64) -> Option<i64>,
    no_side: &str,
) -> Result<Vec<i64>, String> {
    match *input {
        [channels, height, width] if channels == inputs => {
            let sides = side(height).zip(side(width));
            let (height, width) = sides.ok_or_else(|| no_side.to_owned())?;
            Ok(vec![outputs, height, width])
        }
        _ => Err(format!("it takes [{inputs}, height, width]")),
    }
}

/// Side of a convolution's output, if it has any.
fn shrunk(input: i64, kernel: i64, stride: i64, padding: i64) -> Option<i64> {
    let room = input.checked_add(padding.checked_mul(2)?)?.checked_sub(kernel)?;
    (room >= 0).then(|| room / stride + 1)
}

/// Side of a transposed convolution's output, if it has any.
fn grown(input: i64, kernel: i64, stride: i64, padding: i64) -> Option<i64> {
    let grown = (input - 1).checked_mul(stride)?.checked_add(kernel)?;
    grown.checked_sub(padding.checked_mul(2)?).filter(|&side| side > 0)
}

/// Number of values, where it can be told: sizes can come from a file.
fn numel(shape: &[i64]) -> Option<i64> {
    shape.iter().try_fold(1i64, |product, &size| product.checked_mul(size))
}
