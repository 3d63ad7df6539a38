//! Small models, images and settings.

use autodecoder_data::{ImageSet, ImageShape};
use autodecoder_evaluation::{EvaluationConfig, ImportanceConfig, InferenceConfig, PriorKind};
use autodecoder_models::{LatentModel, ModelKind, ModelSpec, PartSpec, Parts};
use autodecoder_training::{
    DeviceImages, EngineKind, OptimiserConfig, Precision, ScheduleKind, Streams,
};
use tch::{Device, Kind, Tensor};

pub fn part(kind: &str) -> PartSpec {
    PartSpec { kind: kind.to_owned(), options: Default::default() }
}

pub fn mlp(hidden: &[i64]) -> PartSpec {
    let options = [("hidden".to_owned(), hidden.into())];
    PartSpec { options: options.into_iter().collect(), ..part("mlp") }
}

pub fn auto_decoder() -> ModelSpec {
    ModelSpec {
        name: "tiny".to_owned(),
        kind: ModelKind::AutoDecoder,
        latent_dim: 3,
        posterior: "point".to_owned(),
        encoder: None,
        decoder: mlp(&[5]),
        likelihood: part("bernoulli"),
        beta: 1.0,
        l2: 0.01,
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

/// A model for `images`, with a fresh decoder. Its weights are large enough to tell latents apart.
pub fn model(spec: ModelSpec, images: &DeviceImages) -> LatentModel {
    let mut rng = Streams::new(1).rng("decoder", &[]);
    let (shape, device) = (images.shape(), images.device());
    let model = LatentModel::new(spec, shape, &Parts::standard(), device, &mut rng).unwrap();
    for (_, mut parameter) in model.named_parameters() {
        let _ = parameter.g_mul_scalar_(3.0);
    }
    model
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

/// Batches of 4, so that 10 images leave a short one.
pub fn inference(steps: u32) -> InferenceConfig {
    InferenceConfig {
        engine: EngineKind::Auto,
        precision: Precision::F32,
        steps,
        batch_size: 4,
        importance_samples: 1,
        spread: 0.2,
        candidates: 1,
        prior: PriorKind::Model,
        latents: OptimiserConfig {
            optimiser: part("adam"),
            rate: 0.1,
            schedule: ScheduleKind::Cosine,
            warm_up: 0.0,
        },
    }
}

pub fn evaluation(draws: u32) -> EvaluationConfig {
    EvaluationConfig {
        draws,
        batch_size: 4,
        active_threshold: 0.01,
        neighbours: 3,
        importance: ImportanceConfig::default(),
    }
}

/// Values of a smooth, aperiodic sequence in [−1, 1], `f32`.
pub fn wave(shape: &[i64], offset: f64) -> Tensor {
    let count: i64 = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|i| (1.7 * i as f64 + offset).sin()).collect();
    Tensor::from_slice(&values).reshape(shape).to_kind(Kind::Float)
}

pub fn numbers(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Double);
    Vec::try_from(flat.reshape([-1])).unwrap()
}

/// All that a model has learned, as numbers.
pub fn learned(model: &LatentModel) -> Vec<f64> {
    model.named_parameters().iter().flat_map(|(_, tensor)| numbers(tensor)).collect()
}
