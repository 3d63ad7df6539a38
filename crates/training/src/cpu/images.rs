//! A set of images as it lies in memory.

use autodecoder_kernels::{RowIndices, compact};
use tch::Kind;

use super::slices;
use crate::DeviceImages;

/// The values of all images, and which of them were observed.
pub(super) struct ImageSlices<'a> {
    values: ValueSlice<'a>,
    /// 1 or 0 a value; none where all were observed.
    pub observed: Option<&'a [u8]>,
}

enum ValueSlice<'a> {
    Bytes(&'a [u8]),
    Floats(&'a [f32]),
}

impl<'a> ImageSlices<'a> {
    /// `None` where the images are not on the CPU.
    pub fn new(images: &'a DeviceImages) -> Option<ImageSlices<'a>> {
        let values = images.values();
        let values = match values.kind() {
            Kind::Uint8 => ValueSlice::Bytes(slices::bytes(values)?),
            _ => ValueSlice::Floats(slices::floats(values)?),
        };
        let observed = match images.observed() {
            Some(observed) => Some(slices::bytes(observed)?),
            None => None,
        };
        Some(ImageSlices { values, observed })
    }

    /// Copies the images at `indices`, `width` values each, to the front of `batch`.
    pub fn gather(&self, indices: RowIndices, width: usize, batch: &mut [f32]) {
        match self.values {
            ValueSlice::Bytes(bytes) => indices.gather_pixels(bytes, width, batch),
            ValueSlice::Floats(floats) => indices.gather(floats, width, batch),
        }
    }

    /// Moves the values of each image that were observed to its front, where some are missing.
    pub fn compact(&self, indices: RowIndices, width: usize, batch: &mut [f32]) {
        if let Some(observed) = self.observed {
            let images = batch.chunks_exact_mut(width).zip(indices.rows(observed, width));
            images.for_each(|(image, observed)| {
                compact(image, observed);
            });
        }
    }
}
