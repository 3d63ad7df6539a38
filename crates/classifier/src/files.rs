//! A classifier on disk: `classifier.json` and `classifier.safetensors`.

use std::path::Path;

use autodecoder_models::tensor_file::{self, TensorFile};
use autodecoder_models::{Error, ImageShape, Layer};
use serde::{Deserialize, Serialize};
use tch::Device;

use crate::{Classifier, ClassifierConfig};

const DESCRIPTION: &str = "classifier.json";
const PARAMETERS: &str = "classifier.safetensors";
const FORMAT: u32 = 1;

/// Where a classifier comes from, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Name of the data set.
    pub set: String,
    /// The classes' names, by label.
    pub classes: Vec<String>,
    /// How it was trained.
    pub config: ClassifierConfig,
    /// The seed of its random streams.
    pub seed: u64,
    /// Training images.
    pub train: usize,
    /// SHA-256 of their pixels.
    pub train_images: String,
    /// Test images.
    pub test: usize,
    /// Share of the test images that it names rightly.
    pub test_accuracy: f64,
}

/// The contents of `classifier.json`.
#[derive(Serialize, Deserialize)]
struct Contents {
    format: u32,
    #[serde(flatten)]
    description: Description,
    image: ImageShape,
    layers: Vec<String>,
    parameter_count: i64,
}

/// Writes both files into `folder`. `classifier.json` comes last: where it is, the classifier is whole.
///
/// # Errors
/// [`Error::Io`] where they cannot be written.
pub fn save_classifier(
    classifier: &Classifier,
    description: &Description,
    folder: &Path,
) -> Result<(), Error> {
    let network = classifier.network();
    let contents = Contents {
        format: FORMAT,
        description: description.clone(),
        image: classifier.image(),
        layers: network.layers().iter().map(Layer::to_string).collect(),
        parameter_count: network.parameter_count(),
    };
    let path = folder.join(DESCRIPTION);
    let mut json = serde_json::to_string_pretty(&contents).map_err(malformed(&path))?;
    json.push('\n');
    tensor_file::write(&folder.join(PARAMETERS), &network.named_parameters(), None)?;
    tensor_file::write_atomically(&path, json.as_bytes())
}

/// Reads what [`save_classifier`] wrote, to `device`.
///
/// # Errors
/// [`Error::Io`] or [`Error::Malformed`] where a file is missing, damaged, or from another format.
pub fn load_classifier(folder: &Path, device: Device) -> Result<(Classifier, Description), Error> {
    let path = folder.join(DESCRIPTION);
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let contents: Contents = serde_json::from_str(&text).map_err(malformed(&path))?;
    if contents.format != FORMAT {
        let problem = format!("format {}, expected {FORMAT}", contents.format);
        return Err(Error::Malformed { path, problem });
    }
    let mut file = tensor_file::read(&folder.join(PARAMETERS))?;
    let classifier = build(&contents, &mut file, device).map_err(|error| match error {
        error @ (Error::Io { .. } | Error::Malformed { .. }) => error,
        error => Error::Malformed { path, problem: error.to_string() },
    })?;
    file.finish()?;
    Ok((classifier, contents.description))
}

fn build(contents: &Contents, file: &mut TensorFile, device: Device) -> Result<Classifier, Error> {
    let layers: Vec<Layer> =
        contents.layers.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let classes = contents.description.classes.len() as i64;
    Classifier::from_parameters(layers, contents.image, classes, |name, shape| {
        file.take(name, shape, device)
    })
}

fn malformed(path: &Path) -> impl FnOnce(serde_json::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::Malformed { path, problem: error.to_string() }
}
