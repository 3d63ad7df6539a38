//! Images on the device, as bytes.

use autodecoder_data::ImageSet;
use autodecoder_models::ImageShape;
use tch::{Device, Kind, Tensor};

/// All images of a set on the device. They stay bytes (a quarter of the memory of floats) until a
/// batch is asked for.
#[derive(Debug)]
pub struct DeviceImages {
    bytes: Tensor,
    shape: ImageShape,
}

impl DeviceImages {
    /// Copies the pixels of `set` to `device`.
    pub fn new(set: &ImageSet, device: Device) -> DeviceImages {
        let shape = image_shape(set);
        let bytes = Tensor::from_slice(set.pixels()).reshape([-1, shape.numel()]);
        DeviceImages { bytes: bytes.to_device(device), shape }
    }

    /// Number of images.
    pub fn len(&self) -> i64 {
        self.bytes.size()[0]
    }

    /// Whether there is no image at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The images at `indices` (`i64`, `[B]`), `[B, channels, height, width]` in [0, 1].
    pub fn batch(&self, indices: &Tensor) -> Tensor {
        self.to_floats(&self.bytes.index_select(0, indices))
    }

    /// `count` images from `start` on, `[count, channels, height, width]` in [0, 1].
    pub fn range(&self, start: i64, count: i64) -> Tensor {
        self.to_floats(&self.bytes.narrow(0, start, count))
    }

    fn to_floats(&self, bytes: &Tensor) -> Tensor {
        let [channels, height, width] = self.shape.dims();
        (bytes.to_kind(Kind::Float) / 255.0).reshape([-1, channels, height, width])
    }

    /// Shape of one image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Where the images lie.
    pub fn device(&self) -> Device {
        self.bytes.device()
    }
}

fn image_shape(set: &ImageSet) -> ImageShape {
    let shape = set.shape();
    ImageShape {
        channels: shape.channels as i64,
        height: shape.height as i64,
        width: shape.width as i64,
    }
}
