//! A model from its folder alone, and what the run around it says of how to use it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use autodecoder_data::{ImageSet, Scaling};
use autodecoder_evaluation::{self as evaluation, InferenceConfig, PriorKind};
use autodecoder_models::{LatentModel, ModelKind, load_model};
use autodecoder_training::{DeviceImages, Streams, read_latents};
use tch::{Device, Tensor};

use crate::Catalogue;
use crate::experiment::{self, Experiment};
use crate::images::SCALING;
use crate::pipeline::under_prior;
use crate::progress::Progress;
use crate::results::read_json;
use crate::run_folder::{RunFolder, TRAIN_LATENTS};

/// A trained model that new files are shown to.
#[derive(Debug)]
pub(crate) struct AppliedModel {
    pub model: LatentModel,
    /// How the columns of its table are scaled; `None` for images.
    pub scaling: Option<Scaling>,
    /// Height and width that pictures are resized to.
    pub size: Option<[usize; 2]>,
    pub streams: Streams,
    pub device: Device,
    inference: InferenceConfig,
    catalogue: Catalogue,
}

impl AppliedModel {
    /// The model in `folder`. The run's `experiment.toml`, two folders up, says how rows are fitted; where
    /// there is none, the defaults hold. A `prior` that is given is what they are held near, whatever is said
    /// there.
    ///
    /// # Errors
    /// Where the folder holds no trained model, one of its files is damaged, or no such prior can be fitted to
    /// the rows of its training images.
    pub fn load(
        folder: &Path,
        prior: Option<PriorKind>,
        catalogue: &Catalogue,
        device: Device,
    ) -> Result<AppliedModel> {
        ensure!(
            folder.join("model.json").exists(),
            "{}: there is no model here (no model.json); give a model's folder, such as \
             runs/own/models/vad",
            folder.display()
        );
        let model = load_model(folder, &catalogue.parts, device)?;
        let path = folder.join(SCALING);
        let scaling = if path.exists() { Some(read_json(&path)?) } else { None };
        let experiment = experiment_of(folder, &model, catalogue)?;
        let name = &model.spec().name;
        let mut inference = experiment.model(name)?.inference.clone();
        inference.prior = prior.unwrap_or(inference.prior);
        let streams = Streams::new(experiment.seed);
        let model = match inference.prior {
            PriorKind::Model => model,
            fitted => under_fitted_prior(folder, model, fitted, &streams, device)?,
        };
        Ok(AppliedModel {
            scaling,
            size: experiment.data.size,
            streams,
            device,
            inference,
            catalogue: catalogue.clone(),
            model,
        })
    }

    /// Rows `[N, row_width]` fitted to all images of `set`; `what` is shown meanwhile.
    ///
    /// # Errors
    /// Where the user asks for a stop, and where a row is not finite.
    pub fn infer(&self, set: &ImageSet, what: &str) -> Result<Tensor> {
        let images = DeviceImages::new(set, self.device);
        let mut progress = Progress::new(what.to_owned());
        let optimisers = &self.catalogue.optimisers;
        let rows = evaluation::infer(
            &self.model,
            &images,
            &self.inference,
            optimisers,
            &self.streams,
            &mut progress,
        );
        progress.clear();
        let rows = rows?;
        ensure!(
            rows.isfinite().all().int64_value(&[]) == 1,
            "the rows that inference fits are not finite: the data lie far from those of training"
        );
        Ok(rows)
    }
}

/// `model` under the prior that is fitted to the rows of its training images, which lie beside it.
fn under_fitted_prior(
    folder: &Path,
    model: LatentModel,
    prior: PriorKind,
    streams: &Streams,
    device: Device,
) -> Result<LatentModel> {
    let spec = model.spec();
    ensure!(
        spec.kind == ModelKind::VariationalAutoDecoder,
        "{}: {} fits no posteriors that could be held near a mixture; leave out --prior",
        folder.display(),
        spec.kind
    );
    let path = folder.join(TRAIN_LATENTS);
    let train = read_latents(&path, model.posterior(), spec.latent_dim, device).context(
        "a mixture is fitted to the rows of the training images; without them give --prior model",
    )?;
    under_prior(model, prior, &train.rows, streams)
}

/// The experiment that the model was trained by, or one of the defaults.
fn experiment_of(folder: &Path, model: &LatentModel, catalogue: &Catalogue) -> Result<Experiment> {
    let absolute = std::path::absolute(folder)?;
    let run = absolute.parent().and_then(Path::parent).map(RunFolder::at);
    if let Some(run) = run.filter(|run| run.experiment_file().exists()) {
        let (experiment, _) = run.read(catalogue)?;
        if experiment.model(&model.spec().name).is_ok() {
            return Ok(experiment);
        }
    }
    let spec = model.spec();
    let mut table = toml::Table::new();
    table.insert("name".to_owned(), spec.name.clone().into());
    table.insert("kind".to_owned(), toml::Value::try_from(spec.kind).context("a model's kind")?);
    let mut experiment = toml::Table::new();
    experiment.insert("models".to_owned(), vec![toml::Value::Table(table)].into());
    experiment::parse(&experiment.to_string(), "defaults", catalogue)
}
