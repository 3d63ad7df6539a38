//! Incomplete images: what is missing is never read, and what is observed counts as it should.

use approx::assert_relative_eq;
use autodecoder_data::{ImageSet, ImageShape, Mask, Values};
use autodecoder_models::{ModelSpec, PartSpec};
use autodecoder_training::{
    DeviceImages, EngineKind, Pca, Silent, StartConfig, StartKind, Streams, Trainer,
    TrainingConfig, image_digest, optimisers,
};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::make::{
    auto_decoder, config, image_set, model, numbers, part, variational, variational_autoencoder,
};

const SHAPE: ImageShape = ImageShape::grey(3, 4);

fn mask(count: usize) -> Mask {
    Mask::at_random(count, SHAPE, 0.4, &mut Streams::new(7).rng("mask", &[])).unwrap()
}

fn bytes(set: &ImageSet) -> Vec<f32> {
    set.pixels().iter().map(|&byte| f32::from(byte) / 255.0).collect()
}

/// Floats in which `hidden` stands for what is missing.
fn floats(count: usize, hidden: f32) -> ImageSet {
    let set = image_set(count);
    let mask = mask(count);
    let values = bytes(&set).into_iter().zip(mask.flags());
    let values = values.map(|(value, &observed)| if observed { value } else { hidden }).collect();
    let floats = ImageSet::floats(SHAPE, values, set.labels().to_vec()).unwrap();
    floats.with_observed(mask).unwrap()
}

/// Everything that a run leaves.
fn run(set: &ImageSet, spec: ModelSpec, config: &TrainingConfig, engine: EngineKind) -> Vec<f64> {
    let images = DeviceImages::new(set, Device::Cpu);
    let model = model(spec, &images);
    let config = TrainingConfig { engine, ..config.clone() };
    let mut trainer =
        Trainer::new(&model, &images, &config, &optimisers(), Streams::new(1)).unwrap();
    assert_eq!(trainer.uses_kernels(), engine == EngineKind::Auto);
    trainer.run(None, || false, &mut Silent).unwrap();
    let mut left: Vec<f64> =
        trainer.history().iter().flat_map(|r| [r.objective, r.reconstruction]).collect();
    left.extend(numbers(trainer.table().rows()));
    left.extend(model.named_parameters().iter().flat_map(|(_, tensor)| numbers(tensor)));
    left
}

fn pca_start() -> TrainingConfig {
    let start = StartConfig {
        from: StartKind::ProbabilisticPca,
        scale: 1.0,
        spread: 0.1,
        variance_share: 1.0,
    };
    TrainingConfig { start, batch_size: 20, ..config(3) }
}

