//! A decoder run from its files alone, as a program in another language would.

use std::path::Path;

use autodecoder_data::{Dataset, MnistFolder, Split};
use autodecoder_models::{Parts, load_model};
use autodecoder_training::read_latents;
use safetensors::SafeTensors;
use serde_json::Value;
use tch::Device;

use super::program::sample;
use super::shared_runs;

/// Numbers of a tensor with its shape.
struct Numbers {
    shape: Vec<usize>,
    values: Vec<f64>,
}

fn tensor(file: &SafeTensors, name: &str) -> Numbers {
    let view = file.tensor(name).unwrap();
    assert_eq!(view.dtype(), safetensors::Dtype::F32, "{name}");
    let values = view.data().chunks_exact(4);
    let values = values.map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect();
    Numbers { shape: view.shape().to_vec(), values }
}

/// One layer, by its text in model.json.
fn apply(layer: &str, index: usize, x: Numbers, parameters: &SafeTensors) -> Numbers {
    let words: Vec<&str> = layer.split(' ').collect();
    let sizes: Vec<usize> = words[1..].iter().filter_map(|word| word.parse().ok()).collect();
    let parameter = |which: &str| tensor(parameters, &format!("layers.{index}.{which}"));
    match words[0] {
        "linear" => linear(&x, &parameter("weight"), &parameter("bias")),
        "conv_transpose2d" => {
            conv_transpose2d(&x, &parameter("weight"), &parameter("bias"), sizes[3], sizes[4])
        }
        "relu" => Numbers { values: x.values.iter().map(|v| v.max(0.0)).collect(), ..x },
        "reshape" => Numbers { shape: sizes, ..x },
        other => panic!("unknown layer {other}"),
    }
}

/// `y = W x + b`, weight `[outputs, inputs]`.
fn linear(x: &Numbers, weight: &Numbers, bias: &Numbers) -> Numbers {
    let rows = weight.values.chunks_exact(weight.shape[1]);
    let dot = |row: &[f64]| row.iter().zip(&x.values).map(|(w, x)| w * x).sum::<f64>();
    let values = rows.zip(&bias.values).map(|(row, b)| dot(row) + b).collect();
    Numbers { shape: vec![weight.shape[0]], values }
}

/// Each input pixel adds its kernel to the output, weight `[inputs, outputs, kernel, kernel]`.
fn conv_transpose2d(
    x: &Numbers,
    w: &Numbers,
    b: &Numbers,
    stride: usize,
    padding: usize,
) -> Numbers {
    let &[inputs, height, width] = &x.shape[..] else { panic!("{:?}", x.shape) };
    let (outputs, kernel) = (w.shape[1], w.shape[2]);
    let side = |input: usize| (input - 1) * stride + kernel - 2 * padding;
    let (rows, columns) = (side(height), side(width));
    let mut values: Vec<f64> =
        b.values.iter().flat_map(|b| std::iter::repeat_n(*b, rows * columns)).collect();
    for c in 0..inputs {
        for (i, j) in (0..height).flat_map(|i| (0..width).map(move |j| (i, j))) {
            let pixel = x.values[(c * height + i) * width + j];
            for o in 0..outputs {
                for (p, q) in (0..kernel).flat_map(|p| (0..kernel).map(move |q| (p, q))) {
                    let row = (i * stride + p).checked_sub(padding).filter(|r| *r < rows);
                    let column = (j * stride + q).checked_sub(padding).filter(|c| *c < columns);
                    if let (Some(row), Some(column)) = (row, column) {
                        values[(o * rows + row) * columns + column] +=
                            pixel * w.values[((c * outputs + o) * kernel + p) * kernel + q];
                    }
                }
            }
        }
    }
    Numbers { shape: vec![outputs, rows, columns], values }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// A model's test images as its files decode them, and their indices in the test set.
fn decode(folder: &Path, latent: &str) -> (Vec<i64>, Vec<Vec<f64>>) {
    let description: Value = serde_json::from_slice(&read(&folder.join("model.json"))).unwrap();
    assert_eq!(description["likelihood"]["kind"], "bernoulli"); // Pixels are sigmoid(logits).
    let layers: Vec<&str> =
        description["layers"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    let bytes = read(&folder.join("decoder.safetensors"));
    let decoder = SafeTensors::deserialize(&bytes).unwrap();
    let bytes = read(&folder.join("latents-test.safetensors"));
    let latents = SafeTensors::deserialize(&bytes).unwrap();
    let index = latents.tensor("index").unwrap();
    let index = index.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()));
    let z = tensor(&latents, latent);
    let images = z.values.chunks_exact(z.shape[1]).map(|z| {
        let mut x = Numbers { shape: vec![z.len()], values: z.to_vec() };
        for (position, layer) in layers.iter().enumerate() {
            x = apply(layer, position, x, &decoder);
        }
        assert_eq!(x.shape, [1, 28, 28]);
        x.values.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect()
    });
    (index.collect(), images.collect())
}

/// An MLP and a convolutional decoder, with the tensor that holds their test latents.
const MODELS: [(&str, &str); 2] = [("ad", "z"), ("vad-gaussian", "mean")];

#[test]
fn the_files_decode_to_the_images_that_were_measured() {
    let run = shared_runs::smoke();
    let results: Value = serde_json::from_slice(&read(&run.join("results.json"))).unwrap();
    let originals = MnistFolder::fashion_mnist(sample()).load(Split::Test).unwrap();
    for (model, latent) in MODELS {
        let expected = results["models"][model]["test"]["mse"].as_f64().unwrap();
        let (index, images) = decode(&run.join("models").join(model), latent);
        let squares = index.iter().zip(&images).flat_map(|(index, image)| {
            let original = originals.image(usize::try_from(*index).unwrap());
            image.iter().zip(original).map(|(x, pixel)| (x - f64::from(*pixel) / 255.0).powi(2))
        });
        let found = squares.sum::<f64>() / (784 * images.len()) as f64;
        assert!((found - expected).abs() <= 1e-5 * expected, "{model}: {found}, not {expected}");
    }
}

/// A mean can hide pixels in the wrong place.
#[test]
fn the_files_decode_pixel_by_pixel_to_what_the_model_decodes() {
    for (name, latent) in MODELS {
        let folder = shared_runs::smoke().join("models").join(name);
        let (_, images) = decode(&folder, latent);
        let model = load_model(&folder, &Parts::standard(), Device::Cpu).unwrap();
        let latents = folder.join("latents-test.safetensors");
        let rows = read_latents(&latents, model.posterior(), 8, Device::Cpu).unwrap().rows;
        let decoded = model.decode(&model.posterior().mean(&rows)).flatten(1, -1);
        for (position, image) in images.iter().enumerate().step_by(7) {
            let expected = Vec::<f64>::try_from(decoded.get(position as i64)).unwrap();
            assert_eq!(expected.len(), image.len());
            for (pixel, (found, expected)) in image.iter().zip(expected).enumerate() {
                let apart = (found - expected).abs();
                assert!(apart < 1e-5, "{name}, image {position}, pixel {pixel}: {apart} apart");
            }
        }
    }
}
