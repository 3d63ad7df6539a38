//! A sweep's report: the question, the answer, the figure, the numbers.

use anyhow::Result;
use autodecoder_visualization::Drawing;
use autodecoder_visualization::report::{Block, Column, Figure, Picture, Report, Section, Table};

use super::Answers;
use super::cell::Cell;
use super::curve::Curve;
use super::measurements::{ALL, Measurement};
use super::plan::Plan;
use crate::Environment;
use crate::study::Mean;

/// The document.
///
/// # Errors
/// Where the figure cannot be drawn.
pub(super) fn compose(
    plan: &Plan,
    cells: &[Cell],
    answers: &Answers,
    drawing: &Drawing,
    environment: &Environment,
) -> Result<Report> {
    let mut report = Report::new("Does accuracy rise with latent_dim, then fall?");
    report.subtitle = subtitle(plan).into();
    report.abstract_ = vec![answers.inferred.as_str().into()];
    let figure = Figure::new(
        "sweep",
        Picture::from_drawing(drawing)?,
        "Accuracy, negative ELBO and mean squared error against latent_dim",
        caption(plan),
    );
    let answer = Section::new("answer", "The answer")
        .paragraph(answers.inferred.as_str())
        .block(Block::Figure(figure))
        .paragraph(format!(
            "Without an encoder, latents of training images can be taken from the table that was trained \
             with the decoder, or be inferred with the decoder frozen, as those of test images are. The \
             numbers above are for the second. For the first, dashed in the figure: {}",
            answers.trained
        ));
    let numbers = Section::new("numbers", "The numbers").block(Block::Table(table(plan, cells)));
    let how = Section::new("how", "How it was measured").paragraph(how(plan, environment));
    Ok(report.section(answer).section(numbers).section(how))
}

fn subtitle(plan: &Plan) -> String {
    let Plan { train, test, seeds, .. } = plan;
    format!("{train} training and {test} test images of Fashion-MNIST, {} seeds", seeds.len())
}

fn caption(plan: &Plan) -> String {
    format!(
        "Class accuracy of two classifiers on the latents, the negative ELBO and the mean squared error, on \
         test images, against latent_dim: means over {} seeds, bars are standard errors of the mean. \
         Solid: classifiers fitted to training latents inferred like test latents; dashed (table): to \
         those that training left. An auto-decoder has no ELBO.{}",
        plan.seeds.len(),
        if plan.classifier.is_some() { SAMPLES } else { "" }
    )
}

const SAMPLES: &str = " Samples are drawn from a Gaussian mixture fitted to the latents (solid) and from the \
     prior (dashed); their Fréchet distance from as many test images is taken in the features of a \
     classifier of this data set, which are not Inception’s.";

fn how(plan: &Plan, environment: &Environment) -> String {
    format!(
        "Every model has the decoder and the settings that experiments have by default, with the Bernoulli \
         likelihood, {} epochs and {} steps of inference. A seed chooses the images, the first weights, \
         the order and the noise; models of one seed share them, so differences are taken seed by seed. \
         The best dimension is chosen by the same numbers that it is then compared with, which makes a \
         fall look larger than it is. Computed with {environment}.",
        plan.epochs, plan.steps
    )
}

/// A row per kind and dimension; means over seeds with their standard errors.
fn table(plan: &Plan, cells: &[Cell]) -> Table {
    let columns = ["model", "latent_dim"].into_iter().map(Column::text);
    let heads = [
        "neighbours, %",
        "linear, %",
        "neighbours (table), %",
        "linear (table), %",
        "negative ELBO, nats",
        "MSE × 10^{3}",
        "Fréchet (prior)",
        "Fréchet (mixture)",
        "active dims",
    ];
    let columns = columns.chain(heads.into_iter().map(Column::number)).collect();
    let caption = "Means over seeds ± their standard errors, on test images.";
    let mut table = Table::new("means", caption, columns);
    for &kind in &plan.kinds {
        let curves = ALL.map(|Measurement { value, .. }| Curve::of(cells, kind, value));
        let means: Vec<Vec<String>> = curves
            .iter()
            .zip(FORMATS)
            .map(|(curve, format)| column(curve.as_ref(), format))
            .collect();
        for (row, dimension) in plan.dimensions.iter().enumerate() {
            let mut row_cells = vec![kind.abbreviation().into(), dimension.to_string().into()];
            let values = means.iter().map(|column| column.get(row).cloned());
            row_cells.extend(values.map(|text| text.unwrap_or_else(|| "–".to_owned()).into()));
            table.rows.push(row_cells);
        }
    }
    table
}

/// Factor and decimals of each of [`ALL`].
const FORMATS: [(f64, usize); 9] = [
    (100.0, 1),
    (100.0, 1),
    (100.0, 1),
    (100.0, 1),
    (1.0, 2),
    (1e3, 2),
    (1.0, 1),
    (1.0, 1),
    (1.0, 1),
];

fn column(curve: Option<&Curve>, (factor, decimals): (f64, usize)) -> Vec<String> {
    let text = |mean: Mean| mean.text(factor, decimals);
    curve.map_or_else(Vec::new, |curve| curve.means().into_iter().map(text).collect())
}
