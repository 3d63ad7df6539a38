//! How good the samples are, sampler by sampler.

use anyhow::Result;
use autodecoder_evaluation::{NEIGHBOURS, SampleQuality, Spread};
use autodecoder_models::ModelKind;
use autodecoder_visualization::report::{Block, Cell, Column, Figure, NoteKind, Section, Table};

use super::facts::{Facts, ModelFacts};
use super::numbers::{fixed, marked, thousands};
use crate::pipeline::nearest_name;
use crate::results::{JudgeResults, SamplerResults};

/// A section where samples were judged; `None` where `autodecoder sample-quality` was not run.
pub(super) fn section(facts: &Facts) -> Result<Option<Section>> {
    let Some(judge) = &facts.results.samples else {
        return Ok(None);
    };
    let [precision, density] = NEIGHBOURS;
    let mut section = Section::new("sample-quality", "How good the samples are")
        .paragraph(format!(
            "The prior is one place to draw latents from. Others can be fitted to the training \
             latents afterwards, one posterior sample an image, with the decoder left as it is: a \
             Gaussian mixture with full covariances, and a kernel density (`kde`), whose samples are \
             training latents with noise. @{{judged}} judges what is decoded from each by {} \
             features an image: the last hidden layer of a classifier that names {} percent of the \
             data set's test images rightly.",
            judge.features,
            fixed(judge.classifier_accuracy * 100.0, 2)
        ))
        .block(Block::Table(table(facts, judge)))
        .block(Block::Note(
            NoteKind::Caution,
            "These Fréchet distances are not FIDs: the features are this classifier’s and not those of \
             the Inception network, so no number here compares with a published FID. They fall as \
             either set of images grows, and compare only with numbers that the same classifier gave \
             for as many images."
                .into(),
        ))
        .paragraph(format!(
            "The Fréchet distance is that between two Gaussians fitted to the features of samples and \
             test images (arXiv:1706.08500). Precision is the share of samples within the ball around \
             a test image that reaches to its {precision} nearest neighbours, recall the share of test \
             images within such a ball around a sample (arXiv:1904.06991). Density counts the balls of \
             {density} neighbours that a sample lies in, over what real images would have, and coverage \
             is the share of test images whose ball holds a sample (arXiv:2002.09797)."
        ));
    if let Some(text) = without_an_encoder(facts) {
        section = section.block(Block::Note(NoteKind::Result, text.into()));
    }
    for model in facts.models.iter().filter(|model| model.results.samples.is_some()) {
        section = section.block(Block::Figure(nearest(facts, model)?));
    }
    Ok(Some(section))
}

/// One row of the table.
struct Row<'a> {
    head: [String; 2],
    quality: &'a SampleQuality,
    nearest: Option<Spread>,
    /// Whether it takes part in the contest of a column.
    sampled: bool,
}

