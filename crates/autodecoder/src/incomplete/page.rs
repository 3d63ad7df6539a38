//! The report: the question, the answer, the figures, the numbers.

use anyhow::Result;
use autodecoder_visualization::Drawing;
use autodecoder_visualization::grid::ImageGrid;
use autodecoder_visualization::report::{
    Block, Cell as TableCell, Column, Figure, Picture, Report, Section, Table,
};

use super::Answers;
use super::cell::Cell;
use super::figure::capital;
use super::method::{Method, Training};
use super::plan::Plan;
use super::points::{ALL, MISSING, OBSERVED, Pixels, mean};
use crate::Environment;

/// What is drawn.
pub(super) struct Pictures {
    pub figure: Drawing,
    pub grid: ImageGrid,
}

/// The document.
///
/// # Errors
/// Where a figure cannot be drawn.
pub(super) fn compose(
    plan: &Plan,
    cells: &[Cell],
    answers: &Answers,
    pictures: &Pictures,
    environment: &Environment,
) -> Result<Report> {
    let mut report = Report::new("Who fills in missing pixels best?");
    report.subtitle = subtitle(plan).into();
    report.abstract_ = vec![answers.incomplete.as_str().into()];
    let curves = Figure::new(
        "errors",
        Picture::from_drawing(&pictures.figure)?,
        "Mean squared error against the share of missing pixels",
        caption(plan),
    );
    let images = Figure::new(
        "images",
        Picture::Png(pictures.grid.png()?),
        "Test images by share of missing pixels, and their reconstructions",
        "Test images by share of missing pixels: true, observed (missing pixels grey), and \
         reconstructions by methods trained on images with the same share missing; the last row is the \
         best baseline. Nothing observed is copied into a reconstruction.",
    );
    let answer = Section::new("answer", "The answer")
        .paragraph(answers.incomplete.as_str())
        .paragraph(answers.complete.as_str())
        .block(Block::Figure(curves))
        .block(Block::Figure(images));
    let mut numbers = Section::new("numbers", "The numbers");
    for training in Training::ALL {
        for pixels in [MISSING, ALL, OBSERVED] {
            numbers = numbers.block(Block::Table(table(plan, cells, training, pixels)));
        }
    }
    let how = Section::new("how", "How it was measured")
        .paragraph(models(plan))
        .paragraph(baselines(plan))
        .paragraph(chance(plan, environment));
    Ok(report.section(answer).section(numbers).section(how))
}

fn subtitle(plan: &Plan) -> String {
    let Plan { train, test, seeds, .. } = plan;
    format!(
        "{train} training and {test} test images of Fashion-MNIST, pixels missing completely at random, \
         {}",
        count(seeds.len())
    )
}

fn count(seeds: usize) -> String {
    if seeds == 1 { "one seed".to_owned() } else { format!("{seeds} seeds") }
}

fn caption(plan: &Plan) -> String {
    let lines = match plan.seeds.len() {
        1 => "one seed".to_owned(),
        seeds => format!("means over {seeds} seeds, bars are standard errors of the mean"),
    };
    format!(
        "Mean squared error of reconstructions on missing and on all pixels, pixels in [0, 1], against the \
         share of missing pixels: {lines}. Above: trained on images with the same share missing; below: \
         trained on complete images. Dashed: baselines. The vertical axis is logarithmic."
    )
}

fn models(plan: &Plan) -> String {
    format!(
        "The experiment is that of Zadeh et al. (arXiv:1903.00840). VAD and VAEs have the same decoder, \
         likelihood (Bernoulli), latent_dim {}, weight {} of the KL term and default rates; their objective sums \
         over observed pixels only. The VAD is trained for {} epochs, from rows that begin narrow in every \
         component and are rescaled after every epoch, the VAEs, which begin with networks that know nothing, \
         for {}. The VAD infers a posterior for each test image from its observed pixels, in \
         {} steps with the decoder frozen; a VAE's encoder sees 0 in place of missing pixels, and in one \
         variant the mask as a second channel. A reconstruction is what the posterior's mean decodes to.",
        plan.latent_dim, plan.beta, plan.epochs, plan.encoder_epochs, plan.steps
    )
}

fn baselines(plan: &Plan) -> String {
    format!(
        "Baselines: each pixel's mean over the training images that show it; for each pixel the mean over \
         the {} nearest training images that show it, the distance being the mean squared difference over \
         pixels that both images show (Troyanskaya et al. 2001); probabilistic PCA of {} components by {} \
         rounds of expectation and maximisation on observed pixels (Tipping and Bishop 1999; Ilin and \
         Raiko 2010).",
        plan.neighbours, plan.latent_dim, plan.rounds
    )
}

fn chance(plan: &Plan, environment: &Environment) -> String {
    let seeds = match plan.seeds.len() {
        1 => "One seed says nothing of chance. ",
        _ => "",
    };
    format!(
        "A seed chooses images, masks, first weights, order and noise; all methods of a seed see the same \
         images and masks. {seeds}Computed with {environment}."
    )
}

/// A row per method, a column per share; the lowest error of each share is marked.
fn table(plan: &Plan, cells: &[Cell], training: Training, pixels: Pixels) -> Table {
    let shares = plan.missing.iter().map(|&share| format!("{:.1}", f64::from(share) / 100.0));
    let columns = std::iter::once(Column::text("method")).chain(shares.map(Column::number));
    let caption = format!(
        "{}: mean squared error × 10^{{3}} on {} pixels by share of missing pixels.",
        capital(training.title()),
        pixels.name
    );
    let id = format!("{}-{}", training.id(), pixels.name);
    let mut table = Table::new(id, caption, columns.collect());
    let at = |method, share| mean(cells, (training, method), share, pixels);
    let lowest: Vec<f64> = plan
        .missing
        .iter()
        .map(|&share| {
            let errors = Method::ALL.into_iter().filter_map(|method| at(method, share));
            errors.map(|mean| mean.mean).fold(f64::INFINITY, f64::min)
        })
        .collect();
    for method in Method::ALL {
        let mut row: Vec<TableCell> = vec![method.title().into()];
        for (&share, &lowest) in plan.missing.iter().zip(&lowest) {
            row.push(match at(method, share) {
                Some(mean) if mean.mean == lowest => TableCell::from(mean.text(1e3, 2)).best(),
                Some(mean) => mean.text(1e3, 2).into(),
                None => "–".into(),
            });
        }
        table.rows.push(row);
    }
    table
}
