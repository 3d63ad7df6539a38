//! What the encoder loses, and what it takes to find rows without one.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use autodecoder_visualization::report::{Block, Cell, Column, Figure, Picture, Section, Table};

use super::facts::Facts;
use super::numbers::{fixed, thousands};
use crate::results::{AmortisationResults, WayResults};

/// A table of all ways, and a figure of what they reach in what time; `None` where nothing was measured.
pub(super) fn section(facts: &Facts) -> Result<Option<Section>> {
    let Some(results) = &facts.results.amortisation else { return Ok(None) };
    let section = Section::new("amortisation", "What does the encoder lose?")
        .paragraph(
            "An encoder gives an image’s posterior at once, but not the best one that its decoder \
             has for the image. The difference in negative ELBO is the amortisation gap (Cremer, Li \
             and Duvenaud 2018). @{ways} compares the encoder’s posterior with ways that fit it image \
             by image, all for the same test images; rows of one model share its decoder. Such a fit \
             ends in the nearest optimum, so it matters where it begins. @{ways-time} sets what is \
             reached against the time that it takes.",
        )
        .paragraph(gaps(facts, results))
        .block(Block::Table(table(facts, results)));
    Ok(Some(section.block(Block::Figure(figure(facts, results)?))))
}

/// The gap of every encoder in a sentence.
fn gaps(facts: &Facts, results: &AmortisationResults) -> String {
    let encoders = facts.models.iter().filter(|model| model.config.kind.has_encoder());
    let gap = |name: &str| {
        let of_model = || results.ways.iter().filter(|way| way.model == name);
        let amortised = of_model().find(|way| way.steps == 0)?;
        let best = of_model().min_by(|a, b| a.negative_elbo.total_cmp(&b.negative_elbo))?;
        Some(format!(
            "With the decoder of `{name}` the gap is {} nats: {} with its encoder’s posteriors, {} at \
             best, from {} in {} steps.",
            fixed(amortised.negative_elbo - best.negative_elbo, 2),
            fixed(amortised.negative_elbo, 2),
            fixed(best.negative_elbo, 2),
            beginning(&best.start),
            best.steps
        ))
    };
    encoders.filter_map(|model| gap(model.name())).collect::<Vec<_>>().join(" ")
}

/// A start within a sentence.
fn beginning(start: &str) -> String {
    match start {
        "principal components" => start.to_owned(),
        other => format!("the {other}"),
    }
}

fn table(facts: &Facts, results: &AmortisationResults) -> Table {
    let caption = format!(
        "Negative ELBO of {} test images by the way to their rows, nats ± standard error; how far it \
         lies above the best way for each image; how many images ended more than {} nat above that; \
         time an image, all cores together.",
        thousands(facts.results.data.test as i64),
        results.worse_by
    );
    let columns = vec![
        Column::text("decoder of"),
        Column::text("rows begin at"),
        Column::number("steps"),
        Column::number("rate"),
        Column::number("negative ELBO"),
        Column::number("above the best"),
        Column::number("worse optimum"),
        Column::number("ms an image"),
    ];
    let mut table = Table::new("ways", caption, columns);
    for way in &results.ways {
        let error = fixed(way.standard_error, 2);
        table.rows.push(vec![
            Cell::from(format!("`{}`", way.model)),
            way.start.clone().into(),
            way.steps.to_string().into(),
            way.rate.map_or("–".to_owned(), |rate| rate.to_string()).into(),
            format!("{} ± {error}", fixed(way.negative_elbo, 2)).into(),
            fixed(way.above_best, 2).into(),
            thousands(way.worse as i64).into(),
            fixed(1e3 * way.seconds_per_image, 3).into(),
        ]);
    }
    table
}

/// A line for the steps from an encoder, a point for every other way.
fn figure(facts: &Facts, results: &AmortisationResults) -> Result<Figure> {
    let mut series: Vec<(String, Vec<&WayResults>)> = Vec::new();
    for way in &results.ways {
        let name = format!("{}: {}", way.model, way.start);
        match series.iter_mut().find(|(known, _)| *known == name) {
            Some((_, ways)) => ways.push(way),
            None => series.push((name, vec![way])),
        }
    }
    let series = series.into_iter().map(|(name, ways)| {
        let points = ways.iter().map(|way| (1e3 * way.seconds_per_image, way.negative_elbo));
        Series::new(name, points.collect())
    });
    let chart = LineChart {
        x_label: "milliseconds an image".to_owned(),
        y_label: "negative ELBO, nats per image".to_owned(),
        series: series.collect(),
        log_x: true,
        ..LineChart::default()
    };
    let drawing = chart.draw()?;
    drawing.save_png(facts.session.folder.figure("amortisation.png"))?;
    drawing.save_svg(facts.session.folder.figure("amortisation.svg"))?;
    Ok(Figure::new(
        "ways-time",
        Picture::from_drawing(&drawing)?,
        "Negative ELBO against time for each way to find rows",
        "Negative ELBO of the test images against the time that finding their rows took; a line joins 0, \
         1, 4, 20 and all steps from an encoder’s posterior. All ways share their images, so the standard \
         errors of the table say nothing about their differences, and no bars are drawn.",
    ))
}
