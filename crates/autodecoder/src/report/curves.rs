//! Loss curves.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use autodecoder_visualization::report::{Block, Figure, Picture};

use super::facts::{Facts, ModelFacts};
use crate::experiment::Experiment;
use crate::metrics_csv::MetricsRow;

/// Charts of the objective and of the KL term of the variational models, and of the objective of the
/// others; also written to the run's figures.
pub(super) fn figures(facts: &Facts) -> Result<Vec<Block>> {
    let vads = names(facts, true);
    let ads = names(facts, false);
    let charts = [
        ("vad-objective", &vads, "objective, nats per image", objective as Column),
        ("vad-kl", &vads, "KL, nats per image", kl),
        ("ad-objective", &ads, "objective, nats per image", objective),
    ];
    let mut blocks = Vec::new();
    for (name, models, label, column) in charts {
        if !models.is_empty() {
            blocks.push(Block::Figure(figure(facts, name, models, label, column)?));
        }
    }
    Ok(blocks)
}

/// File names of the curves that [`figures`] draws of an experiment's models.
pub(crate) fn curve_files(experiment: &Experiment) -> Vec<String> {
    let charts = [(true, "vad-objective"), (true, "vad-kl"), (false, "ad-objective")];
    let drawn = |variational| {
        experiment.models.iter().any(|model| model.kind.is_variational() == variational)
    };
    let names = charts.into_iter().filter(|(variational, _)| drawn(*variational));
    names.flat_map(|(_, name)| ["png", "svg"].map(|ending| curve_file(name, ending))).collect()
}

fn curve_file(name: &str, ending: &str) -> String {
    format!("curve-{name}.{ending}")
}

type Column = fn(&MetricsRow) -> Option<f64>;

fn objective(row: &MetricsRow) -> Option<f64> {
    Some(row.objective)
}

fn kl(row: &MetricsRow) -> Option<f64> {
    row.kl
}

fn names<'a>(facts: &'a Facts, variational: bool) -> Vec<&'a str> {
    let chosen = |model: &&ModelFacts| model.config.kind.is_variational() == variational;
    facts.models.iter().filter(chosen).map(ModelFacts::name).collect()
}

fn figure(
    facts: &Facts,
    name: &str,
    models: &[&str],
    label: &str,
    column: Column,
) -> Result<Figure> {
    let chart = LineChart {
        x_label: "epoch".to_owned(),
        y_label: label.to_owned(),
        series: models.iter().map(|model| series(facts, model, column)).collect(),
        clip: 0.04,
        height: 300.0,
        ..LineChart::default()
    };
    let drawing = chart.draw()?;
    let file = |ending: &str| facts.session.folder.figure(&curve_file(name, ending));
    drawing.save_png(file("png"))?;
    drawing.save_svg(file("svg"))?;
    let what = label.split(',').next().unwrap_or(label);
    Ok(Figure::new(
        format!("curve-{name}"),
        Picture::from_drawing(&drawing)?,
        format!("Training {what} by epoch for {}", models.join(", ")),
        format!(
            "Training {what} by epoch, averaged over each epoch as the images were visited ({}).",
            models.iter().map(|model| format!("`{model}`")).collect::<Vec<_>>().join(", ")
        ),
    ))
}

fn series(facts: &Facts, model: &str, column: Column) -> Series {
    let rows = facts.metrics.iter().filter(|row| row.model == model);
    let points = rows.filter_map(|row| Some((f64::from(row.epoch), column(row)?))).collect();
    Series::new(model, points)
}
