//! Decoders against plain loops in f64.

use approx::assert_relative_eq;
use autodecoder_models::{Decoder, ImageShape, Layer};
use proptest::prelude::*;
use tch::{Device, Kind};

use crate::make::{IMAGE, auto_decoder, conv, mlp, model, numbers, rng, wave};

/// One sample: its shape and its values.
type Sample = (Vec<usize>, Vec<f64>);

fn linear(input: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let rows = weight.chunks(input.len());
    rows.zip(bias)
        .map(|(row, bias)| bias + row.iter().zip(input).map(|(w, x)| w * x).sum::<f64>())
        .collect()
}

/// Every input value stamps the kernel, scaled by itself, onto the output.
fn conv_transpose2d(
    layer: &Layer,
    (shape, input): &Sample,
    weight: &[f64],
    bias: &[f64],
) -> Sample {
    let &Layer::ConvTranspose2d { outputs, kernel, stride, padding, .. } = layer else {
        panic!("{layer} is no transposed convolution");
    };
    let [channels, height, width] = shape[..] else {
        panic!("{shape:?} are no feature maps");
    };
    let (outputs, kernel) = (outputs as usize, kernel as usize);
    let (stride, padding) = (stride as usize, padding as usize);
    let side = |n: usize| (n - 1) * stride + kernel - 2 * padding;
    let (tall, wide) = (side(height), side(width));
    let mut out: Vec<f64> = bias.iter().flat_map(|&b| vec![b; tall * wide]).collect();
    for (i, y, x) in grid(channels, height, width) {
        for (o, ky, kx) in grid(outputs, kernel, kernel) {
            let (row, column) = (y * stride + ky, x * stride + kx);
            if (padding..padding + tall).contains(&row)
                && (padding..padding + wide).contains(&column)
            {
                let at = (o * tall + row - padding) * wide + column - padding;
                out[at] += input[(i * height + y) * width + x]
                    * weight[((i * outputs + o) * kernel + ky) * kernel + kx];
            }
        }
    }
    (vec![outputs, tall, wide], out)
}

/// Every output value is the kernel's sum over the inputs under it.
fn conv2d(layer: &Layer, (shape, input): &Sample, weight: &[f64], bias: &[f64]) -> Sample {
    let &Layer::Conv2d { outputs, kernel, stride, padding, .. } = layer else {
        panic!("{layer} is no convolution");
    };
    let [channels, height, width] = shape[..] else {
        panic!("{shape:?} are no feature maps");
    };
    let (outputs, kernel) = (outputs as usize, kernel as usize);
    let (stride, padding) = (stride as usize, padding as usize);
    let side = |n: usize| (n + 2 * padding - kernel) / stride + 1;
    let (tall, wide) = (side(height), side(width));
    let mut out = Vec::new();
    for (o, y, x) in grid(outputs, tall, wide) {
        let mut sum = bias[o];
        for (i, ky, kx) in grid(channels, kernel, kernel) {
            let (row, column) = (y * stride + ky, x * stride + kx);
            let inside = |at: usize, size: usize| (padding..padding + size).contains(&at);
            if inside(row, height) && inside(column, width) {
                sum += input[(i * height + row - padding) * width + column - padding]
                    * weight[((o * channels + i) * kernel + ky) * kernel + kx];
            }
        }
        out.push(sum);
    }
    (vec![outputs, tall, wide], out)
}

fn grid(a: usize, b: usize, c: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| (i, j, k))))
}

/// Runs the layers of `decoder` on one latent.
fn plain_forward(decoder: &Decoder, z: &[f64]) -> Sample {
    let mut parameters = decoder.named_parameters().into_iter().map(|(_, tensor)| numbers(&tensor));
    let mut sample = (vec![z.len()], z.to_vec());
    for layer in decoder.layers() {
        sample = match layer {
            Layer::Linear { outputs, .. } => {
                let (weight, bias) = (parameters.next().unwrap(), parameters.next().unwrap());
                (vec![*outputs as usize], linear(&sample.1, &weight, &bias))
            }
            Layer::Conv2d { .. } => {
                let (weight, bias) = (parameters.next().unwrap(), parameters.next().unwrap());
                conv2d(layer, &sample, &weight, &bias)
            }
            Layer::ConvTranspose2d { .. } => {
                let (weight, bias) = (parameters.next().unwrap(), parameters.next().unwrap());
                conv_transpose2d(layer, &sample, &weight, &bias)
            }
            Layer::Relu => map(sample, |x| x.max(0.0)),
            Layer::Silu => map(sample, |x| x / (1.0 + (-x).exp())),
            Layer::Tanh => map(sample, f64::tanh),
            Layer::Glu => {
                let (values, gates) = sample.1.split_at(sample.1.len() / 2);
                let gated = values.iter().zip(gates).map(|(x, gate)| x / (1.0 + (-gate).exp()));
                (vec![values.len()], gated.collect())
            }
            Layer::Reshape(shape) => (shape.iter().map(|&n| n as usize).collect(), sample.1),
        };
    }
    sample
}

