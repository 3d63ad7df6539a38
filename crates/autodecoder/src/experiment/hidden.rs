//! Values that are taken away from the images on purpose.

use anyhow::{Context, Result};
use autodecoder_data::{ImageSet, Mask};
use autodecoder_training::{Streams, check_range};
use serde::{Deserialize, Serialize};

/// What is taken away from every image, of both halves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum HiddenConfig {
    /// Each pixel with the same probability.
    AtRandom {
        /// The probability.
        ratio: f64,
    },
    /// Rectangles at random places, which may overlap.
    Blocks {
        /// Rectangles in an image.
        count: usize,
        /// Height and width of each, pixels.
        size: [usize; 2],
    },
}

impl HiddenConfig {
    /// Checks every value that needs no image to be checked.
    ///
    /// # Errors
    /// The first value out of its range.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            HiddenConfig::AtRandom { ratio } => {
                check_range("data.hidden.ratio", *ratio, 0.0..=0.999)?
            }
            HiddenConfig::Blocks { count, size } => {
                check_range("data.hidden.count", *count, 1..=1000)?;
                for side in size {
                    check_range("data.hidden.size", *side, 1..=4096)?;
                }
            }
        }
        Ok(())
    }

    /// The images without what is taken away; the stream `name` chooses it.
    ///
    /// # Errors
    /// For rectangles that are larger than an image.
    pub(crate) fn apply(
        &self,
        images: ImageSet,
        streams: &Streams,
        name: &str,
    ) -> Result<ImageSet> {
        let (count, shape) = (images.len(), images.shape());
        let mut rng = streams.rng(name, &[]);
        let mask = match *self {
            HiddenConfig::AtRandom { ratio } => Mask::at_random(count, shape, ratio, &mut rng),
            HiddenConfig::Blocks { count: blocks, size } => {
                Mask::blocks(count, shape, size, blocks, &mut rng)
            }
        };
        let mask = mask.context("data.hidden")?;
        Ok(images.with_observed(mask)?)
    }
}
