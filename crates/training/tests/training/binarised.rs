//! Training on images that are binarised anew for every epoch: with a table and with an encoder, by
//! both engines.

use autodecoder_data::ImageSet;
use autodecoder_models::{LatentModel, ModelSpec};
use autodecoder_training::{
    DeviceImages, EngineKind, Error, PixelKind, Silent, Trainer, TrainingConfig,
};
use serde_json::json;
use tch::Device;

use crate::make::{config, image_set, images, model, part, variational, variational_autoencoder};
use crate::runs::{Outcome, outcome, trainer};

/// 10 images in batches of 4, three times.
const STEPS: usize = 9;

/// Every model with every engine, with one sample of a row and with several, and a table whose likelihood is not
/// affine in the pixels.
fn for_all(test: impl Fn(&ModelSpec, &TrainingConfig)) {
    let likelihood = part(json!({"kind": "gaussian", "variance": 0.1}));
    let gaussian = ModelSpec { likelihood, ..variational() };
    for spec in [variational(), gaussian, variational_autoencoder()] {
        for engine in [EngineKind::Auto, EngineKind::Libtorch] {
            for importance_samples in [1, 3] {
                test(&spec, &TrainingConfig { engine, importance_samples, ..config(3) });
            }
        }
    }
}

fn binarised<'a>(
    model: &'a LatentModel,
    images: &'a DeviceImages,
    config: &'a TrainingConfig,
) -> Trainer<'a> {
    trainer(model, images, config, 1).with_pixels(PixelKind::Binarised).unwrap()
}

/// What a run of all steps leaves.
fn in_one_piece(
    spec: &ModelSpec,
    images: &DeviceImages,
    config: &TrainingConfig,
    pixels: PixelKind,
) -> Outcome {
    let model = model(spec.clone(), images);
    let mut trainer = trainer(&model, images, config, 1).with_pixels(pixels).unwrap();
    assert_eq!(trainer.uses_kernels(), config.engine == EngineKind::Auto);
    trainer.run(None, || false, &mut Silent).unwrap();
    outcome(&model, &trainer)
}

#[test]
fn a_run_that_stops_after_every_step_equals_one_in_one_piece_bit_by_bit() {
    let images = images(10);
    for_all(|spec, config| {
        let expected = in_one_piece(spec, &images, config, PixelKind::Binarised);
        let folder = tempfile::tempdir().unwrap();
        let step = |_| {
            let model = model(spec.clone(), &images);
            let mut trainer = binarised(&model, &images, config);
            trainer.resume_newest(folder.path()).unwrap();
            trainer.advance(1, &mut Silent).unwrap();
            trainer.write_checkpoint(folder.path()).unwrap();
            outcome(&model, &trainer)
        };
        let left: Vec<Outcome> = (0..STEPS).map(step).collect();
        assert_eq!(left.last(), Some(&expected));
    });
}

/// Rows are fitted to the mean over draws, which is the grey image where the likelihood is affine.
#[test]
fn the_engines_see_the_same_draws_and_not_the_grey_values() {
    let images = images(10);
    let objectives = |spec: &ModelSpec, config: &TrainingConfig, pixels| {
        let model = model(spec.clone(), &images);
        let mut trainer = trainer(&model, &images, config, 1).with_pixels(pixels).unwrap();
        trainer.run(None, || false, &mut Silent).unwrap();
        trainer.history().iter().map(|record| record.objective).collect::<Vec<_>>()
    };
    for_all(|spec, config| {
        let libtorch = TrainingConfig { engine: EngineKind::Libtorch, ..config.clone() };
        let found = objectives(spec, config, PixelKind::Binarised);
        let expected = objectives(spec, &libtorch, PixelKind::Binarised);
        for (found, expected) in found.iter().zip(expected) {
            approx::assert_relative_eq!(*found, expected, max_relative = 1e-3);
        }
        let grey = objectives(spec, config, PixelKind::Grey);
        let affine = spec.likelihood.kind == "bernoulli" && config.importance_samples == 1;
        if affine && !spec.kind.has_encoder() {
            assert_eq!(found, grey);
        } else {
            let differs = |(found, grey): (&f64, &f64)| (found - grey).abs() > 0.005 * grey.abs();
            assert!(found.iter().zip(&grey).any(differs), "{found:?} {grey:?}");
        }
    });
}

/// Of black and white images every draw is the images themselves.
#[test]
fn black_and_white_images_train_as_if_they_were_grey() {
    let grey = image_set(10);
    let pixels = grey.pixels().iter().map(|&pixel| if pixel > 40 { 255 } else { 0 }).collect();
    let set = ImageSet::new(grey.shape(), pixels, vec![0; 10]).unwrap();
    let images = DeviceImages::new(&set, Device::Cpu);
    for_all(|spec, config| {
        let [grey, binarised] = [PixelKind::Grey, PixelKind::Binarised]
            .map(|pixels| in_one_piece(spec, &images, config, pixels));
        assert_eq!(grey, binarised);
    });
}

#[test]
fn a_checkpoint_of_one_protocol_is_none_of_the_other() {
    let (images, config) = (images(10), config(3));
    let model = model(variational(), &images);
    let folder = tempfile::tempdir().unwrap();
    let mut first = binarised(&model, &images, &config);
    first.advance(2, &mut Silent).unwrap();
    first.write_checkpoint(folder.path()).unwrap();
    let refused = trainer(&model, &images, &config, 1).resume_newest(folder.path());
    assert!(matches!(refused, Err(Error::OtherSettings { .. })), "{refused:?}");
    binarised(&model, &images, &config).resume_newest(folder.path()).unwrap();
}
