//! Principal components of images: a start for the rows, and a baseline.

use tch::{Kind, Tensor};

use crate::DeviceImages;

/// Images in a chunk of the covariance's accumulation.
const CHUNK: i64 = 4096;

/// Standard deviation, in units of the prior's, of a coordinate of which nothing is known: at 1 rows
/// could not be told apart in it.
const NEAR_THE_PRIOR: f64 = 0.999;

/// The leading principal components of a set of images.
#[derive(Debug)]
pub struct Pca {
    /// Mean image, `[pixels]`.
    mean: Tensor,
    /// One unit vector per column, by falling variance, `[pixels, components]`.
    basis: Tensor,
    /// Variance along each component, `[components]`.
    variances: Tensor,
    /// Variance of all pixels together.
    total_variance: f64,
}

impl Pca {
    /// Fits `components` directions by the eigenvectors of the pixels' covariance, in f64. A pixel that
    /// was not observed counts as the mean of those that were.
    ///
    /// `components` is cut to the number of pixels. The sign of each direction is fixed by making
    /// its largest entry positive.
    pub fn fit(images: &DeviceImages, components: i64) -> Pca {
        let (mean, covariance) = moments(images);
        let total_variance = covariance.trace().double_value(&[]);
        let (variances, vectors) = covariance.linalg_eigh("L");
        let components = components.min(variances.size()[0]);
        let largest_first = |x: &Tensor| x.flip([-1]).narrow(-1, 0, components).contiguous();
        let basis = largest_first(&vectors);
        let peaks = basis.gather(0, &basis.abs().argmax(0, true), false);
        let basis = basis * peaks.sign();
        Pca {
            mean: mean.to_kind(Kind::Float),
            basis: basis.to_kind(Kind::Float),
            variances: largest_first(&variances).clamp_min(0.0).to_kind(Kind::Float),
            total_variance,
        }
    }

    /// Coordinates of all images, `[N, components]`, in units of the first component's standard
    /// deviation: the first column has variance 1, the others less, as in the images.
    pub fn scores(&self, images: &DeviceImages) -> Tensor {
        self.project(images) / self.deviations().narrow(0, 0, 1)
    }

    /// Coordinates divided each by its own standard deviation, `[N, components]`.
    pub fn whitened_scores(&self, images: &DeviceImages) -> Tensor {
        self.project(images) / self.deviations()
    }

    /// Standard deviations of each coordinate's posterior under probabilistic PCA, in units of the
    /// prior's, when the first one's is `first`: `1 / √(1 + λ / s²)` for the leading components that
    /// hold `share` of the pixels' variance, and almost 1 for all others.
    pub fn posterior_deviations(&self, first: f64, share: f64) -> Vec<f64> {
        let variances = self.variances();
        let largest = variances.first().copied().unwrap_or(0.0).max(1e-8);
        let noise = largest / (first.powi(-2) - 1.0);
        let leading = self.components_holding(share);
        let deviation = |(component, variance): (usize, &f64)| match component < leading {
            true => (1.0 + variance / noise).sqrt().recip().min(NEAR_THE_PRIOR),
            false => NEAR_THE_PRIOR,
        };
        variances.iter().enumerate().map(deviation).collect()
    }

    /// The fewest leading components that hold `share` of the pixels' variance, or all that there are.
    pub fn components_holding(&self, share: f64) -> usize {
        let wanted = share * self.total_variance;
        let held = self.variances().into_iter().scan(0.0, |sum, variance| {
            *sum += variance;
            Some(*sum)
        });
        held.take_while(|held| *held < wanted)
            .count()
            .saturating_add(1)
            .min(self.components() as usize)
    }

    fn variances(&self) -> Vec<f64> {
        self.variances.iter::<f64>().map(|values| values.collect()).unwrap_or_default()
    }

    fn project(&self, images: &DeviceImages) -> Tensor {
        let chunks: Vec<Tensor> =
            filled(images, &self.mean).map(|x| (x - &self.mean).matmul(&self.basis)).collect();
        Tensor::cat(&chunks, 0)
    }

    /// Standard deviations, kept off zero: identical images must not give NaN.
    fn deviations(&self) -> Tensor {
        (&self.variances + 1e-8).sqrt()
    }

    /// Number of components.
    pub fn components(&self) -> i64 {
        self.variances.size()[0]
    }
}

/// All images, `[B, pixels]` at a time, with the pixel of `mean` in place of each that was not
/// observed.
fn filled<'a>(images: &'a DeviceImages, mean: &'a Tensor) -> impl Iterator<Item = Tensor> + 'a {
    images.batches(CHUNK).map(move |(_, chunk)| {
        let pixels = chunk.pixels.flatten(1, -1);
        match chunk.observed {
            Some(observed) => {
                let mean = mean.to_kind(pixels.kind());
                pixels.where_self(&observed.flatten(1, -1), &mean.expand_as(&pixels))
            }
            None => pixels,
        }
    })
}

/// Mean of each pixel over the images in which it was observed, `[pixels]`; 0 where it never was.
fn observed_mean(images: &DeviceImages) -> Tensor {
    let options = (Kind::Double, images.device());
    let zeros = || Tensor::zeros([images.shape().numel()], options);
    let (mut sum, mut count) = (zeros(), zeros());
    for (_, chunk) in images.batches(CHUNK) {
        let total =
            |x: Tensor| x.flatten(1, -1).sum_dim_intlist([0i64].as_slice(), false, Kind::Double);
        let _ = sum.g_add_(&total(chunk.zero_filled()));
        let _ = count.g_add_(&total(chunk.mask()));
    }
    sum / count.clamp_min(1.0)
}

/// Mean `[pixels]` and covariance `[pixels, pixels]` in f64.
fn moments(images: &DeviceImages) -> (Tensor, Tensor) {
    let pixels = images.shape().numel();
    let options = (Kind::Double, images.device());
    let mut sum = Tensor::zeros([pixels], options);
    let mut products = Tensor::zeros([pixels, pixels], options);
    let fill = if images.is_complete() { sum.copy() } else { observed_mean(images) };
    for chunk in filled(images, &fill) {
        let chunk = chunk.to_kind(Kind::Double);
        let _ = sum.g_add_(&chunk.sum_dim_intlist([0i64].as_slice(), false, None::<Kind>));
        let _ = products.g_add_(&chunk.tr().matmul(&chunk));
    }
    let count = images.len() as f64;
    let mean = sum / count;
    let covariance = products / count - mean.outer(&mean);
    (mean, covariance)
}
