//! Images with their classes, on the device.

use autodecoder_data::ImageSet;
use autodecoder_training::DeviceImages;
use tch::{Device, Tensor};

/// Images and their labels.
#[derive(Debug)]
pub struct LabelledImages {
    images: DeviceImages,
    /// `i64`, `[N]`.
    labels: Tensor,
    highest: i64,
}

impl LabelledImages {
    /// Copies the images and labels of `set` to `device`.
    pub fn new(set: &ImageSet, device: Device) -> LabelledImages {
        let labels: Vec<i64> = set.labels().iter().map(|&label| i64::from(label)).collect();
        LabelledImages {
            images: DeviceImages::new(set, device),
            highest: labels.iter().copied().max().unwrap_or(-1),
            labels: Tensor::from_slice(&labels).to_device(device),
        }
    }

    /// The images.
    pub fn images(&self) -> &DeviceImages {
        &self.images
    }

    /// The class of each image, `i64`, `[N]`.
    pub fn labels(&self) -> &Tensor {
        &self.labels
    }

    /// The highest label; −1 where there is no image.
    pub fn highest(&self) -> i64 {
        self.highest
    }
}
