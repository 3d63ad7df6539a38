//! The measured comparisons behind the choices.

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
    let section = facts
        .results
        .comparisons
        .iter()
        .enumerate()
        .fold(section, |section, (index, comparison)| {
            section.block(Block::Table(table(index, comparison)))
        });
    section.block(Block::Note(
        NoteKind::Caution,
        "One seed each: differences of a few tenths of a nat are within what another seed \
         changes. And a variant that wins here need not win on more images and epochs."
            .into(),
    ))
}

fn table(index: usize, comparison: &ComparisonResults) -> Table {
    let caption = format!(
        "{} (`{}`, {} training and {} test images)",
        comparison.question,
        comparison.model,
        thousands(comparison.train as i64),
        thousands(comparison.test as i64)
    );
    let variational = comparison.variants.iter().any(|v| v.test.negative_elbo.is_some());
    let mut columns = vec![Column::text("variant")];
    if variational {
        columns.push(Column::number("test negative ELBO, nats"));
        columns.push(Column::number("KL, nats"));
    }
    columns.push(Column::number("test MSE × 10^{3}"));
    columns.push(Column::number("decoder parameters"));
    columns.push(Column::number("training, s"));
    let mut table = Table::new(format!("choice-{}", index + 1), caption, columns);
    let nats: Vec<_> = comparison.variants.iter().map(|v| v.test.negative_elbo).collect();
    let mse: Vec<_> = comparison.variants.iter().map(|v| Some(v.test.mse * 1e3)).collect();
    let (nats, mse) = (marked(&nats, 2, true), marked(&mse, 2, true));
    for (position, variant) in comparison.variants.iter().enumerate() {
        let mut cells = vec![Cell::from(variant.name.clone())];
        if variational {
            cells.push(nats[position].clone());
            cells.push(optional(variant.test.kl, 2).into());
        }
        cells.push(mse[position].clone());
        cells.push(thousands(variant.parameters).into());
        cells.push(fixed(variant.seconds.train, 1).into());
        table.rows.push(cells);
    }
    table
}
