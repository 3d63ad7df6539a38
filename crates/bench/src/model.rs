//! Our model and settings for a case.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use autodecoder_data::{ImageSet, ImageShape as DataShape};
use autodecoder_evaluation::{InferenceConfig, PriorKind};
use autodecoder_models::{
    Decoder, ImageShape, LatentModel, Layer, ModelKind, ModelSpec, PartSpec, Parts, tensor_file,
};
use autodecoder_training::{
    DeviceImages, EngineKind, OptimiserConfig, ScheduleKind, StartConfig, StartKind, Streams,
    TrainingConfig,
};
use rand::RngCore;
use serde_json::json;
use tch::Device;

use crate::case::{Case, PIXELS, SPREAD, Work};

/// Images that are measured on have Fashion-MNIST's shape.
pub const SHAPE: ImageShape = ImageShape { channels: 1, height: 28, width: 28 };
/// Everything random derives from this seed.
const SEED: u64 = 1;
/// Long enough that no run comes to its end.
const EPOCHS: u32 = 1_000_000;

/// The random streams of all cases.
pub fn streams() -> Streams {
    Streams::new(SEED)
}

/// What a model of a case is built from.
pub fn spec(decoder: &str, latent_dim: i64, variational: bool) -> ModelSpec {
    let part = |kind: &str| PartSpec { kind: kind.to_owned(), options: Default::default() };
    let (kind, posterior) = match variational {
        true => (ModelKind::VariationalAutoDecoder, "gaussian"),
        false => (ModelKind::AutoDecoder, "point"),
    };
    ModelSpec {
        name: "bench".to_owned(),
        kind,
        latent_dim,
        posterior: posterior.to_owned(),
        encoder: None,
        decoder: part(decoder),
        likelihood: part("bernoulli"),
        beta: 1.0,
        l2: 0.0,
    }
}

/// The model of a case, with the weights that lie on disk.
///
/// # Errors
/// Where the weights are missing or do not fit the layers.
pub fn load(case: &Case) -> Result<LatentModel> {
    let layers: Vec<Layer> =
        case.layers.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let mut file = tensor_file::read(&case.weights)?;
    let device = case.device();
    let decoder = Decoder::from_parameters(layers, case.latent_dim, SHAPE, |name, shape| {
        file.take(name, shape, device)
    })?;
    file.finish()?;
    let spec = spec("mlp", case.latent_dim, case.variational);
    Ok(LatentModel::with_decoder(spec, decoder, &Parts::standard(), device)?)
}

/// The images of a case.
///
/// # Errors
/// Where they cannot be read, or there are too few.
pub fn images(case: &Case) -> Result<DeviceImages> {
    first_images(case, case.count)
}

/// The first `count` images of a case.
///
/// # Errors
/// Where they cannot be read, or there are too few.
pub fn first_images(case: &Case, count: usize) -> Result<DeviceImages> {
    ensure!(count <= case.count, "{count} images are asked for, the case has {}", case.count);
    let pixels = match &case.images {
        Some(path) => read(path, count)?,
        None => random_images(count),
    };
    device_images(pixels, case.device())
}

/// Images from their bytes.
///
/// # Errors
/// Where the bytes are not those of whole images.
pub fn device_images(pixels: Vec<u8>, device: Device) -> Result<DeviceImages> {
    let count = pixels.len() / PIXELS;
    let set = ImageSet::new(DataShape::MNIST, pixels, vec![0; count])?;
    Ok(DeviceImages::new(&set, device))
}

fn read(path: &Path, count: usize) -> Result<Vec<u8>> {
    let unreadable = || format!("cannot read {count} images of {}", path.display());
    let mut pixels = vec![0; count * PIXELS];
    let mut file = File::open(path).with_context(unreadable)?;
    file.read_exact(&mut pixels).with_context(unreadable)?;
    Ok(pixels)
}

fn random_images(count: usize) -> Vec<u8> {
    let mut pixels = vec![0; count * PIXELS];
    streams().rng("bench images", &[]).fill_bytes(&mut pixels);
    pixels
}

/// Where rows of a training case begin.
pub const START: StartConfig =
    StartConfig { from: StartKind::Random, scale: 1.0, spread: SPREAD, variance_share: 1.0 };

/// The training of a case: one latent step a batch, constant rates.
pub fn training(case: &Case) -> Result<TrainingConfig> {
    Ok(TrainingConfig {
        engine: EngineKind::Auto,
        precision: case.precision,
        epochs: EPOCHS,
        batch_size: u32::try_from(case.batch)?,
        latent_steps: 1,
        importance_samples: 1,
        regulariser_warm_up: 0.0,
        rescale: false,
        start: START,
        decoder: adam(case, case.decoder_betas, case.decoder_rate, ScheduleKind::Constant),
        latents: adam(case, case.row_betas, case.row_rate, ScheduleKind::Constant),
    })
}

/// The inference of a case, in `steps` steps an image.
pub fn inference(case: &Case, steps: u32) -> Result<InferenceConfig> {
    Ok(InferenceConfig {
        engine: EngineKind::Auto,
        precision: case.precision,
        steps,
        batch_size: u32::try_from(case.batch)?,
        importance_samples: 1,
        spread: SPREAD,
        candidates: 1,
        prior: PriorKind::Model,
        latents: adam(case, case.row_betas, case.row_rate, ScheduleKind::Cosine),
    })
}

fn adam(case: &Case, betas: [f64; 2], rate: f64, schedule: ScheduleKind) -> OptimiserConfig {
    let options = [("betas", json!(betas)), ("epsilon", json!(case.epsilon))];
    let options = options.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let optimiser = PartSpec { kind: "adam".to_owned(), options };
    OptimiserConfig { optimiser, rate, schedule, warm_up: 0.0 }
}

/// The rows that a case begins with.
///
/// # Errors
/// Where they cannot be made.
pub fn rows(case: &Case, model: &LatentModel, images: &DeviceImages) -> Result<tch::Tensor> {
    let from = match case.work {
        Work::Train => START.from,
        // Inference begins at the prior's mean.
        Work::Infer => StartKind::Zero,
    };
    Ok(StartConfig { from, ..START }.rows(model, images, &streams(), "row start")?)
}
