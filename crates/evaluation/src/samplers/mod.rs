//! Where the latents of new images come from: densities fitted to the latents of the training images.
//!
//! Training leaves latents where the images pulled them, and not in the shape of any prior. A
//! [`Sampler`] is fitted to them afterwards (as in Ghosh et al. 2020, arXiv:1903.12436) and draws new
//! ones; the decoder does not change.

mod error;
mod kernel_density;
mod mixture;
mod prior;
mod standardised;

use std::collections::HashMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use autodecoder_distributions::{Posterior, Prior, Registry};
use autodecoder_models::tensor_file::{self, TensorFile};
use autodecoder_training::latent_noise;
use rand::RngCore;
use tch::{Device, Tensor};

pub use error::SamplerError;
pub use kernel_density::KernelDensity;
pub use mixture::Mixture;
pub use prior::FromPrior;

/// Latents that a density is fitted to at most; they are taken evenly from all.
const MOST_LATENTS: i64 = 10_000;
/// The string of a sampler's file that names it.
const NAME: &str = "sampler";

/// A fitted density over latents.
pub trait Sampler: Debug {
    /// Draws `count` latents, `[count, latent_dim]`, where the fitted latents lay. All randomness is
    /// `rng`'s. `prior` is the model's.
    fn sample(&self, count: i64, prior: &dyn Prior, rng: &mut dyn RngCore) -> Tensor;

    /// The density as a prior that posteriors can be held near; `None` where nobody wrote it.
    ///
    /// # Errors
    /// Where what was fitted is no density.
    fn density(&self) -> Result<Option<Arc<dyn Prior>>, SamplerError> {
        Ok(None)
    }

    /// What was fitted, by name, f32.
    fn parameters(&self) -> Vec<(String, Tensor)>;
}

/// A way to fit a [`Sampler`].
pub trait SamplerFamily: Debug + Send + Sync {
    /// The name in results and files, such as `mixture`.
    fn name(&self) -> &'static str;

    /// Fits a density to `latents` `[N, latent_dim]`, f32.
    ///
    /// # Errors
    /// Where the latents do not let themselves be fitted.
    fn fit(
        &self,
        latents: &Tensor,
        rng: &mut dyn RngCore,
    ) -> Result<Box<dyn Sampler>, SamplerError>;

    /// Takes back what [`Sampler::parameters`] gave, from a file.
    ///
    /// # Errors
    /// Where a tensor is missing, or of another shape.
    fn load(
        &self,
        file: &mut TensorFile,
        latent_dim: i64,
        device: Device,
    ) -> Result<Box<dyn Sampler>, SamplerError>;
}

/// The samplers that this project ships, by name.
pub fn samplers() -> Registry<dyn SamplerFamily> {
    let families: [Arc<dyn SamplerFamily>; 3] =
        [Arc::new(FromPrior), Arc::new(Mixture::default()), Arc::new(KernelDensity)];
    families
        .into_iter()
        .fold(Registry::new("sampler"), |all, family| all.with(family.name(), family))
}

/// A sample of each row's posterior, `[N, latent_dim]`: together, a sample of the aggregated posterior,
/// which is what the decoder was trained on. Means alone would leave out the posteriors' widths.
pub fn posterior_samples(
    posterior: &dyn Posterior,
    rows: &Tensor,
    rng: &mut dyn RngCore,
) -> Tensor {
    let mut rng = rng;
    let latent_dim = posterior.mean(&rows.narrow(0, 0, 1)).size()[1];
    let count = rows.size()[0];
    let noise = latent_noise(posterior.noise(), count, latent_dim, rows.device(), &mut rng);
    posterior.rsample(rows, &noise)
}

/// Fits the sampler of `family` to `latents` `[N, latent_dim]`, or to 10,000 of them, evenly taken.
///
/// # Errors
/// Where there is no latent, one is not finite, or the family cannot fit them.
pub fn fit_sampler(
    family: &dyn SamplerFamily,
    latents: &Tensor,
    rng: &mut dyn RngCore,
) -> Result<Box<dyn Sampler>, SamplerError> {
    if latents.size()[0] == 0 || latents.isfinite().all().int64_value(&[]) == 0 {
        return Err(SamplerError::Latents);
    }
    family.fit(&evenly(latents, MOST_LATENTS), rng)
}

/// At most `most` of `rows` `[N, …]`, evenly spaced.
pub fn evenly(rows: &Tensor, most: i64) -> Tensor {
    let positions = even_positions(rows.size()[0], most);
    rows.index_select(0, &Tensor::from_slice(&positions).to_device(rows.device()))
}

/// `most` places, evenly spaced, of `count`, or all.
fn even_positions(count: i64, most: i64) -> Vec<i64> {
    let taken = count.min(most);
    (0..taken).map(|place| place * count / taken).collect()
}

/// How many rows the tensor `name` of a sampler's file has. Where there are none, or no tensor, 1: there
/// would be nothing to draw from, and taking one row is an error then.
fn row_count(file: &TensorFile, name: &str) -> i64 {
    let rows = file.shape(name).and_then(|shape| shape.first().copied());
    rows.unwrap_or(1).max(1)
}

/// Writes a sampler's parameters to `path`.
///
/// # Errors
/// Where the file cannot be written.
pub fn save_sampler(path: &Path, name: &str, sampler: &dyn Sampler) -> Result<(), SamplerError> {
    let strings = HashMap::from([(NAME.to_owned(), name.to_owned())]);
    Ok(tensor_file::write(path, &sampler.parameters(), Some(strings))?)
}

/// Reads what [`save_sampler`] wrote of a sampler of `family`, to `device`.
///
/// # Errors
/// Where the file is damaged, or holds another sampler, or one for another `latent_dim`.
pub fn load_sampler(
    path: &Path,
    family: &dyn SamplerFamily,
    latent_dim: i64,
    device: Device,
) -> Result<Box<dyn Sampler>, SamplerError> {
    let mut file = tensor_file::read(path)?;
    let found = file.metadata.get(NAME).cloned().unwrap_or_default();
    if found != family.name() {
        let problem = format!("the sampler {found:?}, expected {:?}", family.name());
        return Err(autodecoder_models::Error::Malformed { path: path.to_owned(), problem }.into());
    }
    let sampler = family.load(&mut file, latent_dim, device)?;
    file.finish()?;
    Ok(sampler)
}