fn map((shape, values): Sample, f: impl Fn(f64) -> f64) -> Sample {
    (shape, values.into_iter().map(f).collect())
}

fn assert_forward_is_plain(decoder: &Decoder) {
    let z = wave(&[3, decoder.latent_dim()], Kind::Float) * 3.0;
    let logits = decoder.forward(&z);
    let image = decoder.image();
    assert_eq!(logits.size(), [3, image.channels, image.height, image.width]);
    for sample in 0..3 {
        let (shape, expected) = plain_forward(decoder, &numbers(&z.get(sample)));
        assert_eq!(shape, image.dims().map(|n| n as usize));
        for (found, expected) in numbers(&logits.get(sample)).into_iter().zip(expected) {
            assert_relative_eq!(found, expected, epsilon = 1e-5, max_relative = 1e-5);
        }
    }
}

#[test]
fn forward_equals_plain_loops() {
    for part in [mlp(), conv()] {
        assert_forward_is_plain(model(auto_decoder(part)).decoder());
    }
    let others: [&[&str]; 2] = [
        &["linear 3 8", "silu", "linear 8 64", "tanh", "reshape 2 4 8"],
        &["linear 3 10", "glu", "linear 5 64", "reshape 2 4 8"],
    ];
    for layers in others {
        let layers = layers.iter().map(|text| text.parse().unwrap()).collect();
        assert_forward_is_plain(&Decoder::new(layers, 3, IMAGE, Device::Cpu, &mut rng(2)).unwrap());
    }
}

/// The layer behind a reshape of latents to its input.
fn assert_layer_is_plain(layer: Layer, input: &[i64], [channels, height, width]: [i64; 3]) {
    let layers = vec![Layer::Reshape(input.to_vec()), layer];
    let image = ImageShape { channels, height, width };
    let latent_dim = input.iter().product();
    let decoder = Decoder::new(layers, latent_dim, image, Device::Cpu, &mut rng(3));
    assert_forward_is_plain(&decoder.unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn transposed_convolutions_of_any_size_equal_plain_loops(
        (inputs, outputs) in (1..4i64, 1..4i64),
        (height, width) in (1..4i64, 1..4i64),
        (kernel, stride) in (1..5i64, 1..4i64),
        padding in 0..2i64,
    ) {
        let input = [inputs, height, width];
        let layer = Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding };
        let shape = layer.output_shape(&input);
        let Ok([channels, tall, wide]) = shape.as_deref() else {
            // Padding left nothing.
            let side = (height.min(width) - 1) * stride + kernel - 2 * padding;
            prop_assert!(side <= 0, "{shape:?}");
            return Ok(());
        };
        assert_layer_is_plain(layer, &input, [*channels, *tall, *wide]);
    }

    #[test]
    fn convolutions_of_any_size_equal_plain_loops(
        (inputs, outputs) in (1..4i64, 1..4i64),
        (height, width) in (1..6i64, 1..6i64),
        (kernel, stride) in (1..5i64, 1..4i64),
        padding in 0..2i64,
    ) {
        let input = [inputs, height, width];
        let layer = Layer::Conv2d { inputs, outputs, kernel, stride, padding };
        let shape = layer.output_shape(&input);
        let Ok([channels, tall, wide]) = shape.as_deref() else {
            prop_assert!(height.min(width) + 2 * padding < kernel, "{shape:?}");
            return Ok(());
        };
        assert_layer_is_plain(layer, &input, [*channels, *tall, *wide]);
    }
}
