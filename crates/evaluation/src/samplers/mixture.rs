//! A mixture of Gaussians with full covariances.

use std::sync::Arc;

use autodecoder_distributions::{GaussianMixture, Prior};
use autodecoder_models::tensor_file::TensorFile;
use autodecoder_training::standard_normal;
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::{GaussianMixtureModel, GmmError};
use ndarray::Array2;
use rand::{Rng, RngCore};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;
use tch::{Device, Kind, Tensor};

use super::standardised::Standardised;
use super::{Sampler, SamplerError, SamplerFamily, row_count};

/// Rounds of expectation and maximisation at most.
const ROUNDS: u64 = 500;
/// The rounds end where the mean log likelihood rises by less, nats.
const TOLERANCE: f64 = 1e-3;
/// Added to the variances of the standardised latents.
const LEAST_VARIANCE: f64 = 1e-3;

/// `mixture`: a Gaussian mixture with full covariances, fitted by expectation and maximisation from
/// k-means' clusters, by the crate linfa-clustering.
///
/// Components are fewer where the latents do not suffice for so many, and half as many as long as the fit
/// fails.
#[derive(Debug, Clone, Copy)]
pub struct Mixture {
    /// Components, at most.
    pub components: usize,
    /// Latents that a component must have for each of its dimensions, on average: a covariance of too few
    /// says more about these latents than about others.
    pub latents_per_dimension: usize,
}

impl Mixture {
    /// For a prior. A sampler is forgiven for being closer to the latents it was fitted to than to others; a
    /// density that others are scored under is not: with 5 latents a dimension, a VAD of 40 dimensions
    /// is worse off than under N(0, I).
    pub const PRIOR: Mixture = Mixture { components: 20, latents_per_dimension: 50 };
}

impl Default for Mixture {
    fn default() -> Mixture {
        Mixture { components: 20, latents_per_dimension: 5 }
    }
}

#[derive(Debug)]
struct Components {
    /// `[K]`, summing to 1.
    weights: Tensor,
    /// `[K, latent_dim]`.
    means: Tensor,
    /// Lower Cholesky factors of the covariances, `[K, latent_dim, latent_dim]`.
    scales: Tensor,
}

impl SamplerFamily for Mixture {
    fn name(&self) -> &'static str {
        "mixture"
    }

    fn fit(
        &self,
        latents: &Tensor,
        rng: &mut dyn RngCore,
    ) -> Result<Box<dyn Sampler>, SamplerError> {
        let failed = |problem: String| SamplerError::Fit { name: "mixture", problem };
        let standardised = Standardised::new(latents);
        let records = records(&standardised.values).map_err(failed)?;
        let (count, latent_dim) = records.dim();
        let most = (count / (self.latents_per_dimension * latent_dim)).min(self.components).max(1);
        let mut components = most;
        let data = DatasetBase::from(records);
        let model = loop {
            match fit_components(&data, components, rng.next_u64()) {
                Ok(model) => break model,
                Err(error) if components == 1 => return Err(failed(error.to_string())),
                Err(_) => components /= 2,
            }
        };
        let fitted = Components::new(&model, &standardised, latents.device());
        Ok(Box::new(fitted.map_err(|error| failed(error.to_string()))?))
    }

    fn load(
        &self,
        file: &mut TensorFile,
        latent_dim: i64,
        device: Device,
    ) -> Result<Box<dyn Sampler>, SamplerError> {
        let components = row_count(file, "weights");
        Ok(Box::new(Components {
            weights: file.take("weights", &[components], device)?,
            means: file.take("means", &[components, latent_dim], device)?,
            scales: file.take("scales", &[components, latent_dim, latent_dim], device)?,
        }))
    }
}

/// A tensor `[N, d]` in f64 as linfa takes it.
fn records(values: &Tensor) -> Result<Array2<f64>, String> {
    let size = values.size();
    let numbers = Vec::<f64>::try_from(values.flatten(0, 1)).map_err(|error| error.to_string())?;
    let shape = (size[0] as usize, size[1] as usize);
    Array2::from_shape_vec(shape, numbers).map_err(|error| error.to_string())
}

fn fit_components(
    data: &DatasetBase<Array2<f64>, ndarray::Array1<()>>,
    components: usize,
    seed: u64,
) -> Result<GaussianMixtureModel<f64>, GmmError> {
    GaussianMixtureModel::params(components)
        .with_rng(Xoshiro256Plus::seed_from_u64(seed))
        .n_runs(1)
        .max_n_iterations(ROUNDS)
        .tolerance(TOLERANCE)
        .reg_covariance(LEAST_VARIANCE)
        .fit(data)
}

impl Components {
    /// `model` of standardised latents, in the latents' own units.
    fn new(
        model: &GaussianMixtureModel<f64>,
        standardised: &Standardised,
        device: Device,
    ) -> Result<Components, tch::TchError> {
        let Standardised { mean, deviation, .. } = standardised;
        let numbers = |values: Vec<f64>| Tensor::from_slice(&values);
        let latent_dim = mean.size()[0];
        let weights = numbers(model.weights().iter().copied().collect());
        let means = numbers(model.means().iter().copied().collect()).reshape([-1, latent_dim]);
        let covariances = numbers(model.covariances().iter().copied().collect());
        let covariances = covariances.reshape([-1, latent_dim, latent_dim]);
        let scales = covariances.f_linalg_cholesky(false)? * deviation.unsqueeze(1);
        // In rows, as they come back from a file: MKL gives other last digits for factors that lie in columns.
        let ready = |tensor: Tensor| tensor.to_kind(Kind::Float).contiguous().to_device(device);
        Ok(Components {
            weights: ready(weights),
            means: ready(means * deviation + mean),
            scales: ready(scales),
        })
    }

    /// `count` components, each as likely as its weight.
    fn picks(&self, count: i64, rng: &mut dyn RngCore) -> Tensor {
        let shares =
            self.weights.to_kind(Kind::Double).to_device(Device::Cpu).cumsum(0, None::<Kind>);
        let draws: Vec<f64> = (0..count).map(|_| rng.random::<f64>()).collect();
        // The last share is 1 but for rounding, and a draw above it would name no component.
        let last = self.weights.size()[0] - 1;
        Tensor::from_slice(&draws).bucketize(&shares, false, true).clamp_max(last)
    }
}

impl Sampler for Components {
    fn sample(&self, count: i64, _prior: &dyn Prior, rng: &mut dyn RngCore) -> Tensor {
        let mut rng = rng;
        let device = self.means.device();
        let picks = self.picks(count, rng).to_device(device);
        let noise = standard_normal(count, self.means.size()[1], device, &mut rng);
        let mut samples = noise.zeros_like();
        for component in 0..self.weights.size()[0] {
            let places = picks.eq(component).nonzero().squeeze_dim(1);
            let offsets = noise.index_select(0, &places).matmul(&self.scales.get(component).tr());
            let _ = samples.index_copy_(0, &places, &(offsets + self.means.get(component)));
        }
        samples
    }

    fn density(&self) -> Result<Option<Arc<dyn Prior>>, SamplerError> {
        let mixture = GaussianMixture::new(&self.weights, &self.means, &self.scales)
            .map_err(|problem| SamplerError::Fit { name: "mixture", problem })?;
        Ok(Some(Arc::new(mixture)))
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        let named = |name: &str, tensor: &Tensor| (name.to_owned(), tensor.shallow_clone());
        vec![
            named("weights", &self.weights),
            named("means", &self.means),
            named("scales", &self.scales),
        ]
    }
}
