//! Bounds on the log likelihood of test images.

use autodecoder_evaluation::ImportanceBound;
use autodecoder_training::PixelKind;
use autodecoder_visualization::report::{Block, Cell, Column, Section, Table};

use super::facts::{Facts, ModelFacts};
use super::numbers::{fixed, optional, thousands};
use crate::results::{Difference, ImportanceResults};

/// The bounds of all models that have one; `None` where there is none.
pub(super) fn section(facts: &Facts) -> Option<Section> {
    let measured: Vec<_> = facts
        .models
        .iter()
        .filter_map(|model| Some((model, model.results.importance.as_ref()?)))
        .collect();
    let (_, first) = measured.first()?;
    let mut section = Section::new("likelihood", "The likelihood of test images")
        .paragraph(
            "The ELBO bounds log p(x) from below, and how far below depends on the posterior. \
             Averaging K importance-weighted samples of it inside the logarithm, \
             $\\log \\frac{1}{K} \\sum_k p(x | z_k)\\, p(z_k) / q(z_k)$, closes the gap as K grows \
             (IWAE, Burda et al. 2015): K = 1 is the ELBO again. The samples are drawn from the \
             posterior that inference fitted to the image, or that the encoder gave it.",
        )
        .paragraph(protocol(facts.results.data.pixels))
        .block(Block::Table(table(&measured, first)));
    if let Some(without) = without(facts) {
        section = section.paragraph(without);
    }
    Some(section)
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

fn table(measured: &[(&ModelFacts, &ImportanceResults)], first: &ImportanceResults) -> Table {
    let mut columns = vec![Column::text("model")];
    let levels = first.bounds.bounds.iter().map(|bound| thousands(i64::from(bound.samples)));
    columns.extend(levels.map(|level| Column::number(format!("K = {level}"))));
    if let Some(difference) = measured.iter().find_map(|(_, found)| found.difference.as_ref()) {
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
    let comparable = measured.windows(2).all(|two| likelihood(two[0].0) == likelihood(two[1].0));
    let is_best = |level: usize, value: f64| {
        let others = measured.iter().filter_map(|(_, found)| found.bounds.bounds.get(level));
        comparable && measured.len() > 1 && others.map(|o| o.log_likelihood).all(|o| o <= value)
    };
    for (model, found) in measured {
        let mut row = vec![Cell::from(format!("`{}`", model.name()))];
        for (level, bound) in found.bounds.bounds.iter().enumerate() {
            let ImportanceBound { log_likelihood, standard_error, .. } = *bound;
            let text = format!("{} ± {}", fixed(log_likelihood, 2), fixed(standard_error, 2));
            row.push(Cell { text: text.into(), best: is_best(level, log_likelihood) });
        }
        if measured.iter().any(|(_, found)| found.difference.is_some()) {
            row.push(ahead(found.difference.as_ref()).into());
        }
        row.push(fixed(found.bounds.effective_samples, 1).into());
        row.push(optional(model.results.seconds.likelihood, 1).into());
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
