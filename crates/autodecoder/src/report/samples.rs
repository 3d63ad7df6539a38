//! What the models draw, and why the auto-decoder's samples are worse.

use anyhow::Result;
use autodecoder_evaluation::{PriorGap, Spread};
use autodecoder_visualization::report::{Block, Cell, Column, Figure, Section, Table};

use super::epoch_sheets;
use super::facts::{Facts, ModelFacts};
use super::numbers::fixed;
use crate::pipeline::{SIDE_BY_SIDE, sheet_name};

/// Width, in CSS pixels, of the figure that people look at first.
const GLANCE_WIDTH: u32 = 720;

/// The figure that comes before all words.
pub(super) fn glance(facts: &Facts) -> Result<Section> {
    let count = facts.experiment().figures.images;
    let mut figure = Figure::new(
        "side-by-side",
        facts.picture(SIDE_BY_SIDE)?,
        format!("{count} test images, their reconstructions and {count} samples for each model"),
        format!(
            "Left: {count} test images, and below each what every model decodes from the latent \
             that it inferred for it (the posterior's mean). Right: {count} images decoded from \
             draws of each model's own prior, the first of a seeded stream, not selected."
        ),
    );
    figure.width = Some(GLANCE_WIDTH);
    Ok(Section::new("glance", "At a glance").block(Block::Figure(figure)))
}

/// Question 3 of the assignment.
pub(super) fn section(facts: &Facts) -> Result<Section> {
    let title = match facts.auto_decoder() {
        Some(_) => "New images, and why the auto-decoder's are worse",
        None => "New images",
    };
    let mut section = Section::new("samples", title)
        .paragraph(
            "A new image is a draw from the prior, decoded. That works as far as the prior puts \
             its mass where the decoder was trained, which is where the latents of the training \
             images lie. @{prior-gap} measures how far apart the two are; @{side-by-side} and the \
             sheets below show what it does to the images.",
        )
        .block(Block::Table(gap_table(facts)));
    if let Some(ad) = facts.auto_decoder() {
        section = section.paragraph(explanation(ad));
        if let Some(vad) = facts.best_vads().first() {
            section = section.paragraph(contrast(ad, vad));
        }
    }
    for model in &facts.models {
        section = section.block(Block::Figure(sheet(facts, model)?));
        section = epoch_sheets::blocks(facts, model)?.into_iter().fold(section, Section::block);
    }
    Ok(section)
}

type Measure = fn(&PriorGap) -> Spread;

/// A column per model and a row per measure.
fn gap_table(facts: &Facts) -> Table {
    let mut columns = vec![Column::text("")];
    columns.extend(facts.models.iter().map(|model| Column::number(format!("`{}`", model.name()))));
    let caption = "How far the latents lie from the prior: medians, quartiles in brackets. Latents \
                   are one posterior sample per training image. Offsets are the dimensions' means \
                   in standard deviations of the prior, without sign.";
    let mut table = Table::new("prior-gap", caption, columns);
    let mut row = |name: &str, value: &dyn Fn(&ModelFacts) -> String| {
        let mut cells = vec![Cell::from(name)];
        cells.extend(facts.models.iter().map(|model| Cell::from(value(model))));
        table.rows.push(cells);
    };
    row("prior", &|model| model.results.prior_gap.prior.clone());
    let measures: [(&str, Measure); 6] = [
        ("norm of latents", |gap| gap.latent_norm),
        ("norm of prior draws", |gap| gap.prior_norm),
        ("offset of a dimension", |gap| gap.dimension_offset),
        ("variance of a dimension, over the prior's", |gap| gap.dimension_variance_ratio),
        ("test latent to the nearest training latent", |gap| gap.test_to_nearest_train),
        ("prior draw to the nearest training latent", |gap| gap.prior_to_nearest_train),
    ];
    for (name, measure) in measures {
        row(name, &|model| quartiles(measure(&model.results.prior_gap)));
    }
    table
}

fn quartiles(spread: Spread) -> String {
    let Spread { lower, median, upper } = spread;
    format!("{} ({}–{})", fixed(median, 2), fixed(lower, 2), fixed(upper, 2))
}

fn explanation(ad: &ModelFacts) -> String {
    let gap = &ad.results.prior_gap;
    let far = times_as_far(gap).map_or_else(String::new, |times| {
        format!(", so a draw is {} times as far out", fixed(times, 2))
    });
    format!(
        "{} Half of its \
         dimensions have a variance below {} times that of {}, and a latent's norm is {} where a \
         draw's is {}. A draw from {} lies {} from the nearest latent that the decoder was \
         trained on; the latent of a test image lies {} from its nearest{far}. \
         Between the training latents nothing says what the decoder should draw, and it draws \
         mixtures. Latents of test images give good pictures because they were fitted, with the \
         decoder frozen, to just those pictures.",
        pull(ad.config.l2),
        fixed(gap.dimension_variance_ratio.median, 2),
        gap.prior,
        fixed(gap.latent_norm.median, 2),
        fixed(gap.prior_norm.median, 2),
        gap.prior,
        fixed(gap.prior_to_nearest_train.median, 2),
        fixed(gap.test_to_nearest_train.median, 2),
    )
}

/// What the objective of an auto-decoder does with its latents.
fn pull(l2: f64) -> String {
    if l2 == 0.0 {
        return "Nothing in the auto-decoder's objective pulls its latents towards any prior."
            .to_owned();
    }
    format!(
        "All that pulls the auto-decoder's latents is the penalty {l2} ‖z‖^{{2}}: towards the \
         origin, but not into the shape of any prior."
    )
}

fn contrast(ad: &ModelFacts, vad: &ModelFacts) -> String {
    let (ad_gap, gap) = (&ad.results.prior_gap, &vad.results.prior_gap);
    let term = if vad.config.beta > 0.0 {
        format!("pulls every posterior towards {}", gap.prior)
    } else {
        "has no weight and pulls nothing".to_owned()
    };
    let far = times_as_far(gap).zip(times_as_far(ad_gap)).map_or_else(String::new, |(vad, other)| {
        format!(
            ", and a draw lies {} times as far from the nearest training latent as a test latent \
             does, against {} for `{}`",
            fixed(vad, 2),
            fixed(other, 2),
            ad.name()
        )
    });
    format!(
        "In `{}` the KL term {term}: the median variance of a dimension is {} of the prior's{far}. \
         Its posteriors are also clouds, not points, so the decoder was trained between the means \
         as well.",
        vad.name(),
        fixed(gap.dimension_variance_ratio.median, 2),
    )
}

/// How many times as far from the training latents a prior draw lies as a test latent does; `None`
/// where test latents lie on training latents.
fn times_as_far(gap: &PriorGap) -> Option<f64> {
    let nearest = gap.test_to_nearest_train.median;
    (nearest > 0.0).then(|| gap.prior_to_nearest_train.median / nearest)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_zero_divide_nothing() {
        let spread = |median| Spread { lower: median, median, upper: median };
        let gap = |nearest| PriorGap {
            prior: "standard normal".to_owned(),
            latent_norm: spread(1.0),
            prior_norm: spread(1.0),
            dimension_offset: spread(0.0),
            dimension_variance_ratio: spread(1.0),
            test_to_nearest_train: spread(nearest),
            prior_to_nearest_train: spread(3.0),
        };
        assert_eq!(times_as_far(&gap(2.0)), Some(1.5));
        assert_eq!(times_as_far(&gap(0.0)), None);
    }
}
