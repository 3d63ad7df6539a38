//! A model on disk: `model.json` and `decoder.safetensors`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Device;

use crate::tensor_file::{self, TensorFile};
use crate::{Decoder, Error, ImageShape, LatentModel, Layer, ModelSpec, Parts};

const DESCRIPTION: &str = "model.json";
const PARAMETERS: &str = "decoder.safetensors";
const FORMAT: u32 = 1;

/// The contents of `model.json`.
#[derive(Serialize, Deserialize)]
struct Description {
    format: u32,
    #[serde(flatten)]
    spec: ModelSpec,
    image: ImageShape,
    prior: String,
    layers: Vec<String>,
    parameter_count: i64,
}

/// Writes `model.json` and `decoder.safetensors` into `folder`. `model.json` comes last: where it
/// is, the model is whole.
///
/// # Errors
/// [`Error::Io`] where the files cannot be written.
pub fn save_model(model: &LatentModel, folder: &Path) -> Result<(), Error> {
    let description = Description {
        format: FORMAT,
        spec: model.spec().clone(),
        image: model.decoder().image(),
        prior: model.posterior().prior().name().to_owned(),
        layers: model.decoder().layers().iter().map(Layer::to_string).collect(),
        parameter_count: model.decoder().parameter_count(),
    };
    let path = folder.join(DESCRIPTION);
    let mut json = serde_json::to_string_pretty(&description).map_err(malformed(&path))?;
    json.push('\n');
    tensor_file::write(&folder.join(PARAMETERS), &model.named_parameters(), None)?;
    tensor_file::write_atomically(&path, json.as_bytes())
}

/// Reads what [`save_model`] wrote, to `device`.
///
/// # Errors
/// [`Error::Io`] or [`Error::Malformed`] where a file is missing, damaged, or from another format;
/// also where names, shapes or types of the tensors differ from what `model.json` describes, or a
/// part that it names is not among `parts`.
pub fn load_model(folder: &Path, parts: &Parts, device: Device) -> Result<LatentModel, Error> {
    let path = folder.join(DESCRIPTION);
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let description: Description = serde_json::from_str(&text).map_err(malformed(&path))?;
    if description.format != FORMAT {
        let problem = format!("format {}, expected {FORMAT}", description.format);
        return Err(Error::Malformed { path, problem });
    }
    let mut file = tensor_file::read(&folder.join(PARAMETERS))?;
    let model = build(description, &mut file, parts, device).map_err(|error| match error {
        error @ (Error::Io { .. } | Error::Malformed { .. }) => error,
        error => Error::Malformed { path, problem: error.to_string() },
    })?;
    file.finish()?;
    Ok(model)
}

fn build(
    description: Description,
    file: &mut TensorFile,
    parts: &Parts,
    device: Device,
) -> Result<LatentModel, Error> {
    let Description { spec, image, layers, .. } = description;
    let layers = layers.iter().map(|text| text.parse()).collect::<Result<Vec<Layer>, _>>()?;
    let mut take = |name: &str, shape: &[i64]| file.take(name, shape, device);
    let decoder = Decoder::from_parameters(layers, spec.latent_dim, image, &mut take)?;
    let mut model = LatentModel::with_decoder(spec, decoder, parts, device)?;
    model.likelihood_mut().load_parameters(&mut take)?;
    Ok(model)
}

fn malformed(path: &Path) -> impl FnOnce(serde_json::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::Malformed { path, problem: error.to_string() }
}
