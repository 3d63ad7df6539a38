//! How good generated images are, judged by the features of real ones.
//!
//! Features are any numbers that describe an image, one row an image: here the last hidden layer of a
//! classifier of the same data set. A value compares only with values that the same features gave.

mod error;
mod frechet;
mod neighbours;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

pub use error::SampleError;

use frechet::Moments;
use neighbours::{DENSITY_NEIGHBOURS, Manifold, PRECISION_NEIGHBOURS};

/// Generated images beside real ones, by their features.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleQuality {
    /// Number of generated images.
    pub images: u64,
    /// Squared Fréchet distance between Gaussians fitted to both sets; lower is better. It falls as
    /// either set grows, so it compares only at equal numbers.
    pub frechet: f64,
    /// Share of generated images that lie among the real ones.
    pub precision: f64,
    /// Share of real images that lie among the generated ones.
    pub recall: f64,
    /// How many real neighbourhoods a generated image lies in, over how many a real one does; can
    /// exceed 1.
    pub density: f64,
    /// Share of real images whose neighbourhood holds a generated one.
    pub coverage: f64,
}

/// The features of real images, with all that does not depend on the generated ones.
#[derive(Debug)]
pub struct RealFeatures {
    moments: Moments,
    manifold: Manifold,
}

impl RealFeatures {
    /// Prepares `features` `[N, d]` of real images for any number of comparisons.
    ///
    /// # Errors
    /// Where there are fewer than [`RealFeatures::LEAST`] rows, or values that are not finite.
    pub fn new(features: &Tensor) -> Result<RealFeatures, SampleError> {
        let features = checked(features, "real")?;
        Ok(RealFeatures { moments: Moments::of(&features), manifold: Manifold::new(features) })
    }

    /// The fewest images of a set: each must have as many neighbours as density counts.
    pub const LEAST: i64 = DENSITY_NEIGHBOURS + 1;

    /// Compares `generated` `[M, d]` with the real features, in f64. The order of rows changes nothing
    /// but the last digits of the Fréchet distance.
    ///
    /// # Errors
    /// As [`RealFeatures::new`], and where the two sets differ in `d`.
    pub fn quality(&self, generated: &Tensor) -> Result<SampleQuality, SampleError> {
        let generated = checked(generated, "generated")?;
        let (found, expected) = (generated.size()[1], self.manifold.width());
        if found != expected {
            return Err(SampleError::Width { found, expected });
        }
        let counts = self.manifold.compare(&generated);
        let (real, images) = (self.manifold.len() as f64, generated.size()[0] as f64);
        Ok(SampleQuality {
            images: generated.size()[0].unsigned_abs(),
            frechet: self.moments.distance(&Moments::of(&generated)),
            precision: counts.precise as f64 / images,
            recall: counts.recalled as f64 / real,
            density: counts.neighbourhoods as f64 / (DENSITY_NEIGHBOURS as f64 * images),
            coverage: counts.covered as f64 / real,
        })
    }
}

/// Compares the features `generated` `[M, d]` of generated images with those of `real` ones, `[N, d]`.
/// For several sets against the same real ones, [`RealFeatures`] does the work on these only once.
///
/// # Errors
/// Where a set has fewer than [`RealFeatures::LEAST`] rows, the two differ in `d`, or a value is not
/// finite.
pub fn sample_quality(generated: &Tensor, real: &Tensor) -> Result<SampleQuality, SampleError> {
    RealFeatures::new(real)?.quality(generated)
}

/// The squared Fréchet distance alone, between the sets of features `a` `[M, d]` and `b` `[N, d]`.
///
/// # Errors
/// As [`sample_quality`].
pub fn frechet_distance(a: &Tensor, b: &Tensor) -> Result<f64, SampleError> {
    let (a, b) = (checked(a, "first")?, checked(b, "second")?);
    if a.size()[1] != b.size()[1] {
        return Err(SampleError::Width { found: b.size()[1], expected: a.size()[1] });
    }
    Ok(Moments::of(&a).distance(&Moments::of(&b)))
}

/// How many neighbours the measures take, as reports say it.
pub const NEIGHBOURS: [i64; 2] = [PRECISION_NEIGHBOURS, DENSITY_NEIGHBOURS];

/// `features` in f64, if they are numbers, and enough.
fn checked(features: &Tensor, which: &'static str) -> Result<Tensor, SampleError> {
    let found = features.size()[0];
    if found < RealFeatures::LEAST {
        return Err(SampleError::TooFew { which, found, least: RealFeatures::LEAST });
    }
    if features.isfinite().all().int64_value(&[]) == 0 {
        return Err(SampleError::NotFinite { which });
    }
    Ok(features.detach().to_kind(Kind::Double))
}
