//! Incomplete images: rows are fitted to what was observed, and nothing else is read or scored.

use approx::assert_relative_eq;
use autodecoder_data::{ImageSet, ImageShape, Mask};
use autodecoder_evaluation::{InferenceConfig, evaluate, infer, missing_errors};
use autodecoder_training::{DeviceImages, EngineKind, Silent, Streams, optimisers};
use tch::{Device, Tensor};

use crate::make::{evaluation, image_set, inference, model, numbers, variational};

const SHAPE: ImageShape = ImageShape::grey(3, 4);

fn mask() -> Mask {
    Mask::at_random(9, SHAPE, 0.5, &mut Streams::new(3).rng("mask", &[])).unwrap()
}

/// Images in which `hidden` stands for what is missing.
fn images(hidden: f32) -> DeviceImages {
    let set = image_set(9);
    let values = set.pixels().iter().zip(mask().flags().to_vec());
    let values = values
        .map(|(&byte, observed)| if observed { f32::from(byte) / 255.0 } else { hidden })
        .collect();
    let set = ImageSet::floats(SHAPE, values, set.labels().to_vec()).unwrap();
    DeviceImages::new(&set.with_observed(mask()).unwrap(), Device::Cpu)
}

fn rows(images: &DeviceImages, engine: EngineKind) -> Tensor {
    let config = InferenceConfig { engine, candidates: 20, ..inference(30) };
    let model = model(variational(), images);
    infer(&model, images, &config, &optimisers(), &Streams::new(1), &mut Silent).unwrap()
}

#[test]
fn what_stands_under_the_mask_changes_no_bit() {
    let both = [f32::NAN, 0.9].map(images);
    for engine in [EngineKind::Auto, EngineKind::Libtorch] {
        let [nan, some] = [&both[0], &both[1]].map(|images| numbers(&rows(images, engine)));
        assert!(nan.iter().all(|value| value.is_finite()));
        assert_eq!(nan, some);
    }
    let [kernels, libtorch] =
        [EngineKind::Auto, EngineKind::Libtorch].map(|engine| numbers(&rows(&both[0], engine)));
    for (one, other) in kernels.iter().zip(libtorch) {
        assert_relative_eq!(*one, other, max_relative = 1e-3, epsilon = 1e-4);
    }
}

/// Against a plain loop over the complete images.
#[test]
fn missing_pixels_are_compared_with_the_truth() {
    let images = images(f32::NAN);
    let model = model(variational(), &images);
    let rows = rows(&images, EngineKind::Auto);
    let truth = image_set(9);
    let device = DeviceImages::new(&truth, Device::Cpu);
    let found = missing_errors(&model, &rows, &images, &device);
    let decoded = numbers(&model.decode(&model.posterior().mean(&rows)));
    let squares: Vec<f64> = decoded
        .iter()
        .zip(truth.pixels())
        .map(|(x, &byte)| (x - f64::from(byte) / 255.0).powi(2))
        .collect();
    let mask = mask();
    let mean = |keep: &dyn Fn(bool) -> bool| {
        let kept = squares.iter().zip(mask.flags()).filter(|(_, seen)| keep(**seen));
        let kept: Vec<f64> = kept.map(|(square, _)| *square).collect();
        kept.iter().sum::<f64>() / kept.len() as f64
    };
    assert_relative_eq!(found.observed, mean(&|seen| seen), max_relative = 1e-5);
    assert_relative_eq!(found.missing, mean(&|seen| !seen), max_relative = 1e-5);
    assert_relative_eq!(found.all, mean(&|_| true), max_relative = 1e-5);
    let complete = missing_errors(&model, &rows, &device, &device);
    assert_eq!((complete.missing, complete.observed), (0.0, complete.all));
}

#[test]
fn scores_are_of_the_observed_pixels() {
    let images = images(f32::NAN);
    let model = model(variational(), &images);
    let rows = rows(&images, EngineKind::Auto);
    let streams = Streams::new(1);
    let metrics =
        evaluate(&model, &rows, &images, &evaluation(4), &streams, "test", &mut Silent).unwrap();
    let decoded = numbers(&model.decode(&model.posterior().mean(&rows)));
    let set = image_set(9);
    let pixels = set.pixels().iter().map(|&byte| f64::from(byte) / 255.0);
    let flags = mask();
    let squares = decoded.iter().zip(pixels).zip(flags.flags());
    let squares: f64 =
        squares.filter(|(_, seen)| **seen).map(|((x, pixel), _)| (x - pixel).powi(2)).sum();
    assert_relative_eq!(metrics.mse, squares / flags.count() as f64, max_relative = 1e-5);
    assert!(metrics.psnr.is_finite() && metrics.reconstruction_loss > 0.0);
}
