//! Pixels that are black or white by chance: the images that published likelihoods are measured on.

use autodecoder_data::{ImageSet, Values};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::{DeviceImages, Error, Streams};

/// What a model is given of a grey image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelKind {
    /// Its grey values.
    #[default]
    Grey,
    /// Black or white pixels, white with the grey value as their probability. Training draws them anew
    /// for every epoch; whatever is measured is measured on one draw.
    Binarised,
}

impl PixelKind {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            PixelKind::Grey => "grey",
            PixelKind::Binarised => "binarised",
        }
    }
}

/// Draws each pixel white (255) with the probability `grey / 255`, exactly, else black (0). `binary`
/// is as long as `grey`.
pub fn binarise(grey: &[u8], binary: &mut [u8], rng: &mut impl RngCore) {
    rng.fill_bytes(binary);
    for (&grey, pixel) in grey.iter().zip(binary) {
        // Uniform over the 255 values below 255: each of them is a 255th.
        while *pixel == u8::MAX {
            rng.fill_bytes(std::slice::from_mut(pixel));
        }
        *pixel = if *pixel < grey { u8::MAX } else { 0 };
    }
}

/// `set` binarised once. An image's pixels come from the stream `name` at the image's index, whatever
/// other images the set has. What is missing stays so.
///
/// # Errors
/// [`Error::NotGrey`] for a set of floats.
pub fn binarised_set(set: &ImageSet, streams: &Streams, name: &str) -> Result<ImageSet, Error> {
    let Values::Bytes(grey) = set.values() else { return Err(Error::NotGrey) };
    let mut pixels = vec![0; grey.len()];
    let numel = set.shape().pixels();
    let images = grey.chunks_exact(numel).zip(pixels.chunks_exact_mut(numel));
    for ((grey, binary), &index) in images.zip(set.index()) {
        binarise(grey, binary, &mut streams.rng(name, &[u64::from(index)]));
    }
    Ok(set.clone().with_pixels(pixels)?)
}

/// Images that are binarised anew in every epoch.
#[derive(Debug)]
pub(crate) struct Binarised {
    /// The given images' bytes, one after another.
    grey: Vec<u8>,
    /// The epoch that `images` was drawn for, if any was.
    epoch: Option<u32>,
    images: DeviceImages,
}

impl Binarised {
    /// Draws from `images`.
    ///
    /// # Errors
    /// [`Error::NotGrey`] for images of floats; where their bytes cannot be copied from the device.
    pub fn new(images: &DeviceImages) -> Result<Binarised, Error> {
        let values = images.values();
        if values.kind() != Kind::Uint8 {
            return Err(Error::NotGrey);
        }
        let bytes = values.reshape([-1]).to_device(Device::Cpu);
        let grey = Vec::<u8>::try_from(bytes).map_err(autodecoder_models::Error::from)?;
        Ok(Binarised { grey, epoch: None, images: images.with_values(values.shallow_clone()) })
    }

    /// The images of an epoch, counted from 0. What they are depends on nothing but the seed and the
    /// epoch, so a run that was stopped in its middle goes on with the same ones.
    pub fn of_epoch(&mut self, epoch: u32, streams: &Streams) -> &DeviceImages {
        if self.epoch != Some(epoch) {
            self.draw(epoch, streams);
        }
        &self.images
    }

    fn draw(&mut self, epoch: u32, streams: &Streams) {
        let numel = self.images.shape().numel().unsigned_abs() as usize;
        let mut binary = vec![0; self.grey.len()];
        let images = self.grey.chunks_exact(numel).zip(binary.chunks_exact_mut(numel));
        for ((grey, binary), position) in images.zip(0..) {
            let mut rng = streams.rng("binarise epoch", &[u64::from(epoch), position]);
            binarise(grey, binary, &mut rng);
        }
        let bytes = Tensor::from_slice(&binary).reshape([-1, numel as i64]);
        self.images = self.images.with_values(bytes.to_device(self.images.device()));
        self.epoch = Some(epoch);
    }
}

#[cfg(test)]
mod tests {
    use autodecoder_data::{ImageShape, Mask};

    use super::*;

    /// A set in which image `i` is all of the grey value `greys[i]`, `width` pixels wide.
    fn flat(greys: &[u8], width: usize) -> ImageSet {
        let pixels = greys.iter().flat_map(|&grey| vec![grey; width]).collect();
        let labels = vec![0; greys.len()];
        ImageSet::new(ImageShape::grey(1, width), pixels, labels).unwrap()
    }

    #[test]
    fn a_pixel_is_white_as_often_as_it_is_grey() {
        let (greys, width) = ([0, 1, 64, 128, 254, 255], 40_000);
        let drawn = binarised_set(&flat(&greys, width), &Streams::new(1), "test").unwrap();
        for (position, &grey) in greys.iter().enumerate() {
            let image = drawn.image(position);
            assert!(image.iter().all(|&pixel| pixel == 0 || pixel == 255));
            let white = image.iter().filter(|&&pixel| pixel == 255).count() as f64;
            let (p, n) = (f64::from(grey) / 255.0, width as f64);
            let error = (n * p * (1.0 - p)).sqrt();
            assert!((white - n * p).abs() <= 4.0 * error, "grey {grey}: {white} of {width}");
        }
    }

    #[test]
    fn an_image_is_drawn_by_its_index_and_the_seed() {
        let set = flat(&[100, 150, 200], 50);
        let draw = |set: &ImageSet, seed| binarised_set(set, &Streams::new(seed), "test").unwrap();
        let all = draw(&set, 1);
        assert_eq!(draw(&set.select(&[2]), 1).image(0), all.image(2));
        assert_ne!(draw(&set, 2).pixels(), all.pixels());
        assert_eq!((all.index(), all.labels()), (set.index(), set.labels()));
    }

    #[test]
    fn floats_are_refused_and_what_is_missing_stays_so() {
        let shape = ImageShape::grey(1, 2);
        let floats = ImageSet::floats(shape, vec![0.5, 1.0], vec![0]).unwrap();
        let streams = Streams::new(1);
        assert!(matches!(binarised_set(&floats, &streams, "test"), Err(Error::NotGrey)));
        let on_device = DeviceImages::new(&floats, Device::Cpu);
        assert!(matches!(Binarised::new(&on_device), Err(Error::NotGrey)));
        let mask = Mask::new(shape, vec![true, false]).unwrap();
        let set = ImageSet::new(shape, vec![255, 255], vec![0]).unwrap();
        let set = set.with_observed(mask).unwrap();
        let drawn = binarised_set(&set, &streams, "test").unwrap();
        assert_eq!(drawn, set);
        let mut epochs = Binarised::new(&DeviceImages::new(&set, Device::Cpu)).unwrap();
        assert!(!epochs.of_epoch(0, &streams).is_complete());
    }

    #[test]
    fn every_epoch_has_its_own_draw_and_finds_it_again() {
        let images = DeviceImages::new(&flat(&[100, 150, 200], 50), Device::Cpu);
        let streams = Streams::new(1);
        let mut epochs = Binarised::new(&images).unwrap();
        let pixels =
            |images: &DeviceImages| Vec::<u8>::try_from(images.values().reshape([-1])).unwrap();
        let first = pixels(epochs.of_epoch(0, &streams));
        let second = pixels(epochs.of_epoch(1, &streams));
        assert_ne!(first, second);
        let mut later = Binarised::new(&images).unwrap();
        assert_eq!(pixels(later.of_epoch(1, &streams)), second);
    }
}
