//! Training that starts from an earlier run, such as one on fewer images.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use autodecoder_data::Scaling;
use autodecoder_models::{LatentModel, load_model};
use autodecoder_training::{DeviceImages, Latents, Trainer, read_latents};
use tch::Tensor;

use super::finite;
use crate::experiment::{Experiment, ModelConfig};
use crate::images::SCALING;
use crate::progress::{Progress, say};
use crate::results::read_json;
use crate::run_folder::RunFolder;
use crate::session::Session;

/// How the earlier run scaled its table, if there is such a run and it had one: its models know no other
/// units.
///
/// # Errors
/// Where the file cannot be read.
pub(crate) fn scaling(experiment: &Experiment) -> Result<Option<Scaling>> {
    let Some(run) = &experiment.rows_from else { return Ok(None) };
    let folder = RunFolder::at(run);
    let paths = experiment.models.iter().map(|config| folder.model(&config.name).join(SCALING));
    match paths.into_iter().find(|path| path.exists()) {
        Some(path) => Ok(Some(read_json(&path)?)),
        None => Ok(None),
    }
}

/// Gives `trainer` the parameters and rows of the earlier run's model of the same name, where the
/// experiment names such a run: an image that the run knew keeps its row, and the rows of new ones are
/// inferred by the earlier model.
///
/// # Errors
/// Where the earlier run has no such model, or one of other parts or sizes.
pub(super) fn start<'a>(
    session: &Session,
    config: &'a ModelConfig,
    model: &'a LatentModel,
    trainer: Trainer<'a>,
) -> Result<Trainer<'a>> {
    let Some(run) = &session.experiment.rows_from else { return Ok(trainer) };
    let wrong = || format!("rows_from = {:?}, model {:?}", run.display(), config.name);
    let rows = adopt(session, config, model, run).with_context(wrong)?;
    Ok(trainer.with_rows(&rows))
}

/// Copies the earlier parameters into `model`; the rows to begin with, `[N, row_width]`.
fn adopt(
    session: &Session,
    config: &ModelConfig,
    model: &LatentModel,
    run: &Path,
) -> Result<Tensor> {
    let folder = RunFolder::at(run);
    let earlier = load_model(&folder.model(&config.name), &session.catalogue.parts, session.device)
        .context("no trained model there; give the folder of a run that was trained")?;
    let (old, new) = (earlier.spec(), model.spec());
    ensure!(
        (&old.posterior, old.latent_dim) == (&new.posterior, new.latent_dim),
        "the earlier model has posterior {} and latent_dim {}, this one {} and {}",
        old.posterior,
        old.latent_dim,
        new.posterior,
        new.latent_dim
    );
    copy_parameters(&earlier, model)?;
    let path = folder.train_latents(&config.name);
    let latents = read_latents(&path, model.posterior(), new.latent_dim, session.device)?;
    rows(session, config, model, &latents)
}

fn copy_parameters(from: &LatentModel, to: &LatentModel) -> Result<()> {
    let (from, to) = (from.named_parameters(), to.named_parameters());
    let shapes = |named: &[(String, Tensor)]| -> Vec<(String, Vec<i64>)> {
        named.iter().map(|(name, tensor)| (name.clone(), tensor.size())).collect()
    };
    ensure!(
        shapes(&from) == shapes(&to),
        "the earlier model has other layers than this one; the images or the decoder differ in size"
    );
    tch::no_grad(|| {
        for ((_, from), (_, mut to)) in from.into_iter().zip(to) {
            to.copy_(&from);
        }
    });
    Ok(())
}

/// The earlier rows of images that were known, and inferred ones of the others.
fn rows(
    session: &Session,
    config: &ModelConfig,
    model: &LatentModel,
    earlier: &Latents,
) -> Result<Tensor> {
    let set = &session.images.train;
    let names = match set.keys() {
        Some(keys) => keys.to_vec(),
        None => set.index().iter().map(u32::to_string).collect(),
    };
    let known: HashMap<String, i64> = earlier.names().into_iter().zip(0..).collect();
    let places: Vec<Option<i64>> = names.iter().map(|name| known.get(name).copied()).collect();
    let new: Vec<usize> = (0..names.len()).filter(|&row| places[row].is_none()).collect();
    let kept = names.len() - new.len();
    say(&format!("{}: {kept} rows of the earlier run, {} new ones", config.name, new.len()));
    if new.is_empty() {
        let places: Vec<i64> = places.into_iter().flatten().collect();
        return Ok(earlier.rows.index_select(0, &on_device(&places, session)));
    }
    let images = DeviceImages::new(&set.select(&new), session.device);
    let mut progress = Progress::new(format!("infer new rows of {}", config.name));
    let inferred = finite::infer(session, config, model, &images, &mut progress)?;
    progress.clear();
    // New rows lie behind the old ones here, in the order of `new`.
    let mut behind = earlier.rows.size()[0]..;
    let places: Vec<i64> =
        places.into_iter().filter_map(|place| place.or_else(|| behind.next())).collect();
    let all = Tensor::cat(&[&earlier.rows, &inferred], 0);
    Ok(all.index_select(0, &on_device(&places, session)))
}

fn on_device(places: &[i64], session: &Session) -> Tensor {
    Tensor::from_slice(places).to_device(session.device)
}
