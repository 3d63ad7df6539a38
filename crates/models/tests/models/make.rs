//! Small models and tensors.

use autodecoder_models::{
    EncoderSpec, ImageShape, LatentModel, ModelKind, ModelSpec, PartSpec, Parts,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};

/// Two channels, so that a mix-up of channels and sides shows.
pub const IMAGE: ImageShape = ImageShape { channels: 2, height: 4, width: 8 };

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A part from its table, `kind` included.
pub fn part(table: Value) -> PartSpec {
    serde_json::from_value(table).unwrap()
}

pub fn mlp() -> PartSpec {
    part(json!({"kind": "mlp", "hidden": [5]}))
}

pub fn conv() -> PartSpec {
    part(json!({"kind": "conv", "hidden": [4], "channels": [3, 2]}))
}

pub fn auto_decoder(decoder: PartSpec) -> ModelSpec {
    ModelSpec {
        name: "ad".to_owned(),
        kind: ModelKind::AutoDecoder,
        latent_dim: 3,
        posterior: "point".to_owned(),
        encoder: None,
        decoder,
        likelihood: part(json!({"kind": "bernoulli"})),
        beta: 1.0,
        l2: 0.0,
    }
}

pub fn variational(decoder: PartSpec) -> ModelSpec {
    ModelSpec {
        name: "vad".to_owned(),
        kind: ModelKind::VariationalAutoDecoder,
        posterior: "gaussian".to_owned(),
        ..auto_decoder(decoder)
    }
}

pub fn model(spec: ModelSpec) -> LatentModel {
    LatentModel::new(spec, IMAGE, &Parts::standard(), Device::Cpu, &mut rng(1)).unwrap()
}

/// Values of a smooth, aperiodic sequence in [−1, 1], of the given kind and shape.
pub fn wave(shape: &[i64], kind: Kind) -> Tensor {
    let count: i64 = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|i| (1.7 * i as f64 + 0.3).sin()).collect();
    Tensor::from_slice(&values).reshape(shape).to_kind(kind)
}

/// Pixels in [0, 1], the ends among them.
pub fn pixels(images: i64) -> Tensor {
    let [channels, height, width] = IMAGE.dims();
    let wave = wave(&[images, channels, height, width], Kind::Float);
    (wave * 0.8 + 0.5).clamp(0.0, 1.0)
}

pub fn numbers(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Double);
    Vec::try_from(flat.reshape([-1])).unwrap()
}

/// A VAD that learns the variance of its pixels.
pub fn learned_gaussian() -> ModelSpec {
    let likelihood = part(json!({"kind": "gaussian", "variance": "learned"}));
    ModelSpec { likelihood, beta: 0.5, ..variational(conv()) }
}

/// The decoder and its mirror.
pub fn autoencoder(decoder: PartSpec) -> ModelSpec {
    ModelSpec {
        name: "ae".to_owned(),
        kind: ModelKind::Autoencoder,
        encoder: Some(EncoderSpec::default()),
        ..auto_decoder(decoder)
    }
}
