//! The figure of a sweep: its measurements against latent_dim, in panels.

use anyhow::Result;
use autodecoder_models::ModelKind;
use autodecoder_visualization::Drawing;
use autodecoder_visualization::curves::{LineChart, Series, panels};

use super::cell::Cell;
use super::curve::Curve;
use super::measurements::{
    KNN_INFERRED, KNN_TRAINED, LINEAR_INFERRED, LINEAR_TRAINED, MSE, Measurement, NEGATIVE_ELBO,
    curves,
};
use super::plan::Plan;

/// Size of a panel, CSS pixels; two of them are as wide as a page.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 300.0;

/// A panel: its title, its axis, the factor on its values, and what it shows solid and dashed.
struct Panel {
    title: String,
    y_label: &'static str,
    factor: f64,
    solid: Measurement,
    dashed: Option<Measurement>,
}

/// Draws what was measured of every kind of model; lines are means over seeds with their standard
/// errors.
///
/// # Errors
/// Where nothing was measured.
pub(super) fn draw(plan: &Plan, cells: &[Cell]) -> Result<Drawing> {
    let neighbours = cells.first().map_or(0, |cell| cell.inferred.knn.k);
    let shown = all(neighbours).into_iter().filter_map(|panel| chart(&panel, plan, cells));
    Ok(panels(&shown.collect::<Vec<_>>(), 2)?)
}

fn all(neighbours: u32) -> [Panel; 4] {
    let accuracy = "accuracy on test images, %";
    let panel = |title: &str, y_label, factor, solid, dashed| Panel {
        title: title.to_owned(),
        y_label,
        factor,
        solid,
        dashed,
    };
    let voters = format!("{neighbours} nearest neighbours");
    [
        panel(&voters, accuracy, 100.0, KNN_INFERRED, Some(KNN_TRAINED)),
        panel("Linear classifier", accuracy, 100.0, LINEAR_INFERRED, Some(LINEAR_TRAINED)),
        panel("Negative ELBO", "nats per test image", 1.0, NEGATIVE_ELBO, None),
        panel("Reconstruction", "mean squared error × 10³", 1e3, MSE, None),
    ]
}

/// `None` where no model has the measurement.
fn chart(panel: &Panel, plan: &Plan, cells: &[Cell]) -> Option<LineChart> {
    let solid = curves(panel.solid, cells, &plan.kinds);
    let solid = solid.iter().map(|curve| series(curve, panel.factor, plan, ""));
    let dashed = panel.dashed.map_or_else(Vec::new, |dashed| curves(dashed, cells, &plan.kinds));
    // An encoder finds all latents in one way: its two lines are one.
    let dashed = dashed.iter().filter(|curve| !curve.kind.has_encoder());
    let dashed = dashed.map(|curve| series(curve, panel.factor, plan, ", table").dashed());
    let series: Vec<Series> = solid.chain(dashed).collect();
    (!series.is_empty()).then(|| LineChart {
        title: panel.title.clone(),
        x_label: "latent_dim".to_owned(),
        y_label: panel.y_label.to_owned(),
        series,
        x_ticks: plan.dimensions.iter().map(|&dimension| dimension as f64).collect(),
        log_x: true,
        width: WIDTH,
        height: HEIGHT,
        ..LineChart::default()
    })
}

fn series(curve: &Curve, factor: f64, plan: &Plan, which: &str) -> Series {
    let means = curve.means();
    let points = curve.dimensions.iter().zip(&means);
    let points = points.map(|(&dimension, mean)| (dimension as f64, mean.mean * factor)).collect();
    let errors = means.iter().map(|mean| mean.standard_error.unwrap_or(0.0) * factor).collect();
    let name = format!("{}{which}", curve.kind.abbreviation());
    Series::new(name, points).errors(errors).colour(colour(curve.kind, plan))
}

/// A kind has one colour in all panels.
fn colour(kind: ModelKind, plan: &Plan) -> usize {
    plan.kinds.iter().position(|&other| other == kind).unwrap_or(0)
}