fn table(facts: &Facts, judge: &JudgeResults) -> Table {
    let mut columns = vec![Column::text("model"), Column::text("images")];
    let names = ["number", "Fréchet", "precision", "recall", "density", "coverage", "to nearest"];
    columns.extend(names.map(Column::number));
    let caption = format!(
        "Samples beside {} test images, by classifier features. The floor are training images, \
         the same numbers for real images that no model made; reconstructions are decoded from the \
         test images’ own latents. The last column is the median distance to the nearest training \
         image, {} for test images: samples far below that would be copies. The best sampler of a \
         column is bold.",
        thousands(facts.results.data.test as i64),
        fixed(judge.test_to_nearest_train.median, 2)
    );
    let rows = rows(facts, judge);
    let mut table = Table::new("judged", caption, columns);
    let column = |value: fn(&SampleQuality) -> f64, decimals, lowest| -> Vec<Cell> {
        let contest: Vec<_> =
            rows.iter().map(|row| row.sampled.then(|| value(row.quality))).collect();
        let cells = marked(&contest, decimals, lowest).into_iter().zip(&rows);
        cells
            .map(|(cell, row)| match row.sampled {
                true => cell,
                false => fixed(value(row.quality), decimals).into(),
            })
            .collect()
    };
    let columns = [
        column(|quality| quality.frechet, 2, true),
        column(|quality| quality.precision, 3, false),
        column(|quality| quality.recall, 3, false),
        column(|quality| quality.density, 3, false),
        column(|quality| quality.coverage, 3, false),
    ];
    for (index, row) in rows.iter().enumerate() {
        let mut cells: Vec<Cell> = row.head.iter().map(|text| text.as_str().into()).collect();
        cells.push(thousands(row.quality.images as i64).into());
        cells.extend(columns.iter().map(|column| column[index].clone()));
        cells.push(row.nearest.map_or_else(|| "–".to_owned(), |s| fixed(s.median, 2)).into());
        table.rows.push(cells);
    }
    if rows.iter().all(|row| row.quality.images == rows[0].quality.images) {
        return table;
    }
    table.note(
        "Rows of fewer images have a larger Fréchet distance and a higher recall for that alone: balls \
         around few images reach further.",
    )
}

/// The floor, then for each model its reconstructions and its samplers, the prior first.
fn rows<'a>(facts: &'a Facts, judge: &'a JudgeResults) -> Vec<Row<'a>> {
    let head = |model: &str, images: &str| [model.to_owned(), images.to_owned()];
    let real = Row {
        head: head("–", "training images (floor)"),
        quality: &judge.floor,
        nearest: None,
        sampled: false,
    };
    let mut rows = vec![real];
    for model in &facts.models {
        let Some(samples) = &model.results.samples else {
            continue;
        };
        let name = format!("`{}`", model.name());
        rows.push(Row {
            head: head(&name, "reconstructions"),
            quality: &samples.reconstructions,
            nearest: None,
            sampled: false,
        });
        let mut samplers: Vec<(&String, &SamplerResults)> = samples.samplers.iter().collect();
        samplers.sort_by_key(|(sampler, _)| *sampler != "prior");
        rows.extend(samplers.into_iter().map(|(sampler, results)| Row {
            head: head(&name, sampler),
            quality: &results.quality,
            nearest: Some(results.to_nearest_train),
            sampled: true,
        }));
    }
    rows
}

/// Whether an auto-decoder with a fitted mixture samples as well as a variational autoencoder from its
/// prior, where the run has both.
fn without_an_encoder(facts: &Facts) -> Option<String> {
    let of = |kind: ModelKind, sampler: &str| {
        let models = facts.models.iter().filter(move |model| model.config.kind == kind);
        let scored = models.filter_map(|model| {
            let results = model.results.samples.as_ref()?.samplers.get(sampler)?;
            Some((model.name(), results.quality.frechet))
        });
        scored.min_by(|a, b| a.1.total_cmp(&b.1))
    };
    let (ad, fitted) = of(ModelKind::AutoDecoder, "mixture")?;
    let (vae, prior) = of(ModelKind::VariationalAutoencoder, "prior")?;
    let verdict =
        if fitted <= prior { "samples at least as well as" } else { "samples worse than" };
    Some(format!(
        "By Fréchet distance the auto-decoder `{ad}` with a fitted mixture ({}) {verdict} the \
         variational autoencoder `{vae}` from its prior ({}).",
        fixed(fitted, 2),
        fixed(prior, 2)
    ))
}

fn nearest(facts: &Facts, model: &ModelFacts) -> Result<Figure> {
    Ok(Figure::new(
        format!("nearest-{}", model.name()),
        facts.picture(&nearest_name(model.name()))?,
        format!("samples of {} and their nearest training images", model.name()),
        format!(
            "`{}`: for each sampler the first samples of a seeded stream, not selected, and below each \
             the training image with the nearest features. A copy would look like the image below it.",
            model.name()
        ),
    ))
}
