//! A mixture of Gaussians with full covariances.

use std::f64::consts::{SQRT_2, TAU};

use tch::{Device, Kind, Tensor};

use crate::numeric::{open_unit, sum_coordinates};
use crate::{Noise, Prior};

/// `Σ_k w_k N(m_k, L_k L_kᵀ)`: a prior that was fitted to latents, and not chosen before them (as in
/// Tomczak and Welling 2018, arXiv:1705.07120, whose components are learned, and Ghosh et al. 2020,
/// arXiv:1903.12436, where they are fitted after training).
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    latent_dim: usize,
    /// Row-major, f64; tensors of them are made where they are needed, on the device and in the kind of
    /// what is asked about.
    weights: Vec<f64>,
    means: Vec<f64>,
    scales: Vec<f64>,
    /// Inverses of the scales.
    whitening: Vec<f64>,
}

impl GaussianMixture {
    /// Components with `weights` `[K]` that sum to 1, `means` `[K, latent_dim]`, and lower Cholesky factors
    /// of their covariances `scales` `[K, latent_dim, latent_dim]`.
    ///
    /// # Errors
    /// Where the shapes do not fit together, a value is not finite, a weight is not positive or their
    /// sum is not 1, or a factor's diagonal is not positive: a sentence that says which.
    pub fn new(
        weights: &Tensor,
        means: &Tensor,
        scales: &Tensor,
    ) -> Result<GaussianMixture, String> {
        let [components, latent_dim] = means.size()[..] else {
            return Err(format!("means {:?}: expected [K, latent_dim]", means.size()));
        };
        check_shape("weights", weights, &[components])?;
        check_shape("scales", scales, &[components, latent_dim, latent_dim])?;
        let double = |tensor: &Tensor| tensor.to_kind(Kind::Double).to_device(Device::Cpu);
        let scales = double(scales).tril(0);
        let diagonal = numbers(&scales.diagonal(0, 1, 2))?;
        if !diagonal.iter().all(|value| *value > 0.0) {
            return Err("scales: a factor's diagonal is not positive".to_owned());
        }
        let whitening = scales.inverse();
        let mut weights = numbers(&double(weights))?;
        let sum: f64 = weights.iter().sum();
        if weights.iter().any(|weight| *weight <= 0.0) || (sum - 1.0).abs() > 1e-4 {
            return Err(format!("weights: they must be shares of 1, and sum to {sum}"));
        }
        // They come in f32.
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Ok(GaussianMixture {
            latent_dim: latent_dim as usize,
            weights,
            means: numbers(&double(means))?,
            scales: numbers(&scales)?,
            whitening: numbers(&whitening)?,
        })
    }

    fn components(&self) -> i64 {
        self.weights.len() as i64
    }

    /// `values` as a tensor of the kind and on the device of `like`.
    fn tensor(values: &[f64], shape: &[i64], like: &Tensor) -> Tensor {
        Tensor::from_slice(values).reshape(shape).to_kind(like.kind()).to_device(like.device())
    }

    /// Components that independent uniforms fall to, and uniforms that are independent of that: where in its
    /// component's share each one fell.
    fn split(&self, uniforms: &Tensor) -> (Tensor, Tensor) {
        let shares = Tensor::from_slice(&self.weights).to_device(uniforms.device());
        let ends = shares.cumsum(0, None::<Kind>);
        let component = uniforms.bucketize(&ends, false, true).clamp_max(self.components() - 1);
        let share = shares.index_select(0, &component);
        let begin = ends.index_select(0, &component) - &share;
        (component, (uniforms - begin) / share)
    }

    /// Mean and variance over all components and coordinates, of a coordinate drawn at random.
    fn moments(&self) -> [f64; 2] {
        let values = |power: i32| {
            let of_component = |(means, factor): (&[f64], &[f64])| {
                let variance: f64 = factor.iter().map(|value| value * value).sum();
                let means: f64 = means.iter().map(|mean| mean.powi(power)).sum();
                (means + if power == 2 { variance } else { 0.0 }) / self.latent_dim as f64
            };
            let means = self.means.chunks_exact(self.latent_dim);
            let factors = self.scales.chunks_exact(self.latent_dim * self.latent_dim);
            let components = means.zip(factors).map(of_component);
            self.weights.iter().zip(components).map(|(weight, value)| weight * value).sum::<f64>()
        };
        let mean = values(1);
        [mean, values(2) - mean * mean]
    }
}

impl Prior for GaussianMixture {
    fn name(&self) -> &'static str {
        "a fitted mixture of Gaussians"
    }

    fn noise(&self) -> Noise {
        Noise::Normal
    }

    /// The first coordinate's noise also says which component a sample is of: its probability falls into
    /// the share of one, and how far into it makes an independent normal anew.
    fn sample(&self, noise: &Tensor) -> Tensor {
        let dim = self.latent_dim as i64;
        let normals = noise.to_kind(Kind::Double);
        let first = normals.select(1, 0);
        let uniforms = ((first / SQRT_2).erf() + 1.0) * 0.5;
        let (component, within) = self.split(&uniforms);
        let again = (open_unit(&within) * 2.0 - 1.0).erfinv() * SQRT_2;
        let normals = Tensor::cat(&[again.unsqueeze(1), normals.narrow(1, 1, dim - 1)], 1);
        let shape = [self.components(), dim, dim];
        let scales = GaussianMixture::tensor(&self.scales, &shape, &normals);
        let means = GaussianMixture::tensor(&self.means, &[self.components(), dim], &normals);
        let offsets =
            scales.index_select(0, &component).matmul(&normals.unsqueeze(2)).squeeze_dim(2);
        (means.index_select(0, &component) + offsets).to_kind(noise.kind())
    }

    fn log_prob(&self, z: &Tensor) -> Tensor {
        let (components, dim) = (self.components(), self.latent_dim as i64);
        let whitening = GaussianMixture::tensor(&self.whitening, &[components * dim, dim], z);
        let means = GaussianMixture::tensor(&self.means, &[components, dim, 1], z);
        let centres = whitening.view([components, dim, dim]).matmul(&means).view([-1]);
        // Of every sample in the coordinates of every component, in which that is a standard normal.
        let whitened = (z.matmul(&whitening.tr()) - centres).view([-1, components, dim]);
        let densities = (sum_coordinates(&whitened.square()) + dim as f64 * TAU.ln()) * -0.5;
        let diagonals = whitening.view([components, dim, dim]).diagonal(0, 1, 2);
        let weights = GaussianMixture::tensor(&self.weights, &[components], z);
        let constants = weights.log() + sum_coordinates(&diagonals.log());
        (densities + constants).logsumexp(1, false)
    }

    fn mean(&self) -> f64 {
        self.moments()[0]
    }

    fn variance(&self) -> f64 {
        self.moments()[1]
    }
}

fn check_shape(name: &str, tensor: &Tensor, expected: &[i64]) -> Result<(), String> {
    if tensor.size() == expected {
        return Ok(());
    }
    Err(format!("{name} {:?}: expected {expected:?}", tensor.size()))
}

/// The tensor's values, all finite.
fn numbers(tensor: &Tensor) -> Result<Vec<f64>, String> {
    let values: Vec<f64> =
        tensor.reshape([-1]).try_into().map_err(|error: tch::TchError| error.to_string())?;
    if values.iter().all(|value| value.is_finite()) {
        return Ok(values);
    }
    Err("a value is not finite".to_owned())
}
