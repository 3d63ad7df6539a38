//! Maps of the latent spaces.

use anyhow::{Context, Result};
use autodecoder_visualization::scatter::Scatter;
use autodecoder_visualization::tsne::{TsneMap, TsneOptions, embed, trustworthiness};
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use crate::progress::{Progress, say};
use crate::results::{ModelResults, Results, TsneResults};
use crate::session::Session;

/// File name of a model's map, without its ending.
pub fn map_name(model: &str) -> String {
    format!("tsne-{model}")
}

/// File names of a model's map.
pub(super) fn map_files(model: &str) -> [String; 2] {
    ["png", "svg"].map(|ending| format!("{}.{ending}", map_name(model)))
}

/// Neighbours of each point that a map's trustworthiness looks at: scikit-learn's default, so that
/// others' numbers compare. A map of ten points or fewer has no room for so many.
const NEIGHBOURS: usize = 5;

struct Latents {
    values: Vec<f32>,
    samples: usize,
    dimensions: usize,
}

/// Maps the posterior means of (up to `figures.tsne.points`) training images of each model, and
/// notes the maps' exact KL divergences and trustworthiness in `results.json`. Models that have a map,
/// and its files, are left alone.
///
/// # Errors
/// Where the run was not evaluated yet, the perplexity is too large for the number of images, or a
/// file cannot be written. A stop is not heeded meanwhile: the descent is one call into a library,
/// and maps that are made are kept.
pub fn tsne(session: &Session) -> Result<()> {
    let path = session.folder.results();
    let mut results = Results::read(&path)?.context("no results.json yet: evaluate first")?;
    let missing: Vec<&str> = session
        .experiment
        .models
        .iter()
        .map(|config| config.name.as_str())
        .filter(|name| {
            let noted = results.models.get(*name).is_some_and(ModelResults::has_map);
            !noted || map_files(name).iter().any(|file| !session.folder.figure(file).exists())
        })
        .collect();
    let latents =
        missing.iter().map(|name| means(session, name)).collect::<Result<Vec<Latents>>>()?;
    // One map keeps one core busy, so the models' maps are made side by side.
    let options = options(session);
    let progress = Progress::spinner(format!("tsne {}", missing.join(", ")));
    let maps: Vec<_> =
        latents.par_iter().map(|l| embed(&l.values, l.samples, l.dimensions, &options)).collect();
    progress.clear();
    for ((name, map), latents) in missing.into_iter().zip(maps).zip(&latents) {
        let map = map.with_context(|| format!("t-SNE of {name}"))?;
        draw(session, name, &map)?;
        let quality = judge(&map, latents)?;
        say(&format!("tsne {name}: KL {:.3} in {:.1} s", map.kl, map.seconds));
        if let Some(entry) = results.models.get_mut(name) {
            entry.tsne = Some(quality);
        }
    }
    results.write(&path)
}

fn judge(map: &TsneMap, latents: &Latents) -> Result<TsneResults> {
    let Latents { values, samples, dimensions } = latents;
    let neighbours = NEIGHBOURS.min(samples.saturating_sub(1) / 2);
    let trust = trustworthiness(values, *samples, *dimensions, &map.points, neighbours)?;
    Ok(TsneResults {
        points: map.points.len(),
        perplexity: map.perplexity,
        kl: map.kl,
        trustworthiness: Some(trust),
        trustworthiness_neighbours: Some(neighbours),
    })
}

fn options(session: &Session) -> TsneOptions {
    let config = &session.experiment.figures.tsne;
    let mut options = TsneOptions { perplexity: config.perplexity, ..TsneOptions::default() };
    options.epochs = config.epochs;
    options.exaggeration_epochs = options.exaggeration_epochs.min(config.epochs / 4);
    options
}

fn means(session: &Session, name: &str) -> Result<Latents> {
    let trained = session.load(session.experiment.model(name)?)?;
    let means = trained.model.posterior().mean(&trained.train.rows);
    let positions: Vec<i64> = mapped(session).into_iter().map(|position| position as i64).collect();
    let positions = Tensor::from_slice(&positions).to_device(session.device);
    let picked = means.index_select(0, &positions).to_device(Device::Cpu).to_kind(Kind::Float);
    let size = picked.size();
    let mut values = vec![0f32; picked.numel()];
    picked.contiguous().f_copy_data(&mut values, picked.numel())?;
    Ok(Latents { values, samples: size[0] as usize, dimensions: size[1] as usize })
}

/// Positions of the training images on the maps: evenly spaced, so that classes stay balanced.
fn mapped(session: &Session) -> Vec<usize> {
    let all = session.images.train.len();
    let points = session.experiment.figures.tsne.points.min(all);
    (0..points).map(|point| point * all / points).collect()
}

fn draw(session: &Session, name: &str, map: &TsneMap) -> Result<()> {
    let labels = session.images.train.labels();
    let scatter = Scatter {
        points: map.points.clone(),
        labels: mapped(session).into_iter().map(|position| labels[position]).collect(),
        classes: session.images.classes.clone(),
        ..Scatter::default()
    };
    let drawing = scatter.draw()?;
    let [png, svg] = map_files(name).map(|file| session.folder.figure(&file));
    drawing.save_png(png)?;
    Ok(drawing.save_svg(svg)?)
}
