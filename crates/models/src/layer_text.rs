//! Layers as text, the form that `model.json` keeps them in.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Layer};

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Linear { inputs, outputs } => write!(f, "linear {inputs} {outputs}"),
            Layer::Conv2d { inputs, outputs, kernel, stride, padding } => write!(
                f,
                "conv2d {inputs} {outputs} kernel {kernel} stride {stride} padding {padding}"
            ),
            Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding } => write!(
                f,
                "conv_transpose2d {inputs} {outputs} kernel {kernel} stride {stride} padding {padding}"
            ),
            Layer::Relu => f.write_str("relu"),
            Layer::Silu => f.write_str("silu"),
            Layer::Tanh => f.write_str("tanh"),
            Layer::Glu => f.write_str("glu"),
            Layer::Reshape(shape) => {
                f.write_str("reshape")?;
                shape.iter().try_for_each(|size| write!(f, " {size}"))
            }
        }
    }
}

impl FromStr for Layer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Layer, Error> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (kind, arguments) = words.split_first().unwrap_or((&"", &[]));
        let expected = example(kind);
        let layer = match *kind {
            "relu" if arguments.is_empty() => Some(Layer::Relu),
            "silu" if arguments.is_empty() => Some(Layer::Silu),
            "tanh" if arguments.is_empty() => Some(Layer::Tanh),
            "glu" if arguments.is_empty() => Some(Layer::Glu),
            "linear" => linear(arguments),
            "conv2d" => convolution(arguments).map(|sizes| {
                let [inputs, outputs, kernel, stride, padding] = sizes;
                Layer::Conv2d { inputs, outputs, kernel, stride, padding }
            }),
            "conv_transpose2d" => convolution(arguments).map(|sizes| {
                let [inputs, outputs, kernel, stride, padding] = sizes;
                Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding }
            }),
            "reshape" => sizes(arguments).map(Layer::Reshape),
            _ => None,
        };
        layer.ok_or_else(|| Error::LayerText { text: text.to_owned(), expected })
    }
}

fn example(kind: &str) -> &'static str {
    match kind {
        "conv2d" => "conv2d 1 32 kernel 4 stride 2 padding 1",
        "conv_transpose2d" => "conv_transpose2d 64 32 kernel 4 stride 2 padding 1",
        "reshape" => "reshape 64 7 7",
        "relu" => "relu",
        "silu" => "silu",
        "tanh" => "tanh",
        "glu" => "glu",
        _ => "linear 32 256",
    }
}

fn linear(arguments: &[&str]) -> Option<Layer> {
    match sizes(arguments)?[..] {
        [inputs, outputs] => Some(Layer::Linear { inputs, outputs }),
        _ => None,
    }
}

/// Inputs, outputs, kernel, stride and padding.
fn convolution(arguments: &[&str]) -> Option<[i64; 5]> {
    let &[inputs, outputs, "kernel", kernel, "stride", stride, "padding", padding] = arguments
    else {
        return None;
    };
    let padding = padding.parse().ok().filter(|&n: &i64| n >= 0)?;
    Some([size(inputs)?, size(outputs)?, size(kernel)?, size(stride)?, padding])
}

fn sizes(words: &[&str]) -> Option<Vec<i64>> {
    (!words.is_empty()).then(|| words.iter().map(|word| size(word)).collect())?
}

fn size(word: &str) -> Option<i64> {
    word.parse().ok().filter(|&n| n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in [
            "linear 32 256",
            "relu",
            "silu",
            "tanh",
            "reshape 64 7 7",
            "conv2d 1 32 kernel 3 stride 2 padding 0",
            "conv_transpose2d 64 32 kernel 4 stride 2 padding 1",
        ] {
            assert_eq!(text.parse::<Layer>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn rejects_malformed_text() {
        for text in ["", "linear 32", "linear 0 3", "linear a b", "relu 3", "conv2d 1 2", "reshape"]
        {
            assert!(text.parse::<Layer>().is_err(), "{text:?} was accepted");
        }
    }
}
