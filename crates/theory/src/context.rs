//! What a check may draw on.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use autodecoder_data::{ImageSet, Split, balanced_subset, load};
use autodecoder_training::Streams;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Open01, StandardNormal};
use tch::Tensor;

/// Seeded random numbers, images, and how far to go.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where all random numbers come from.
    pub streams: Streams,
    /// The folder of the sample in `assets`: 256 training and 64 test images.
    pub sample: PathBuf,
    /// The folder of the whole of Fashion-MNIST, where there is one.
    pub data: Option<PathBuf>,
    /// Whether the long versions are wanted.
    pub full: bool,
}

impl Context {
    /// A generator for one purpose. Two purposes never share random numbers.
    pub fn rng(&self, purpose: &str) -> ChaCha8Rng {
        self.streams.rng(purpose, &[])
    }

    /// Standard normals of the given shape, f64, on the CPU.
    pub fn normal(&self, purpose: &str, shape: &[i64]) -> Tensor {
        let mut rng = self.rng(purpose);
        filled(shape, || StandardNormal.sample(&mut rng))
    }

    /// Uniform numbers in (0, 1) of the given shape, f64, on the CPU.
    pub fn uniform(&self, purpose: &str, shape: &[i64]) -> Tensor {
        let mut rng = self.rng(purpose);
        filled(shape, || Open01.sample(&mut rng))
    }

    /// The sample in `assets`.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn sample(&self, split: Split) -> Result<ImageSet> {
        load(&self.sample, split).context("the sample of images in assets/sample")
    }

    /// A class-balanced subset of Fashion-MNIST; `None` where there is no data set.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or has fewer images.
    pub fn images(&self, split: Split, count: usize) -> Result<Option<ImageSet>> {
        let Some(folder) = &self.data else {
            return Ok(None);
        };
        let set = load(folder, split)?;
        Ok(Some(balanced_subset(&set, count, &mut self.rng(&format!("{split} subset")))?))
    }
}

fn filled(shape: &[i64], mut draw: impl FnMut() -> f64) -> Tensor {
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| draw()).collect();
    Tensor::from_slice(&values).reshape(shape)
}