fn parts() -> [(&'static str, PartSpec); 2] {
    [
        ("bernoulli", part(json!({"kind": "bernoulli"}))),
        ("gaussian", part(json!({"kind": "gaussian", "variance": 0.1}))),
    ]
}

/// An encoder that sees missing pixels as black, and one that sees the mask.
fn encoders() -> [(&'static str, ModelSpec); 2] {
    ["zero-filled", "mask-channel"].map(|input| {
        let encoder = json!({"kind": "mlp", "hidden": [6], "input": input});
        let encoder = Some(serde_json::from_value(encoder).unwrap());
        (input, ModelSpec { encoder, ..variational_autoencoder() })
    })
}

#[test]
fn what_stands_under_the_mask_changes_no_bit() {
    let [nan, some] = [f32::NAN, 0.7].map(|hidden| floats(37, hidden));
    assert_eq!(image_digest(&nan), image_digest(&some));
    for engine in [EngineKind::Auto, EngineKind::Libtorch] {
        let mut specs = parts()
            .map(|(name, likelihood)| (name, ModelSpec { likelihood, ..variational() }))
            .to_vec();
        specs.extend(encoders());
        for (name, spec) in specs {
            let runs = [&nan, &some].map(|set| run(set, spec.clone(), &pca_start(), engine));
            assert!(runs[0].iter().all(|value| value.is_finite()), "{name}");
            assert_eq!(runs[0], runs[1], "{name}");
        }
    }
}

#[test]
fn both_engines_move_alike_and_floats_like_bytes() {
    let incomplete = image_set(37).with_observed(mask(37)).unwrap();
    let one = [variational(), auto_decoder(), variational_autoencoder()].map(|base| (base, 1));
    let several = [variational(), variational_autoencoder()].map(|base| (base, 3));
    for (_, likelihood) in parts() {
        for (base, importance_samples) in one.iter().chain(&several).cloned() {
            let spec = ModelSpec { likelihood: likelihood.clone(), ..base };
            let config = TrainingConfig { importance_samples, ..pca_start() };
            let left = [
                run(&incomplete, spec.clone(), &config, EngineKind::Auto),
                run(&incomplete, spec.clone(), &config, EngineKind::Libtorch),
                run(&floats(37, 0.0), spec.clone(), &config, EngineKind::Auto),
                run(&floats(37, 0.0), spec, &config, EngineKind::Libtorch),
            ];
            for other in &left[1..] {
                for (one, other) in left[0].iter().zip(other) {
                    assert_relative_eq!(*one, *other, max_relative = 1e-3, epsilon = 3e-4);
                }
            }
        }
    }
}

/// The first step's loss at the posterior's median, by hand, in f64.
#[test]
fn the_loss_is_that_of_the_observed_pixels() {
    let (set, mask) = (floats(8, f32::NAN), mask(8));
    let images = DeviceImages::new(&set, Device::Cpu);
    let config = TrainingConfig { batch_size: 8, latent_steps: 1, ..config(1) };
    for engine in [EngineKind::Auto, EngineKind::Libtorch] {
        let model = model(variational(), &images);
        let config = TrainingConfig { engine, ..config.clone() };
        let trainer = Trainer::new(&model, &images, &config, &optimisers(), Streams::new(1));
        let mut trainer = trainer.unwrap().without_noise();
        let z = model.posterior().mean(trainer.table().rows());
        let logits = numbers(&model.decoder().forward(&z));
        let pixels = bytes(&image_set(8));
        let all = logits.iter().zip(&pixels).zip(mask.flags());
        let nats = all.filter(|(_, observed)| **observed).map(|((&logit, &pixel), _)| {
            logit.max(0.0) + (-logit.abs()).exp().ln_1p() - f64::from(pixel) * logit
        });
        let expected = nats.sum::<f64>() / 8.0;
        trainer.run(None, || false, &mut Silent).unwrap();
        assert_relative_eq!(trainer.history()[0].reconstruction, expected, max_relative = 1e-5);
    }
}

/// A row whose image shows nothing falls back to the prior.
#[test]
fn nothing_observed_leaves_the_prior() {
    let mut flags = vec![true; 37 * 12];
    flags[..12].fill(false);
    let set = image_set(37).with_observed(Mask::new(SHAPE, flags).unwrap()).unwrap();
    let images = DeviceImages::new(&set, Device::Cpu);
    for engine in [EngineKind::Auto, EngineKind::Libtorch] {
        let model = model(variational(), &images);
        let config = TrainingConfig { engine, regulariser_warm_up: 0.0, ..config(200) };
        let trainer = Trainer::new(&model, &images, &config, &optimisers(), Streams::new(1));
        let mut trainer = trainer.unwrap();
        trainer.run(None, || false, &mut Silent).unwrap();
        let row = numbers(&trainer.table().rows().get(0));
        assert!(row.iter().all(|value| value.abs() < 0.05), "{row:?}");
    }
}

#[test]
fn digests_tell_kinds_and_masks_apart() {
    let complete = image_set(4);
    let masked = complete.clone().with_observed(mask(4)).unwrap();
    let Values::Bytes(zeroed) = masked.values().clone() else { panic!("bytes") };
    let zeroed = ImageSet::new(SHAPE, zeroed, vec![0; 4]).unwrap();
    let floats = ImageSet::floats(SHAPE, bytes(&complete), vec![0; 4]).unwrap();
    let digests = [&complete, &masked, &zeroed, &floats].map(image_digest);
    for (place, digest) in digests.iter().enumerate() {
        assert!(!digests[..place].contains(digest));
    }
}

/// Against the covariance of images that are filled by hand.
#[test]
fn principal_components_are_those_of_the_filled_images() {
    let (set, mask) = (image_set(30), mask(30));
    let pixels = bytes(&set);
    let seen = |image: usize, pixel: usize| mask.image(image)[pixel];
    let mean = |pixel: usize| {
        let observed = (0..30).filter(|&image| seen(image, pixel));
        let values: Vec<f32> = observed.map(|image| pixels[image * 12 + pixel]).collect();
        values.iter().sum::<f32>() / values.len() as f32
    };
    let filled: Vec<f32> = (0..360)
        .map(|place| {
            let (image, pixel) = (place / 12, place % 12);
            if seen(image, pixel) { pixels[place] } else { mean(pixel) }
        })
        .collect();
    let filled = ImageSet::floats(SHAPE, filled, vec![0; 30]).unwrap();
    let filled = DeviceImages::new(&filled, Device::Cpu);
    let images = DeviceImages::new(&set.with_observed(mask.clone()).unwrap(), Device::Cpu);
    let scores = |images: &DeviceImages| numbers(&Pca::fit(images, 4).scores(images));
    for (found, expected) in scores(&images).into_iter().zip(scores(&filled)) {
        assert_relative_eq!(found, expected, epsilon = 1e-4);
    }
    // A pixel that nobody observed has no variance, and is no NaN.
    let mut flags = vec![true; 360];
    (0..30).for_each(|image| flags[image * 12 + 5] = false);
    let never = image_set(30).with_observed(Mask::new(SHAPE, flags).unwrap()).unwrap();
    assert!(scores(&DeviceImages::new(&never, Device::Cpu)).iter().all(|x| x.is_finite()));
}

#[test]
fn batches_hold_the_flags() {
    let images = DeviceImages::new(&floats(5, f32::NAN), Device::Cpu);
    assert!(!images.is_complete());
    let batch = images.batch(&Tensor::from_slice(&[3i64, 0]));
    assert_eq!(batch.pixels.size(), [2, 1, 3, 4]);
    let flags = numbers(&batch.observed.unwrap().to_kind(Kind::Float));
    let expected = [mask(5).image(3), mask(5).image(0)].concat();
    assert_eq!(flags, expected.iter().map(|&flag| f64::from(flag)).collect::<Vec<_>>());
}
