//! How a classifier is built and trained.

use autodecoder_models::{ImageShape, Layer};
use autodecoder_training::check_range;
use serde::{Deserialize, Serialize};

use crate::{Augmentation, Error};

/// The settings that come with the program.
const STANDARD: &str = include_str!("../../../assets/classifiers/standard.toml");
/// Kernel, stride and padding of the convolutions: each halves height and width.
const KERNEL: i64 = 4;
const STRIDE: i64 = 2;
const PADDING: i64 = 1;

/// A classifier's architecture and training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifierConfig {
    /// Passes over all images.
    pub epochs: u32,
    /// Images in a step; the last step of an epoch takes what is left.
    pub batch_size: u32,
    /// Highest learning rate of Adam, on a one-cycle schedule.
    pub rate: f64,
    /// Share of the run over which the rate rises.
    pub warm_up: f64,
    /// Feature maps of the two convolutions.
    pub channels: [i64; 2],
    /// Width of the last hidden layer.
    pub features: i64,
    /// Training images move by up to so many pixels in each direction.
    pub shift: u32,
    /// Every other training image, on average, is mirrored.
    pub flip: bool,
}

impl ClassifierConfig {
    /// The settings in assets/classifiers/standard.toml.
    ///
    /// # Errors
    /// None but for a mistake in that file.
    pub fn standard() -> Result<ClassifierConfig, Error> {
        ClassifierConfig::parse(STANDARD)
    }

    /// Reads settings in TOML. Every key must be there.
    ///
    /// # Errors
    /// For a missing or unknown key, and the first value out of its range.
    pub fn parse(text: &str) -> Result<ClassifierConfig, Error> {
        let config: ClassifierConfig = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first one out of its range.
    pub fn check(&self) -> Result<(), Error> {
        check_range("epochs", self.epochs, 1..=10_000)?;
        check_range("batch_size", self.batch_size, 1..=65_536)?;
        check_range("rate", self.rate, 0.0..=100.0)?;
        check_range("warm_up", self.warm_up, 0.0..=1.0)?;
        for channels in self.channels {
            check_range("channels", channels, 1..=4096)?;
        }
        check_range("features", self.features, 1..=4096)?;
        Ok(check_range("shift", self.shift, 0..=64)?)
    }

    /// How training images are varied.
    pub fn augmentation(&self) -> Augmentation {
        Augmentation { shift: i64::from(self.shift), flip: self.flip }
    }

    /// The layers for images of shape `image` and so many `classes`. All but the last give the
    /// features.
    pub fn layers(&self, image: ImageShape, classes: i64) -> Vec<Layer> {
        let [first, second] = self.channels;
        let convolution = |inputs, outputs| Layer::Conv2d {
            inputs,
            outputs,
            kernel: KERNEL,
            stride: STRIDE,
            padding: PADDING,
        };
        let flat = second * (image.height / 4) * (image.width / 4);
        vec![
            convolution(image.channels, first),
            Layer::Relu,
            convolution(first, second),
            Layer::Relu,
            Layer::Reshape(vec![flat]),
            Layer::Linear { inputs: flat, outputs: self.features },
            Layer::Relu,
            Layer::Linear { inputs: self.features, outputs: classes },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_settings_are_whole_and_give_128_features() {
        assert_eq!(ClassifierConfig::standard().unwrap().features, 128);
    }

    #[test]
    fn mistakes_are_named() {
        let parse = |from: &str, to: &str| {
            let error = ClassifierConfig::parse(&STANDARD.replace(from, to)).unwrap_err();
            error.to_string()
        };
        let cases = [
            ("epochs = 15", "", "epochs"),
            ("epochs = 15", "epochs = 0", "epochs = 0: expected a value from 1"),
            ("flip", "flop", "flop"),
            ("shift = 1", "shift = 65", "shift = 65"),
            ("[32, 64]", "[0, 64]", "channels = 0"),
        ];
        for (from, to, said) in cases {
            assert!(parse(from, to).contains(said), "{}", parse(from, to));
        }
    }
}
