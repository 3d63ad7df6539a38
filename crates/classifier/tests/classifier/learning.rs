//! That it learns, and the same each time.

use autodecoder_classifier::{ClassifierConfig, Error, LabelledImages, train_classifier};
use autodecoder_data::Split;
use autodecoder_training::{Observer, Silent, Streams};
use tch::{Device, Kind, Tensor};

use crate::make::{images, labelled, small, train};

#[test]
fn it_learns_the_sample_by_heart_and_something_about_other_images() {
    let config = ClassifierConfig { shift: 0, flip: false, ..small(40) };
    let trained = train(&config, 1);
    let (first, last) = (trained.losses[0], trained.losses[39]);
    assert!(first > 1.0 && last < 0.1, "losses from {first} to {last}");
    assert!(trained.classifier.accuracy(&labelled(Split::Train)) > 0.99);
    // Ten classes, 64 images: chance is 0.1, and five standard deviations above it 0.29.
    let unseen = trained.classifier.accuracy(&labelled(Split::Test));
    assert!(unseen > 0.5, "test accuracy {unseen}");
}

#[test]
fn accuracy_is_the_share_of_right_verdicts() {
    let test = labelled(Split::Test);
    let trained = train(&small(2), 1);
    let pixels = test.images().range(0, 64).pixels;
    let logits = trained.classifier.logits(&pixels);
    let verdicts = Vec::<i64>::try_from(logits.argmax(1, false)).unwrap();
    let labels = images(Split::Test);
    let right = verdicts.iter().zip(labels.labels()).filter(|(a, b)| **a == i64::from(**b)).count();
    assert_eq!(trained.classifier.accuracy(&test), right as f64 / 64.0);
}

#[test]
fn features_are_what_the_last_layer_sees() {
    let trained = train(&small(1), 1);
    let classifier = &trained.classifier;
    let features = classifier.image_features(labelled(Split::Train).images());
    assert_eq!(features.size(), [256, 24]);
    assert_eq!(features.kind(), Kind::Float);
    assert!(features.min().double_value(&[]) >= 0.0, "they come from a rectifier");
    let named = classifier.network().named_parameters();
    let [(_, weight), (_, bias)] = &named[named.len() - 2..] else {
        panic!("a last layer has two parameters");
    };
    let pixels = labelled(Split::Train).images().range(0, 256).pixels;
    let logits = features.matmul(&weight.tr()) + bias;
    assert!(logits.allclose(&classifier.logits(&pixels), 1e-5, 1e-5, false));
}

fn numbers(config: &ClassifierConfig, seed: u64) -> Vec<f32> {
    let parameters = train(config, seed).classifier.network().named_parameters();
    let flat: Vec<Tensor> = parameters.iter().map(|(_, tensor)| tensor.flatten(0, -1)).collect();
    Vec::try_from(Tensor::cat(&flat, 0)).unwrap()
}

#[test]
fn the_seed_decides() {
    assert_eq!(numbers(&small(2), 1), numbers(&small(2), 1));
    assert_ne!(numbers(&small(2), 1), numbers(&small(2), 2));
    let unmoved = ClassifierConfig { shift: 0, flip: false, ..small(2) };
    assert_ne!(numbers(&small(2), 1), numbers(&unmoved, 1));
}

/// Asks for a stop after so many steps.
struct StopAfter(u64);

impl Observer for StopAfter {
    fn step(&mut self, done: u64, total: u64) {
        assert_eq!(total, 2 * 8);
        self.0 = self.0.saturating_sub(1);
        assert!(done <= 3);
    }

    fn should_stop(&self) -> bool {
        self.0 == 0
    }
}

#[test]
fn a_stop_is_heeded_after_any_step() {
    let images = labelled(Split::Train);
    let streams = Streams::new(1);
    let stopped = train_classifier(&images, 10, &small(2), &streams, &mut StopAfter(3));
    assert!(matches!(stopped, Err(Error::Stopped)));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let train = |images: &LabelledImages, classes, config: &ClassifierConfig| {
        let streams = Streams::new(1);
        train_classifier(images, classes, config, &streams, &mut Silent).unwrap_err().to_string()
    };
    let images_of = |positions: &[usize]| {
        LabelledImages::new(&images(Split::Train).select(positions), Device::Cpu)
    };
    assert!(train(&images_of(&[]), 10, &small(1)).contains("no images"));
    assert!(train(&labelled(Split::Train), 9, &small(1)).contains("expected labels below 9"));
    let wild = ClassifierConfig { rate: 101.0, ..small(3) };
    assert!(train(&labelled(Split::Train), 10, &wild).contains("rate = 101"));
}
