//! The figure of a sweep: its measurements against latent_dim, in panels.

use anyhow::Result;
use autodecoder_models::ModelKind;
use autodecoder_visualization::Drawing;
use autodecoder_visualization::curves::{LineChart, Series, panels};

use super::cell::Cell;
use super::curve::Curve;
use super::measurements::{
    FRECHET_MIXTURE, FRECHET_PRIOR, KNN_INFERRED, KNN_TRAINED, LINEAR_INFERRED, LINEAR_TRAINED,
    MSE, Measurement, NEGATIVE_ELBO, curves,
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
    dashed: Option<Dashed>,
}

/// A second measurement of a panel, and what its lines are called.
struct Dashed {
    measurement: Measurement,
    name: &'static str,
    /// Whether an encoder makes it the same as the first.
    is_of_tables: bool,
}

const fn of_table(measurement: Measurement) -> Option<Dashed> {
    Some(Dashed { measurement, name: ", table", is_of_tables: true })
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

fn all(neighbours: u32) -> [Panel; 5] {
    let accuracy = "accuracy on test images, %";
    let panel = |title: &str, y_label, factor, solid, dashed| Panel {
        title: title.to_owned(),
        y_label,
        factor,
        solid,
        dashed,
    };
    let prior = Some(Dashed { measurement: FRECHET_PRIOR, name: ", prior", is_of_tables: false });
    let voters = format!("{neighbours} nearest neighbours");
    [
        panel(&voters, accuracy, 100.0, KNN_INFERRED, of_table(KNN_TRAINED)),
        panel("Linear classifier", accuracy, 100.0, LINEAR_INFERRED, of_table(LINEAR_TRAINED)),
        panel("Negative ELBO", "nats per test image", 1.0, NEGATIVE_ELBO, None),
        panel("Reconstruction", "mean squared error × 10³", 1e3, MSE, None),
        panel("Samples", "Fréchet distance", 1.0, FRECHET_MIXTURE, prior),
    ]
}

/// `None` where no model has the measurement.
fn chart(panel: &Panel, plan: &Plan, cells: &[Cell]) -> Option<LineChart> {
    let solid = curves(panel.solid, cells, &plan.kinds);
    let solid = solid.iter().map(|curve| series(curve, panel.factor, plan, ""));
    let dashed = panel.dashed.iter().flat_map(|Dashed { measurement, name, is_of_tables }| {
        let curves = curves(*measurement, cells, &plan.kinds).into_iter();
        let curves = curves.filter(|curve| !(*is_of_tables && curve.kind.has_encoder()));
        curves.map(|curve| series(&curve, panel.factor, plan, name).dashed())
    });
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
