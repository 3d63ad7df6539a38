//! A Gaussian around every training latent.

use autodecoder_distributions::Prior;
use autodecoder_models::tensor_file::TensorFile;
use autodecoder_training::standard_normal;
use rand::{Rng, RngCore};
use tch::{Device, Kind, Tensor};

use super::standardised::Standardised;
use super::{Sampler, SamplerError, SamplerFamily, even_positions, row_count};

/// Latents whose leave-one-out likelihood chooses the bandwidth.
const PROBES: i64 = 2000;
/// Probes of a block of the distance matrix.
const BLOCK: usize = 250;
/// Bandwidths that are tried, in standard deviations of a dimension: from the least on, each so many
/// times the one before.
const LEAST: f64 = 0.05;
const RATIO: f64 = 1.15;
const TRIED: i32 = 26;

/// `kde`: a kernel density estimate. A sample is a training latent, each as likely, plus Gaussian noise.
///
/// The noise's deviation is `h` times a dimension's own. `h` is the one of 26 values from 0.05 to 1.6
/// with the largest leave-one-out likelihood of 2,000 of the latents (Duin 1976). Scott's rule, which
/// is made for densities that are themselves Gaussian, comes out several times wider in many
/// dimensions.
#[derive(Debug, Clone, Copy)]
pub struct KernelDensity;

#[derive(Debug)]
struct Kernels {
    /// `[N, latent_dim]`.
    latents: Tensor,
    /// `[latent_dim]`.
    bandwidth: Tensor,
}

impl SamplerFamily for KernelDensity {
    fn name(&self) -> &'static str {
        "kde"
    }

    fn fit(
        &self,
        latents: &Tensor,
        _rng: &mut dyn RngCore,
    ) -> Result<Box<dyn Sampler>, SamplerError> {
        let standardised = Standardised::new(latents);
        let bandwidth = standardised.deviation * best_width(&standardised.values);
        let bandwidth = bandwidth.to_kind(Kind::Float).to_device(latents.device());
        Ok(Box::new(Kernels { latents: latents.copy(), bandwidth }))
    }

    fn load(
        &self,
        file: &mut TensorFile,
        latent_dim: i64,
        device: Device,
    ) -> Result<Box<dyn Sampler>, SamplerError> {
        let rows = row_count(file, "latents");
        Ok(Box::new(Kernels {
            latents: file.take("latents", &[rows, latent_dim], device)?,
            bandwidth: file.take("bandwidth", &[latent_dim], device)?,
        }))
    }
}

impl Sampler for Kernels {
    fn sample(&self, count: i64, _prior: &dyn Prior, rng: &mut dyn RngCore) -> Tensor {
        let mut rng = rng;
        let size = self.latents.size();
        let picks: Vec<i64> = (0..count).map(|_| rng.random_range(0..size[0])).collect();
        let device = self.latents.device();
        let noise = standard_normal(count, size[1], device, &mut rng);
        let picks = Tensor::from_slice(&picks).to_device(device);
        self.latents.index_select(0, &picks) + noise * &self.bandwidth
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        let named = |name: &str, tensor: &Tensor| (name.to_owned(), tensor.shallow_clone());
        vec![named("latents", &self.latents), named("bandwidth", &self.bandwidth)]
    }
}

/// The width, of those that are tried, with the largest leave-one-out likelihood.
fn best_width(standardised: &Tensor) -> f64 {
    let widths: Vec<f64> = (0..TRIED).map(|power| LEAST * RATIO.powi(power)).collect();
    let likelihoods = leave_one_out(standardised, &widths);
    let scored = widths.into_iter().zip(likelihoods);
    scored.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(LEAST, |(width, _)| width)
}

/// For each of `widths` the log likelihood of probes among `latents` `[N, d]`, each under the kernels of
/// all the others, summed over the probes, but for a constant.
fn leave_one_out(latents: &Tensor, widths: &[f64]) -> Vec<f64> {
    let size = latents.size();
    let mut sums = vec![0.0; widths.len()];
    for places in even_positions(size[0], PROBES).chunks(BLOCK) {
        let places = Tensor::from_slice(places);
        let probes = latents.index_select(0, &places);
        let mut squares = Tensor::cdist(&probes, latents, 2.0, None::<i64>).square();
        let itself = places.unsqueeze(1);
        let far = Tensor::full(itself.size(), f64::INFINITY, (Kind::Double, Device::Cpu));
        let _ = squares.scatter_(1, &itself, &far);
        for (sum, width) in sums.iter_mut().zip(widths) {
            let kernels = (&squares * (-0.5 / (width * width))).logsumexp([1i64].as_slice(), false);
            let normalised = kernels - size[1] as f64 * width.ln();
            *sum += normalised.sum(Kind::Double).double_value(&[]);
        }
    }
    sums
}
