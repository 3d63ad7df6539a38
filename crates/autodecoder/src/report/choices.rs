//! The measured comparisons behind the choices.

use autodecoder_evaluation::Metrics;
use autodecoder_visualization::report::{Block, Cell, Column, NoteKind, Section, Table};

use super::facts::Facts;
use super::numbers::{fixed, marked, optional, thousands};
use crate::results::ComparisonResults;

/// One table per comparison.
pub(super) fn section(facts: &Facts) -> Section {
    let section = Section::new("choices", "Why these choices").paragraph(
        "Each table varies one choice of a model and keeps everything else, on a smaller set and \
         with fewer epochs than the models above, so absolute values are worse. Variants share the \
         images, the order, the noise and the decoder’s first weights wherever shapes allow.",
    );
    let section =
        facts.results.comparisons.iter().enumerate().fold(
            section,
            |section, (index, comparison)| {
                section.block(Block::Table(table(facts, index, comparison)))
            },
        );
    section.block(Block::Note(
        NoteKind::Caution,
        "One seed each: differences of a few tenths of a nat are within what another seed \
         changes. And a variant that wins here need not win on more images and epochs."
            .into(),
    ))
}

fn table(facts: &Facts, index: usize, comparison: &ComparisonResults) -> Table {
    let caption = format!(
        "{} (`{}`, {} training and {} test images)",
        comparison.question,
        comparison.model,
        thousands(comparison.train as i64),
        thousands(comparison.test as i64)
    );
    let score = |value: fn(&Metrics) -> Option<f64>| -> Vec<Option<f64>> {
        comparison.variants.iter().map(|v| v.test.as_ref().and_then(value)).collect()
    };
    let nats = score(|test| test.negative_elbo);
    let variational = nats.iter().any(Option::is_some);
    let mut columns = vec![Column::text("variant")];
    if variational {
        columns.push(Column::number("test negative ELBO, nats"));
        columns.push(Column::number("KL, nats"));
    }
    columns.push(Column::number("test MSE × 10^{3}"));
    columns.push(Column::number("parameters"));
    columns.push(Column::number("training, s"));
    let mut table = Table::new(format!("choice-{}", index + 1), caption, columns);
    let nats: Vec<Cell> = if one_likelihood(facts, index) {
        marked(&nats, 2, true)
    } else {
        nats.iter().map(|&nats| optional(nats, 2).into()).collect()
    };
    let kl = score(|test| test.kl);
    let mse = marked(&score(|test| Some(test.mse * 1e3)), 2, true);
    for (position, variant) in comparison.variants.iter().enumerate() {
        let diverged = if variant.test.is_none() { " (diverged)" } else { "" };
        let mut cells = vec![Cell::from(format!("{}{diverged}", variant.name))];
        if variational {
            cells.push(nats[position].clone());
            cells.push(optional(kl[position], 2).into());
        }
        cells.push(mse[position].clone());
        cells.push(thousands(variant.parameters).into());
        cells.push(fixed(variant.seconds.train, 1).into());
        table.rows.push(cells);
    }
    if comparison.variants.iter().all(|variant| variant.test.is_some()) {
        return table;
    }
    table.note(
        "A variant that diverged has no scores: its objective, its rows or its scores stopped being \
         finite numbers.",
    )
}

/// Whether the variants' nats compare.
fn one_likelihood(facts: &Facts, index: usize) -> bool {
    let experiment = facts.experiment();
    let Some(comparison) = experiment.comparisons.get(index) else {
        return false;
    };
    let likelihood = |variant| comparison.variant(variant, experiment).ok().map(|m| m.likelihood);
    let all: Vec<_> = comparison.variants.iter().map(likelihood).collect();
    all.iter().all(|one| one.is_some() && *one == all[0])
}
