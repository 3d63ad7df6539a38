//! Images on the device, as they were read.

use autodecoder_data::{ImageSet, Values};
use autodecoder_models::{ImageShape, Observation};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

/// All images of a set on the device. Bytes stay bytes (a quarter of the memory of floats) until a
/// batch is asked for.
#[derive(Debug)]
pub struct DeviceImages {
    /// `u8`, or `f32`; `[N, numel]`.
    values: Tensor,
    /// `u8`, 1 where a value is observed, `[N, numel]`; none where all are.
    observed: Option<Tensor>,
    shape: ImageShape,
    digest: String,
}

impl DeviceImages {
    /// Copies the values of `set` to `device`.
    pub fn new(set: &ImageSet, device: Device) -> DeviceImages {
        let shape = image_shape(set);
        let place = |values: Tensor| values.reshape([-1, shape.numel()]).to_device(device);
        let values = match set.values() {
            Values::Bytes(bytes) => Tensor::from_slice(bytes),
            Values::Floats(floats) => Tensor::from_slice(floats),
        };
        let observed = set.observed().map(|mask| {
            let flags: Vec<u8> = mask.flags().iter().map(|&flag| u8::from(flag)).collect();
            place(Tensor::from_slice(&flags))
        });
        DeviceImages { values: place(values), observed, shape, digest: image_digest(set) }
    }

    /// Number of images.
    pub fn len(&self) -> i64 {
        self.values.size()[0]
    }

    /// Whether there is no image at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The images at `indices` (`i64`, `[B]`), bytes in [0, 1].
    pub fn batch(&self, indices: &Tensor) -> Observation {
        self.observation(|values| values.index_select(0, indices))
    }

    /// `count` images from `start` on, bytes in [0, 1].
    pub fn range(&self, start: i64, count: i64) -> Observation {
        self.observation(|values| values.narrow(0, start, count))
    }

    /// All images in order, in batches of `size`, at least 1, and a last one of what is left, each with
    /// the position of its first image.
    pub fn batches(&self, size: i64) -> impl Iterator<Item = (i64, Observation)> + '_ {
        let starts = (0..self.len()).step_by(size.unsigned_abs() as usize);
        starts.map(move |start| (start, self.range(start, size.min(self.len() - start))))
    }

    /// What `pick` takes of the values and flags.
    fn observation(&self, pick: impl Fn(&Tensor) -> Tensor) -> Observation {
        let observed = self.observed.as_ref().map(|flags| pick(flags).to_kind(Kind::Bool));
        Observation {
            pixels: self.shaped(&to_floats(&pick(&self.values))),
            observed: observed.map(|flags| self.shaped(&flags)),
        }
    }

    fn shaped(&self, values: &Tensor) -> Tensor {
        let [channels, height, width] = self.shape.dims();
        values.reshape([-1, channels, height, width])
    }

    /// Other values in the place of these: of the same kind and shape, on the same device.
    pub(crate) fn with_values(&self, values: Tensor) -> DeviceImages {
        DeviceImages {
            values,
            observed: self.observed.as_ref().map(Tensor::shallow_clone),
            shape: self.shape,
            digest: self.digest.clone(),
        }
    }

    /// All values as they were read, `u8` or `f32`, `[N, numel]`.
    pub(crate) fn values(&self) -> &Tensor {
        &self.values
    }

    /// 1 where a value is observed, `u8`, `[N, numel]`; none where all are.
    pub(crate) fn observed(&self) -> Option<&Tensor> {
        self.observed.as_ref()
    }

    /// Whether no value is missing.
    pub fn is_complete(&self) -> bool {
        self.observed.is_none()
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
        self.values.device()
    }
}

/// A byte `b` becomes `b / 255`; floats are as they are.
fn to_floats(values: &Tensor) -> Tensor {
    match values.kind() {
        Kind::Uint8 => values.to_kind(Kind::Float).g_div_scalar_(255.0),
        _ => values.shallow_clone(),
    }
}

/// SHA-256 of the values of `set`, in hexadecimal digits: of the bytes, or of the word `floats` and the
/// floats' bytes, the lowest first; where values are missing (each is then 0), of the word `observed`
/// and a byte 1 or 0 for each too.
pub fn image_digest(set: &ImageSet) -> String {
    let mut hash = Sha256::new();
    match set.values() {
        Values::Bytes(bytes) => hash.update(bytes),
        Values::Floats(floats) => {
            hash.update("floats");
            floats.iter().for_each(|value| hash.update(value.to_le_bytes()));
        }
    }
    if let Some(mask) = set.observed() {
        hash.update("observed");
        mask.flags().iter().for_each(|&flag| hash.update([u8::from(flag)]));
    }
    format!("{:x}", hash.finalize())
}

fn image_shape(set: &ImageSet) -> ImageShape {
    let shape = set.shape();
    ImageShape {
        channels: shape.channels as i64,
        height: shape.height as i64,
        width: shape.width as i64,
    }
}
