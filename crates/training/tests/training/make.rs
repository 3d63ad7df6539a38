//! Small models, images and settings.

use std::path::Path;

use autodecoder_data::{Dataset, ImageSet, ImageShape, MnistFolder, Split};
use autodecoder_models::{EncoderSpec, LatentModel, ModelKind, ModelSpec, PartSpec, Parts};
use autodecoder_training::{
    DeviceImages, EngineKind, OptimiserConfig, Precision, ScheduleKind, StartConfig, StartKind,
    Streams, TrainingConfig,
};
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};

/// A part from its table, `kind` included.
pub fn part(table: Value) -> PartSpec {
    serde_json::from_value(table).unwrap()
}

pub fn auto_decoder() -> ModelSpec {
    ModelSpec {
        name: "tiny".to_owned(),
        kind: ModelKind::AutoDecoder,
        latent_dim: 3,
        posterior: "point".to_owned(),
        encoder: None,
        decoder: part(json!({"kind": "mlp", "hidden": [5]})),
        likelihood: part(json!({"kind": "bernoulli"})),
        beta: 1.0,
        l2: 0.1,
    }
}

pub fn variational() -> ModelSpec {
    ModelSpec {
        kind: ModelKind::VariationalAutoDecoder,
        posterior: "gaussian".to_owned(),
        l2: 0.0,
        ..auto_decoder()
    }
}

/// A model for images like `images`, on their device, with a fresh decoder.
pub fn model(spec: ModelSpec, images: &DeviceImages) -> LatentModel {
    let mut rng = Streams::new(1).rng("decoder", &[]);
    let (shape, device) = (images.shape(), images.device());
    LatentModel::new(spec, shape, &Parts::standard(), device, &mut rng).unwrap()
}

/// Images of 3 × 4 pixels with some structure.
pub fn image_set(count: usize) -> ImageSet {
    let pixel = |i: usize| ((i / 12 * 37) % 101 + (i % 12) * (i / 12 % 7) * 3) as u8;
    let pixels = (0..count * 12).map(pixel).collect();
    ImageSet::new(ImageShape::grey(3, 4), pixels, vec![0; count]).unwrap()
}

pub fn images(count: usize) -> DeviceImages {
    DeviceImages::new(&image_set(count), Device::Cpu)
}

/// The 256 training images of the sample in assets.
pub fn sample() -> DeviceImages {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/sample");
    let set = MnistFolder::fashion_mnist(folder).load(Split::Train).unwrap();
    DeviceImages::new(&set, Device::Cpu)
}

pub fn adam(rate: f64) -> OptimiserConfig {
    OptimiserConfig {
        optimiser: part(json!({"kind": "adam", "betas": [0.5, 0.9]})),
        rate,
        schedule: ScheduleKind::Cosine,
        warm_up: 0.3,
    }
}

/// Settings with everything in use: short last batch, several latent steps, warm-ups, schedules.
pub fn config(epochs: u32) -> TrainingConfig {
    TrainingConfig {
        engine: EngineKind::Auto,
        precision: Precision::F32,
        epochs,
        batch_size: 4,
        latent_steps: 2,
        importance_samples: 1,
        regulariser_warm_up: 0.5,
        rescale: false,
        start: StartConfig {
            from: StartKind::Random,
            scale: 0.5,
            spread: 0.2,
            variance_share: 1.0,
        },
        decoder: adam(0.02),
        latents: adam(0.1),
    }
}

/// Values of a smooth, aperiodic sequence in [−1, 1].
pub fn wave(shape: &[i64], offset: f64, kind: Kind) -> Tensor {
    let count: i64 = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|i| (1.7 * i as f64 + offset).sin()).collect();
    Tensor::from_slice(&values).reshape(shape).to_kind(kind)
}

pub fn numbers(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Double);
    Vec::try_from(flat.reshape([-1])).unwrap()
}

/// The decoder's mirror gives the posteriors.
pub fn variational_autoencoder() -> ModelSpec {
    ModelSpec {
        kind: ModelKind::VariationalAutoencoder,
        encoder: Some(EncoderSpec::default()),
        ..variational()
    }
}

/// The decoder's mirror gives the latents.
pub fn autoencoder() -> ModelSpec {
    ModelSpec {
        kind: ModelKind::Autoencoder,
        encoder: Some(EncoderSpec::default()),
        ..auto_decoder()
    }
}
