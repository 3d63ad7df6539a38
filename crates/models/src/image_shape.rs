//! The shape of one image.

use serde::{Deserialize, Serialize};

/// Channels, height and width of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageShape {
    /// Colour channels: 1 for grey images.
    pub channels: i64,
    /// Rows of pixels.
    pub height: i64,
    /// Columns of pixels.
    pub width: i64,
}

impl ImageShape {
    /// Number of values in one image.
    pub fn numel(self) -> i64 {
        self.channels * self.height * self.width
    }

    /// `[channels, height, width]`.
    pub fn dims(self) -> [i64; 3] {
        [self.channels, self.height, self.width]
    }
}
