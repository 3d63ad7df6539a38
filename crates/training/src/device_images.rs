//! Images on the device, as bytes.

use autodecoder_data::ImageSet;
use autodecoder_models::{ImageShape, Observation};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

/// All images of a set on the device. They stay bytes (a quarter of the memory of floats) until a
/// batch is asked for.
#[derive(Debug)]
pub struct DeviceImages {
    bytes: Tensor,
    shape: ImageShape,
    digest: String,
}

impl DeviceImages {
    /// Copies the pixels of `set` to `device`.
    pub fn new(set: &ImageSet, device: Device) -> DeviceImages {
        let shape = image_shape(set);
        let bytes = Tensor::from_slice(set.pixels()).reshape([-1, shape.numel()]);
        DeviceImages { bytes: bytes.to_device(device), shape, digest: image_digest(set) }
    }

    /// Number of images.
    pub fn len(&self) -> i64 {
        self.bytes.size()[0]
    }

    /// Whether there is no image at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The images at `indices` (`i64`, `[B]`), in [0, 1].
    pub fn batch(&self, indices: &Tensor) -> Observation {
        self.to_floats(&self.bytes.index_select(0, indices)).into()
    }

    /// `count` images from `start` on, in [0, 1].
    pub fn range(&self, start: i64, count: i64) -> Observation {
        self.to_floats(&self.bytes.narrow(0, start, count)).into()
    }

    /// All images in order, in batches of `size`, at least 1, and a last one of what is left, each with
    /// the position of its first image.
    pub fn batches(&self, size: i64) -> impl Iterator<Item = (i64, Observation)> + '_ {
        let starts = (0..self.len()).step_by(size.unsigned_abs() as usize);
        starts.map(move |start| (start, self.range(start, size.min(self.len() - start))))
    }

    fn to_floats(&self, bytes: &Tensor) -> Tensor {
        let [channels, height, width] = self.shape.dims();
        bytes.to_kind(Kind::Float).g_div_scalar_(255.0).reshape([-1, channels, height, width])
    }

    /// All pixels, `u8`, `[N, numel]`.
    pub(crate) fn bytes(&self) -> &Tensor {
        &self.bytes
    }

    /// Shape of one image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The images' [`image_digest`].
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Where the images lie.
    pub fn device(&self) -> Device {
        self.bytes.device()
    }
}

/// SHA-256 of the pixels of `set`, in hexadecimal digits.
pub fn image_digest(set: &ImageSet) -> String {
    format!("{:x}", Sha256::digest(set.pixels()))
}

fn image_shape(set: &ImageSet) -> ImageShape {
    let shape = set.shape();
    ImageShape {
        channels: shape.channels as i64,
        height: shape.height as i64,
        width: shape.width as i64,
    }
}
