//! What the report says: the assignment's questions in order, answered with the run's numbers.

mod amortisation;
mod choices;
mod curves;
mod epoch_sheets;
mod facts;
mod interpolation;
mod latent_space;
mod likelihood;
mod models;
mod numbers;
mod posteriors;
mod probes;
mod reproduce;
mod results;
mod sample_quality;
mod samples;
mod targets;

use anyhow::Result;
use autodecoder_visualization::report::Report;

pub(crate) use curves::curve_files;
pub(crate) use facts::Facts;

use crate::results::Results;
use crate::session::Session;

/// The whole document.
pub(crate) fn compose(session: &Session, results: &Results) -> Result<Report> {
    let facts = Facts::collect(session, results)?;
    let mut report = Report::new(session.experiment.title.clone());
    report.subtitle = reproduce::subtitle(&facts).into();
    report.abstract_ = results::findings(&facts).into_iter().map(Into::into).collect();
    report = report
        .section(samples::glance(&facts)?)
        .section(models::section(&facts))
        .section(results::section(&facts)?);
    if let Some(section) = likelihood::section(&facts) {
        report = report.section(section);
    }
    report = report.section(samples::section(&facts)?);
    if let Some(section) = sample_quality::section(&facts)? {
        report = report.section(section);
    }
    if let Some(section) = amortisation::section(&facts)? {
        report = report.section(section);
    }
    report = report
        .section(latent_space::section(&facts)?)
        .section(interpolation::section(&facts)?)
        .section(posteriors::section(&facts));
    if !results.comparisons.is_empty() {
        report = report.section(choices::section(&facts));
    }
    if !session.experiment.targets.is_empty() {
        report = report.section(targets::section(&facts));
    }
    Ok(report.section(reproduce::section(&facts)))
}
