//! A sweep's numbers for other programs: sweep.json and sweep.csv.

use std::path::Path;

use anyhow::Result;
use autodecoder_models::ModelKind;
use serde::Serialize;

use super::Answers;
use super::cell::Cell;
use super::curve::Curve;
use super::measurements::{ALL, Measurement};
use super::plan::Plan;
use crate::Environment;
use crate::csv_file::write_csv_file;
use crate::study::Mean;

/// sweep.json; docs/experiments.md describes each key.
#[derive(Serialize)]
pub(super) struct SweepFile<'a> {
    pub format: u32,
    pub plan: &'a Plan,
    pub environment: &'a Environment,
    pub answers: &'a Answers,
    pub curves: Vec<CurveEntry>,
    pub cells: &'a [Cell],
}

/// A measurement of a kind of model.
#[derive(Serialize)]
pub(super) struct CurveEntry {
    measurement: &'static str,
    kind: ModelKind,
    seeds: usize,
    points: Vec<Point>,
}

#[derive(Serialize)]
struct Point {
    latent_dim: i64,
    #[serde(flatten)]
    mean: Mean,
}

/// Every measurement of every kind of model that has it.
pub(super) fn entries(plan: &Plan, cells: &[Cell]) -> Vec<CurveEntry> {
    let of_kind = |measurement: Measurement, kind| {
        let curve = Curve::of(cells, kind, measurement.value)?;
        let points = curve.dimensions.iter().zip(curve.means());
        let points = points.map(|(&latent_dim, mean)| Point { latent_dim, mean }).collect();
        Some(CurveEntry { measurement: measurement.name, kind, seeds: curve.seeds(), points })
    };
    let kinds = |measurement| plan.kinds.iter().filter_map(move |&kind| of_kind(measurement, kind));
    ALL.into_iter().flat_map(kinds).collect()
}

/// Writes sweep.csv: a row for each model.
pub(super) fn write_csv(path: &Path, cells: &[Cell]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head = vec!["kind", "latent_dim", "seed"];
    head.extend(ALL.iter().map(|measurement| measurement.name));
    head.push("seconds");
    writer.write_record(head)?;
    for cell in cells {
        let kind = cell.kind.abbreviation().to_owned();
        let mut row = vec![kind, cell.latent_dim.to_string(), cell.seed.to_string()];
        let values = ALL.iter().map(|measurement| (measurement.value)(cell));
        row.extend(values.map(|value| value.map_or(String::new(), |value| value.to_string())));
        row.push(cell.seconds.to_string());
        writer.write_record(row)?;
    }
    write_csv_file(path, writer)
}
