//! How far latents lie from the prior that new images are decoded from.
//!
//! Decoding a draw from the prior shows what the decoder learned only where the prior puts its mass
//! on latents that the decoder was trained on.

use autodecoder_distributions::Posterior;
use autodecoder_training::{Streams, latent_noise};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::posterior_samples;

/// Prior samples that distances and norms are measured on.
const SAMPLES: i64 = 1000;
/// Rows of a block of the distance matrix.
const BLOCK: i64 = 500;

/// Quartiles of some values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// A quarter lies below.
    pub lower: f64,
    /// Half lies below.
    pub median: f64,
    /// Three quarters lie below.
    pub upper: f64,
}

/// Latents of a model beside samples of its prior.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriorGap {
    /// Name of the prior.
    pub prior: String,
    /// Euclidean norms of latents of the training images (a posterior sample each).
    pub latent_norm: Spread,
    /// Euclidean norms of prior samples.
    pub prior_norm: Spread,
    /// Over the dimensions: distance of the latents' mean from the prior's, in the prior's standard
    /// deviations.
    pub dimension_offset: Spread,
    /// Over the dimensions: variance of the latents over the prior's.
    pub dimension_variance_ratio: Spread,
    /// Distance from a test image's latent to the nearest training image's.
    pub test_to_nearest_train: Spread,
    /// Distance from a prior sample to the nearest training image's latent.
    pub prior_to_nearest_train: Spread,
}

/// Measures the gap for the rows of training and test images, `[N, row_width]`. Posterior samples
/// and prior samples come from the stream `prior gap`.
pub fn prior_gap(
    posterior: &dyn Posterior,
    train: &Tensor,
    test: &Tensor,
    streams: &Streams,
) -> PriorGap {
    let mut rng = streams.rng("prior gap", &[]);
    let prior = posterior.prior();
    let train = posterior_samples(posterior, train, &mut rng);
    let test = posterior_samples(posterior, test, &mut rng);
    let latent_dim = train.size()[1];
    let noise = latent_noise(prior.noise(), SAMPLES, latent_dim, train.device(), &mut rng);
    let samples = prior.sample(&noise);
    let offset = (column_means(&train) - prior.mean()) / prior.variance().sqrt();
    let ratio = train.var_dim([0i64].as_slice(), false, false) / prior.variance();
    PriorGap {
        prior: prior.name().to_owned(),
        latent_norm: spread(&norms(&train)),
        prior_norm: spread(&norms(&samples)),
        dimension_offset: spread(&offset.abs()),
        dimension_variance_ratio: spread(&ratio),
        test_to_nearest_train: spread(&nearest_distances(&test, &train)),
        prior_to_nearest_train: spread(&nearest_distances(&samples, &train)),
    }
}

/// Euclidean distance from each of `points` `[M, d]` to the nearest of `others` `[N, d]`, `[M]`.
pub fn nearest_distances(points: &Tensor, others: &Tensor) -> Tensor {
    // Large distance matrices come from a matrix product, which cancels digits where points are close
    // but far from the origin. So the origin moves, and the product only finds the nearest point,
    // whose distance is then computed anew.
    let centre = column_means(others);
    let centred = others - &centre;
    let nearest = |block: &Tensor| {
        let nearest =
            Tensor::cdist(&(block - &centre), &centred, 2.0, None::<i64>).argmin(1, false);
        norms(&(block - others.index_select(0, &nearest)))
    };
    Tensor::cat(&points.split(BLOCK, 0).iter().map(nearest).collect::<Vec<_>>(), 0)
}

fn norms(latents: &Tensor) -> Tensor {
    latents.norm_scalaropt_dim(2.0, [1i64].as_slice(), false)
}

fn column_means(latents: &Tensor) -> Tensor {
    latents.mean_dim([0i64].as_slice(), false, None::<Kind>)
}

/// The quartiles of `values`, by linear interpolation between two of them.
pub fn spread(values: &Tensor) -> Spread {
    let values = values.to_kind(Kind::Double);
    let quantile =
        |q: f64| values.quantile_scalar(q, None::<i64>, false, "linear").double_value(&[]);
    Spread { lower: quantile(0.25), median: quantile(0.5), upper: quantile(0.75) }
}
