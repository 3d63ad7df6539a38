//! Bounds on the log likelihood of test images.

use autodecoder_evaluation::ImportanceBound;
use autodecoder_training::PixelKind;
use autodecoder_visualization::report::{Block, Cell, Column, Section, Table};

use super::facts::{Facts, ModelFacts};
use super::numbers::{fixed, optional, thousands};
use crate::results::{Difference, ImportanceResults};

/// The bounds of all models that have one; `None` where there is none.
pub(super) fn section(facts: &Facts) -> Option<Section> {
    let measured: Vec<Measured> = facts.models.iter().flat_map(measured).collect();
    let first = measured.first()?.found;
    let mut section = Section::new("likelihood", "The likelihood of test images")
        .paragraph(
            "The ELBO bounds log p(x) from below, and how far below depends on the posterior. \
             Averaging K importance-weighted samples of it inside the logarithm, \
             $\\log \\frac{1}{K} \\sum_k p(x | z_k)\\, p(z_k) / q(z_k)$, closes the gap as K grows \
             (IWAE, Burda et al. 2015): K = 1 is the ELBO again. The samples are drawn from the \
             posterior that inference fitted to the image, or that the encoder gave it.",
        )
        .paragraph(protocol(facts.results.data.pixels));
    if measured.iter().any(|measured| measured.fitted) {
        section = section.paragraph(fitted(facts));
    }
    section = section.block(Block::Table(table(&measured, first)));
    if let Some(without) = without(facts) {
        section = section.paragraph(without);
    }
    Some(section)
}

/// Bounds of a model.
struct Measured<'a> {
    model: &'a ModelFacts<'a>,
    found: &'a ImportanceResults,
    /// Whether the proposals were fitted to the bound.
    fitted: bool,
    seconds: Option<f64>,
}

fn measured<'a>(model: &'a ModelFacts<'a>) -> impl Iterator<Item = Measured<'a>> {
    let (results, seconds) = (model.results, &model.results.seconds);
    let both = [
        (results.importance.as_ref(), false, seconds.likelihood),
        (results.importance_fitted.as_ref(), true, seconds.likelihood_fitted),
    ];
    both.into_iter().filter_map(move |(found, fitted, seconds)| {
        Some(Measured { model, found: found?, fitted, seconds })
    })
}

/// What fitted proposals are.
fn fitted(facts: &Facts) -> String {
    let samples = facts.experiment().evaluation.importance.proposal_samples;
    format!(
        "How tight a bound is depends on the proposal too. In the rows that say so each image’s posterior was \
         first moved, in the steps of inference, to where the bound of {samples} samples is highest, for every \
         model alike: it becomes wider than the ELBO wants it, and the bound of many samples better. These \
         bounds are compared with one another. They say what decoder and prior are worth; one by an encoder’s \
         posterior, what encoder and decoder are worth together."
    )
}

/// What the pixels were, and what the numbers may be compared with.
fn protocol(pixels: PixelKind) -> &'static str {
    match pixels {
        PixelKind::Grey => {
            "The pixels are *grey* values, taken for the means of Bernoulli variables. That is no \
             density, so these nats compare with those of other models on grey pixels and with \
             nothing else: published likelihoods of Fashion-MNIST are of binarised images."
        }
        PixelKind::Binarised => {
            "The pixels are *binarised*: training draws black or white anew for every epoch, white \
             with the grey value as its probability, and the test images were drawn once, from the \
             seed. A row stands for all draws of its image, and under the ELBO it is trained on their mean, the grey \
             image. That is the protocol of published tables; with nats of grey pixels these do not compare."
        }
    }
}

fn table(measured: &[Measured], first: &ImportanceResults) -> Table {
    let mut columns = vec![Column::text("model")];
    let levels = first.bounds.bounds.iter().map(|bound| thousands(i64::from(bound.samples)));
    columns.extend(levels.map(|level| Column::number(format!("K = {level}"))));
    if let Some(difference) = measured.iter().find_map(|each| each.found.difference.as_ref()) {
        columns.push(Column::number(format!("ahead of `{}`", difference.from)));
    }
    columns.push(Column::number("effective samples"));
    columns.push(Column::number("seconds"));
    let caption = format!(
        "Lower bounds on log p(x), nats per image, mean over {} test images ± standard error over \
         images; higher is better, and the best of a column is bold where all likelihoods are one, and all priors. \
         All bounds of a row come from the same {} samples per image. Models are compared image by \
         image at the largest K, which has a far smaller standard error. Where the effective number \
         of samples is near 1, one sample outweighs all others, and a larger K would raise the bound \
         further.",
        thousands(first.bounds.images as i64),
        thousands(i64::from(first.bounds.samples))
    );
    let mut table = Table::new("likelihood-bounds", caption, columns);
    let likelihood =
        |model: &ModelFacts| (model.config.likelihood.clone(), model.results.test_prior.clone());
    let comparable =
        measured.windows(2).all(|two| likelihood(two[0].model) == likelihood(two[1].model));
    let is_best = |level: usize, value: f64| {
        let others = measured.iter().filter_map(|each| each.found.bounds.bounds.get(level));
        comparable && measured.len() > 1 && others.map(|o| o.log_likelihood).all(|o| o <= value)
    };
    for Measured { model, found, fitted, seconds } in measured {
        let by = if *fitted { ", fitted proposals" } else { "" };
        let mut row = vec![Cell::from(format!("`{}`{by}", model.name()))];
        for (level, bound) in found.bounds.bounds.iter().enumerate() {
            let ImportanceBound { log_likelihood, standard_error, .. } = *bound;
            let text = format!("{} ± {}", fixed(log_likelihood, 2), fixed(standard_error, 2));
            row.push(Cell { text: text.into(), best: is_best(level, log_likelihood) });
        }
        if measured.iter().any(|each| each.found.difference.is_some()) {
            row.push(ahead(found.difference.as_ref()).into());
        }
        row.push(fixed(found.bounds.effective_samples, 1).into());
        row.push(optional(*seconds, 1).into());
        table.rows.push(row);
    }
    table
}

/// A difference with its sign.
fn ahead(difference: Option<&Difference>) -> String {
    difference.map_or_else(
        || "–".to_owned(),
        |found| {
            let sign = if found.log_likelihood > 0.0 { "+" } else { "" };
            let (nats, error) = (fixed(found.log_likelihood, 2), fixed(found.standard_error, 2));
            format!("{sign}{nats} ± {error}")
        },
    )
}

/// Names the models that have no bound.
fn without(facts: &Facts) -> Option<String> {
    let names: Vec<String> = facts
        .models
        .iter()
        .filter(|model| model.results.importance.is_none())
        .map(|model| format!("`{}`", model.name()))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "Not defined for {}: a point has no density, so there is nothing to weigh its samples by.",
            names.join(", ")
        )
    })
}
