//! Two-dimensional maps of latent spaces by t-SNE.
//!
//! t-distributed stochastic neighbour embedding (van der Maaten and Hinton, 2008,
//! <https://www.jmlr.org/papers/v9/vandermaaten08a.html>) with the Barnes-Hut approximation of
//! [`bhtsne`]. Three things are done here rather than there:
//!
//! - The map starts at the first two principal components, as Kobak and Berens (2019,
//!   <https://doi.org/10.1038/s41467-019-13056-x>) advise, never at random.
//! - The learning rate is small while the attraction is exaggerated and large afterwards, with a
//!   momentum of 0.9. The library caps the gain of a coordinate at 2 where others let it grow: with
//!   the usual rate, a twelfth of the samples, throughout, a map of 10,000 images stopped at 2.10 nats;
//!   here it reaches 1.46, and scikit-learn 1.9.1 reaches 1.45. On smaller sets of images and on
//!   Gaussian, uniform and clustered data the cost ended at most 5 percent above scikit-learn's.
//! - The cost is recomputed exactly ([`exact_kl`]): the library's own number approximates both
//!   distributions and cannot be compared with another program's.

mod kl;
mod neighbours;
mod options;
mod pca;
mod trustworthiness;

use std::time::Instant;

use bhtsne::{Neighbor, tSNE};

pub use kl::exact_kl;
pub use options::TsneOptions;
pub use trustworthiness::trustworthiness;

use crate::error::{Error, Result};

/// Momentum after the exaggerated steps; during them it is the library's 0.5.
const MOMENTUM: f32 = 0.9;

/// A finished map.
#[derive(Debug, Clone)]
pub struct TsneMap {
    /// One point per sample, in the samples' order. Only distances between points mean anything.
    pub points: Vec<[f32; 2]>,
    /// Exact KL divergence of the map from the data, in nats; see [`exact_kl`]. Lower is better.
    pub kl: f64,
    /// Perplexity of the data's side.
    pub perplexity: f64,
    /// Gradient steps taken.
    pub epochs: usize,
    /// Wall-clock time, [`TsneMap::kl`] included.
    pub seconds: f64,
}

/// Maps `samples` rows of `dimensions` numbers each (`data`, row after row) to the plane.
///
/// The same input gives the same map, bit for bit: the library sums in an order that depends on
/// how its threads happen to share the work, so the descent runs on one thread. Several maps can
/// be made at the same time from several threads.
///
/// # Errors
///
/// [`Error::Length`] if `data` is not `samples × dimensions` long, [`Error::Empty`] without
/// dimensions, [`Error::NotFinite`] for a NaN or an infinity, [`Error::Range`] for an option outside
/// its range, [`Error::PerplexityTooLarge`] unless `3 × perplexity < samples − 1`.
pub fn embed(
    data: &[f32],
    samples: usize,
    dimensions: usize,
    options: &TsneOptions,
) -> Result<TsneMap> {
    let started = Instant::now();
    check_data(data, samples, dimensions)?;
    options.check(samples)?;
    let scaled = pca::standardise(data, samples, dimensions);
    let start = pca::start(&scaled, samples, dimensions);
    let count = options.neighbours();
    let neighbours = neighbours::nearest(&scaled, samples, dimensions, count);
    let points = descend(samples, &neighbours, start, options)?;
    let kl = kl::divergence(&scaled, dimensions, &points, options.perplexity);
    Ok(TsneMap {
        points,
        kl,
        perplexity: options.perplexity,
        epochs: options.epochs,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Gradient descent on one thread.
fn descend(
    samples: usize,
    neighbours: &[Vec<Neighbor<f32>>],
    start: Vec<f32>,
    options: &TsneOptions,
) -> Result<Vec<[f32; 2]>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .map_err(|error| Error::Render { what: "t-SNE map", reason: error.to_string() })?;
    Ok(pool.install(|| {
        // The library takes distances from `neighbours` and never looks at the samples.
        let placeholders = vec![(); samples];
        let theta = options.theta as f32;
        let rate = options.learning_rate(samples);
        let mut early: tSNE<'_, f32, ()> = tSNE::new(&placeholders);
        early
            .perplexity(options.perplexity as f32)
            .epochs(options.exaggeration_epochs)
            .learning_rate((rate / (2.0 * options.exaggeration)) as f32)
            .early_exaggeration(options.exaggeration as f32)
            .stop_lying_epoch(options.epochs)
            .momentum_switch_epoch(options.epochs)
            .initial_embedding(start)
            .barnes_hut_with_neighbors(theta, neighbours);
        // A second descent goes on where the first ended: the library has one rate for both.
        let mut late: tSNE<'_, f32, ()> = tSNE::new(&placeholders);
        late.perplexity(options.perplexity as f32)
            .epochs(options.epochs - options.exaggeration_epochs)
            .learning_rate(rate as f32)
            .momentum(MOMENTUM)
            .final_momentum(MOMENTUM)
            .stop_lying_epoch(0)
            .initial_embedding(early.embedding());
        if let Some(affinities) = early.affinities() {
            late.with_affinities(affinities);
        }
        late.barnes_hut_with_neighbors(theta, neighbours);
        late.embedding().chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
    }))
}

/// Checks the lengths and that every number is finite.
/// Checks data as [`check_data`] does, and the points of a map of it.
fn check_map(data: &[f32], samples: usize, dimensions: usize, points: &[[f32; 2]]) -> Result<()> {
    check_data(data, samples, dimensions)?;
    if points.len() != samples {
        return Err(Error::Length { what: "t-SNE points", found: points.len(), expected: samples });
    }
    check_data(points.as_flattened(), samples, 2)
}

fn check_data(data: &[f32], samples: usize, dimensions: usize) -> Result<()> {
    if dimensions == 0 {
        return Err(Error::Empty { what: "dimensions of the t-SNE data", minimum: 1 });
    }
    let expected = samples.saturating_mul(dimensions);
    if data.len() != expected {
        return Err(Error::Length { what: "t-SNE data", found: data.len(), expected });
    }
    match data.iter().position(|value| !value.is_finite()) {
        Some(index) => {
            Err(Error::NotFinite { what: "t-SNE data", index, found: f64::from(data[index]) })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
