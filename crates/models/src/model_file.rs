//! A model on disk: `model.json`, `decoder.safetensors` and, if it has one, `encoder.safetensors`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Device;

use crate::tensor_file;
use crate::{Decoder, Encoder, Error, ImageShape, LatentModel, Layer, ModelSpec, Parts};

const DESCRIPTION: &str = "model.json";
const DECODER: &str = "decoder.safetensors";
const ENCODER: &str = "encoder.safetensors";
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoder_layers: Option<Vec<String>>,
    parameter_count: i64,
}

/// Writes `model.json`, `decoder.safetensors` and the encoder's file, if there is an encoder, into
/// `folder`. `model.json` comes last: where it is, the model is whole.
///
/// # Errors
/// [`Error::Io`] where the files cannot be written.
pub fn save_model(model: &LatentModel, folder: &Path) -> Result<(), Error> {
    let description = Description {
        format: FORMAT,
        spec: model.spec().clone(),
        image: model.decoder().image(),
        prior: model.posterior().prior().name().to_owned(),
        layers: texts(model.decoder().layers()),
        encoder_layers: model.encoder().map(|encoder| texts(encoder.layers())),
        parameter_count: model.decoder().parameter_count(),
    };
    let path = folder.join(DESCRIPTION);
    let mut json = serde_json::to_string_pretty(&description).map_err(malformed(&path))?;
    json.push('\n');
    tensor_file::write(&folder.join(DECODER), &model.decoder_parameters(), None)?;
    if let Some(encoder) = model.encoder() {
        tensor_file::write(&folder.join(ENCODER), &encoder.named_parameters(), None)?;
    }
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
    build(folder, description, parts, device).map_err(|error| match error {
        error @ (Error::Io { .. } | Error::Malformed { .. }) => error,
        error => Error::Malformed { path, problem: error.to_string() },
    })
}

fn build(
    folder: &Path,
    description: Description,
    parts: &Parts,
    device: Device,
) -> Result<LatentModel, Error> {
    let Description { spec, image, layers, encoder_layers, .. } = description;
    let mut file = tensor_file::read(&folder.join(DECODER))?;
    let mut take = |name: &str, shape: &[i64]| file.take(name, shape, device);
    let decoder = Decoder::from_parameters(parsed(&layers)?, spec.latent_dim, image, &mut take)?;
    let encoder = match (&spec.encoder, encoder_layers) {
        (Some(encoder), Some(layers)) => {
            let row_width = parts.posteriors.get(&spec.posterior)?.row_width(spec.latent_dim);
            let mut file = tensor_file::read(&folder.join(ENCODER))?;
            let take = |name: &str, shape: &[i64]| file.take(name, shape, device);
            let layers = parsed(&layers)?;
            let encoder = Encoder::from_parameters(layers, encoder.input, image, row_width, take)?;
            file.finish()?;
            Some(encoder)
        }
        _ => None,
    };
    let mut model = LatentModel::with_networks(spec, decoder, encoder, parts, device)?;
    model.likelihood_mut().load_parameters(&mut take)?;
    file.finish()?;
    Ok(model)
}

fn texts(layers: &[Layer]) -> Vec<String> {
    layers.iter().map(Layer::to_string).collect()
}

fn parsed(texts: &[String]) -> Result<Vec<Layer>, Error> {
    texts.iter().map(|text| text.parse()).collect()
}

fn malformed(path: &Path) -> impl FnOnce(serde_json::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::Malformed { path, problem: error.to_string() }
}
