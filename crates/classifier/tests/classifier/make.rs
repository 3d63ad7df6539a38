//! The sample's images and a small network for them.

use std::path::Path;

use autodecoder_classifier::{
    ClassifierConfig, Description, LabelledImages, Trained, train_classifier,
};
use autodecoder_data::{Dataset, ImageSet, MnistFolder, Split};
use autodecoder_training::{Silent, Streams};
use tch::Device;

pub fn fashion() -> MnistFolder {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/sample");
    MnistFolder::fashion_mnist(Path::new(folder))
}

pub fn images(split: Split) -> ImageSet {
    fashion().load(split).unwrap()
}

pub fn labelled(split: Split) -> LabelledImages {
    LabelledImages::new(&images(split), Device::Cpu)
}

/// A few thousand parameters, trained for seconds.
pub fn small(epochs: u32) -> ClassifierConfig {
    ClassifierConfig {
        epochs,
        batch_size: 32,
        rate: 0.01,
        channels: [8, 16],
        features: 24,
        ..ClassifierConfig::standard().unwrap()
    }
}

pub fn train(config: &ClassifierConfig, seed: u64) -> Trained {
    let streams = Streams::new(seed);
    train_classifier(&labelled(Split::Train), 10, config, &streams, &mut Silent).unwrap()
}

pub fn description(config: &ClassifierConfig) -> Description {
    let train = labelled(Split::Train);
    Description {
        set: fashion().name().to_owned(),
        classes: fashion().classes().to_vec(),
        config: config.clone(),
        seed: 1,
        train: train.images().len() as usize,
        train_images: train.images().digest().to_owned(),
        test: 64,
        test_accuracy: 0.5,
    }
}
