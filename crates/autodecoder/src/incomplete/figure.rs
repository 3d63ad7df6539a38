//! The figure: errors against the share of missing pixels, in panels.

use anyhow::Result;
use autodecoder_visualization::Drawing;
use autodecoder_visualization::curves::{LineChart, Series, panels};

use super::cell::Cell;
use super::method::{Method, Training};
use super::plan::Plan;
use super::points::{ALL, MISSING, Pixels, mean};

/// Size of a panel, CSS pixels; two of them are as wide as a page.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 300.0;

/// A row of panels per training, errors on missing pixels beside those on all; lines are means over
/// seeds with their standard errors.
///
/// # Errors
/// Where nothing was measured.
pub(super) fn draw(plan: &Plan, cells: &[Cell]) -> Result<Drawing> {
    let charts = Training::ALL
        .into_iter()
        .flat_map(|training| [MISSING, ALL].map(|pixels| chart(plan, cells, training, pixels)));
    Ok(panels(&charts.collect::<Vec<_>>(), 2)?)
}

fn chart(plan: &Plan, cells: &[Cell], training: Training, pixels: Pixels) -> LineChart {
    let series = Method::ALL.into_iter().zip(0..);
    let series = series.map(|(method, colour)| {
        let means = plan.missing.iter().map(|&share| {
            let mean = mean(cells, (training, method), share, pixels);
            (f64::from(share) / 100.0, mean)
        });
        let (points, errors): (Vec<(f64, f64)>, Vec<f64>) = means
            .filter_map(|(ratio, mean)| {
                let mean = mean?;
                Some(((ratio, mean.mean * 1e3), mean.standard_error.unwrap_or(0.0) * 1e3))
            })
            .unzip();
        let line = Series::new(method.title(), points).errors(errors).colour(colour);
        if method.is_baseline() { line.dashed() } else { line }
    });
    LineChart {
        title: format!("{} pixels, {}", capital(pixels.name), training.title()),
        x_label: "share of missing pixels".to_owned(),
        y_label: "mean squared error × 10³".to_owned(),
        series: series.collect(),
        x_ticks: plan.missing.iter().map(|&share| f64::from(share) / 100.0).collect(),
        log_y: true,
        width: WIDTH,
        height: HEIGHT,
        ..LineChart::default()
    }
}

/// `text`, which is ASCII, with a capital letter first.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
