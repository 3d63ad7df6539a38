//! Latents on disk: one tensor per constrained parameter, the images' indices, and their digest.

use std::collections::HashMap;
use std::path::Path;

use autodecoder_distributions::Posterior;
use autodecoder_models::tensor_file;
use tch::{Device, Tensor};

use crate::Error;

/// The metadata that holds the images' digest.
const IMAGES: &str = "images";
/// The metadata that holds the images' keys, as a list in JSON.
const KEYS: &str = "keys";

/// The rows of some images.
#[derive(Debug)]
pub struct Latents {
    /// Unconstrained rows, `[N, row_width]`.
    pub rows: Tensor,
    /// Each image's index in its set.
    pub index: Vec<u32>,
    /// The images' [`image_digest`](crate::image_digest): indices alone do not tell data sets apart.
    pub images: String,
    /// Each image's key, such as the name of its file; `None` where images are known by their index.
    pub keys: Option<Vec<String>>,
}

impl Latents {
    /// What each image is known by: its key, or its index.
    pub fn names(&self) -> Vec<String> {
        match &self.keys {
            Some(keys) => keys.clone(),
            None => self.index.iter().map(u32::to_string).collect(),
        }
    }
}

/// Writes `latents` in the constrained form, one tensor `[N, latent_dim]` per parameter of
/// `posterior`, and `index` (`i64`, `[N]`); the images' digest is the metadata `images`,
/// and their keys, if they have any, the metadata `keys`, a list in JSON.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_latents(
    path: &Path,
    posterior: &dyn Posterior,
    latents: &Latents,
) -> Result<(), Error> {
    let names = posterior.parameter_names().iter().map(|name| (*name).to_owned());
    let mut tensors: Vec<_> = names.zip(posterior.constrain(&latents.rows)).collect();
    let index: Vec<i64> = latents.index.iter().map(|&index| i64::from(index)).collect();
    tensors.push(("index".to_owned(), Tensor::from_slice(&index)));
    let mut metadata = HashMap::from([(IMAGES.to_owned(), latents.images.clone())]);
    if let Some(keys) = &latents.keys {
        metadata.insert(KEYS.to_owned(), serde_json::json!(keys).to_string());
    }
    Ok(tensor_file::write(path, &tensors, Some(metadata))?)
}

/// Reads what [`write_latents`] wrote; the rows go to `device`.
///
/// # Errors
/// Where the file is damaged, or does not hold the parameters of `posterior` for `latent_dim`.
pub fn read_latents(
    path: &Path,
    posterior: &dyn Posterior,
    latent_dim: i64,
    device: Device,
) -> Result<Latents, Error> {
    let malformed = |problem| {
        let path = path.to_owned();
        autodecoder_models::Error::Malformed { path, problem }
    };
    let mut file = tensor_file::read(path)?;
    let numbers = file.take_integers("index")?;
    let index: Result<Vec<u32>, _> = numbers.iter().map(|&number| u32::try_from(number)).collect();
    let index = index.map_err(|error| malformed(format!("index: {error}")))?;
    let size = [numbers.len() as i64, latent_dim];
    let mut parameters = Vec::new();
    for name in posterior.parameter_names() {
        parameters.push(file.take(name, &size, device)?);
    }
    let images = file.metadata.remove(IMAGES);
    let images = images.ok_or_else(|| malformed(format!("the metadata {IMAGES} is missing")))?;
    let keys = match file.metadata.remove(KEYS) {
        None => None,
        Some(text) => {
            let keys: Vec<String> = serde_json::from_str(&text)
                .map_err(|error| malformed(format!("the metadata {KEYS}: {error}")))?;
            if keys.len() != index.len() {
                let (found, expected) = (keys.len(), index.len());
                return Err(malformed(format!("{found} keys, expected {expected}")).into());
            }
            Some(keys)
        }
    };
    file.finish()?;
    Ok(Latents { rows: posterior.unconstrain(&parameters), index, images, keys })
}
