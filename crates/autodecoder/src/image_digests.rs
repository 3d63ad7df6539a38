//! Which images a run was computed from.

use autodecoder_training::image_digest;
use serde::{Deserialize, Serialize};

use crate::Images;

/// SHA-256 of the pixels of both halves, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageDigests {
    /// Of the training images.
    pub train: String,
    /// Of the test images.
    pub test: String,
}

impl ImageDigests {
    /// The digests of `images`.
    pub fn new(images: &Images) -> ImageDigests {
        ImageDigests { train: image_digest(&images.train), test: image_digest(&images.test) }
    }
}
