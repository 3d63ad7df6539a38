//! What the models draw, and why the auto-decoder's samples are worse.

use anyhow::Result;
use autodecoder_evaluation::Spread;
use autodecoder_visualization::report::{Block, Cell, Column, Figure, Section, Table};

use super::facts::{Facts, ModelFacts};
use super::numbers::fixed;
use crate::pipeline::{SIDE_BY_SIDE, sheet_name};

/// The figure that comes before all words.
pub(super) fn glance(facts: &Facts) -> Result<Section> {
    let count = facts.experiment().figures.images;
    let figure = Figure::new(
        "side-by-side",
        facts.picture(SIDE_BY_SIDE)?,
        format!("{count} test images, their reconstructions and {count} samples for each model"),
        format!(
            "Left: {count} test images, and below each what every model decodes from the latent \
             that it inferred for it (the posterior's mean). Right: {count} images decoded from \
             draws of each model's own prior, the first of a seeded stream, not selected."
        ),
    );
    Ok(Section::new("glance", "At a glance").block(Block::Figure(figure)))
}

/// Question 3 of the assignment.
pub(super) fn section(facts: &Facts) -> Result<Section> {
    let mut section = Section::new(
        "samples",
        "New images, and why the auto-decoder's are worse",
    )
    .paragraph(
        "A new image is a draw from the prior, decoded. That works as far as the prior puts \
             its mass where the decoder was trained, which is where the latents of the training \
             images lie. @{prior-gap} measures how far apart the two are; @{side-by-side} and the \
             sheets below show what it does to the images.",
    )
    .block(Block::Table(gap_table(facts)));
    if let Some(ad) = facts.auto_decoder() {
        section = section.paragraph(explanation(ad));
        if let Some(vad) = facts.best_vad() {
            section = section.paragraph(contrast(ad, vad));
        }
    }
    for model in &facts.models {
        section = section.block(Block::Figure(sheet(facts, model)?));
    }
    Ok(section)
}

fn gap_table(facts: &Facts) -> Table {
    let columns = vec![
        Column::text("model"),
        Column::text("prior"),
        Column::number("norm of latents"),
        Column::number("norm of prior draws"),
        Column::number("offset of a dimension"),
        Column::number("variance over the prior's"),
        Column::number("test latent to nearest training latent"),
        Column::number("prior draw to nearest training latent"),
    ];
    let caption = "How far the latents lie from the prior: medians, quartiles in brackets. Latents \
                   are one posterior sample per training image. Offsets are the dimensions' means \
                   in standard deviations of the prior, without sign.";
    let mut table = Table::new("prior-gap", caption, columns);
    for model in &facts.models {
        let gap = &model.results.prior_gap;
        let mut cells = vec![Cell::from(model.name()), Cell::from(gap.prior.clone())];
        let spreads = [
            gap.latent_norm,
            gap.prior_norm,
            gap.dimension_offset,
            gap.dimension_variance_ratio,
            gap.test_to_nearest_train,
            gap.prior_to_nearest_train,
        ];
        cells.extend(spreads.map(|spread| Cell::from(quartiles(spread))));
        table.rows.push(cells);
    }
    table
}

fn quartiles(spread: Spread) -> String {
    let Spread {
        lower,
        median,
        upper,
    } = spread;
    format!(
        "{} ({}–{})",
        fixed(median, 2),
        fixed(lower, 2),
        fixed(upper, 2)
    )
}

fn explanation(ad: &ModelFacts) -> String {
    let gap = &ad.results.prior_gap;
    format!(
        "Nothing in the auto-decoder's objective pulls its latents towards any prior. Half of its \
         dimensions have a variance below {} times that of {}, and a latent's norm is {} where a \
         draw's is {}. A draw from {} therefore lies {} from the nearest latent that the decoder \
         was trained on, where the latent of a test image lies {} from it: {} times as far. \
         Between the training latents nothing says what the decoder should draw, and it draws \
         mixtures. Latents of test images give good pictures because they were fitted, with the \
         decoder frozen, to just those pictures.",
        fixed(gap.dimension_variance_ratio.median, 2),
        gap.prior,
        fixed(gap.latent_norm.median, 2),
        fixed(gap.prior_norm.median, 2),
        gap.prior,
        fixed(gap.prior_to_nearest_train.median, 2),
        fixed(gap.test_to_nearest_train.median, 2),
        fixed(
            gap.prior_to_nearest_train.median / gap.test_to_nearest_train.median,
            2
        ),
    )
}

fn contrast(ad: &ModelFacts, vad: &ModelFacts) -> String {
    let ratio = |model: &ModelFacts| {
        let gap = &model.results.prior_gap;
        fixed(
            gap.prior_to_nearest_train.median / gap.test_to_nearest_train.median,
            2,
        )
    };
    let gap = &vad.results.prior_gap;
    format!(
        "In `{}` the KL term pulls every posterior towards {}: the median variance of a dimension \
         is {} of the prior's, and a draw lies {} times as far from the nearest training latent \
         as a test latent does, against {} for `{}`. Its posteriors are also clouds, not points, \
         so the decoder was trained between the means as well.",
        vad.name(),
        gap.prior,
        fixed(gap.dimension_variance_ratio.median, 2),
        ratio(vad),
        ratio(ad),
        ad.name(),
    )
}

fn sheet(facts: &Facts, model: &ModelFacts) -> Result<Figure> {
    let count = facts.experiment().figures.samples;
    Ok(Figure::new(
        format!("sheet-{}", model.name()),
        facts.picture(&sheet_name(model.name()))?,
        format!("{count} samples of {}", model.name()),
        format!(
            "`{}`: {count} images decoded from draws of its prior, {}; not selected.",
            model.name(),
            model.results.prior
        ),
    ))
}
