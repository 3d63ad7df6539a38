//! The numbers for other programs: incomplete.json and incomplete.csv.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::Answers;
use super::cell::Cell;
use super::method::{Method, Training};
use super::plan::Plan;
use super::points::{ALL, MISSING, OBSERVED, mean};
use crate::csv_file::write_csv_file;
use crate::study::Mean;
use crate::{Environment, ImageDigests};

/// incomplete.json; docs/experiments.md describes each key.
#[derive(Serialize)]
pub(super) struct IncompleteFile<'a> {
    pub format: u32,
    pub plan: &'a Plan,
    pub environment: &'a Environment,
    pub answers: &'a Answers,
    pub points: Vec<Point>,
    pub models: Vec<Model<'a>>,
}

/// Errors of a method at a share of missing pixels, over seeds.
#[derive(Serialize)]
pub(super) struct Point {
    training: Training,
    method: Method,
    missing: u32,
    mse_missing: Mean,
    mse_all: Mean,
    mse_observed: Mean,
}

/// What was trained.
#[derive(Serialize)]
pub(super) struct Model<'a> {
    method: Method,
    trained: u32,
    seed: u64,
    images: &'a ImageDigests,
    seconds: f64,
}

/// A row of incomplete.csv: a measurement.
#[derive(Serialize)]
struct Row {
    training: Training,
    method: Method,
    seed: u64,
    missing: u32,
    mse_missing: f64,
    mse_all: f64,
    mse_observed: f64,
}

/// Every method's means.
pub(super) fn points(plan: &Plan, cells: &[Cell]) -> Vec<Point> {
    let point = |training, method, missing| {
        let mean = |pixels| mean(cells, (training, method), missing, pixels);
        let (mse_missing, mse_all, mse_observed) = (mean(MISSING)?, mean(ALL)?, mean(OBSERVED)?);
        Some(Point { training, method, missing, mse_missing, mse_all, mse_observed })
    };
    let of_method = |training, method| {
        plan.missing.iter().filter_map(move |&missing| point(training, method, missing))
    };
    let of_method = &of_method;
    let of_training =
        |training| Method::ALL.into_iter().flat_map(move |method| of_method(training, method));
    Training::ALL.into_iter().flat_map(of_training).collect()
}

/// What was trained, and how long it took.
pub(super) fn models(cells: &[Cell]) -> Vec<Model<'_>> {
    let models = cells.iter().map(|cell| Model {
        method: cell.method,
        trained: cell.trained,
        seed: cell.seed,
        images: &cell.images,
        seconds: cell.seconds,
    });
    models.collect()
}

/// Writes incomplete.csv: a row for each measurement.
pub(super) fn write_csv(path: &Path, cells: &[Cell]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for cell in cells {
        for test in &cell.tests {
            writer.serialize(Row {
                training: cell.place().training(),
                method: cell.method,
                seed: cell.seed,
                missing: test.missing,
                mse_missing: test.mse.missing,
                mse_all: test.mse.all,
                mse_observed: test.mse.observed,
            })?;
        }
    }
    write_csv_file(path, writer)
}
