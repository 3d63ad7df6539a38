//! Metrics on training and test images, side by side.

use anyhow::Result;
use autodecoder_evaluation::Metrics;
use autodecoder_training::PixelKind;
use autodecoder_visualization::report::{Block, Cell, Column, NoteKind, Section, Table};

use super::curves;
use super::facts::{Encoders, Facts};
use super::models::part;
use super::numbers::{fixed, marked, optional, thousands};

/// The abstract: what was found, in a few sentences.
pub(super) fn findings(facts: &Facts) -> Vec<String> {
    let data = &facts.results.data;
    let (train, test) = (thousands(data.train as i64), thousands(data.test as i64));
    let models = match facts.models.len() {
        1 => "One model was".to_owned(),
        count => format!("{count} models were"),
    };
    let fitted = format!("{models} fitted to {train} images of {} by gradient descent", data.set);
    let encoders = facts.encoders();
    let mut text = match encoders {
        Encoders::None => format!(
            "Every image owns its latent, or its posterior: there is no encoder. {fitted}, and new rows \
             were inferred for {test} test images with the decoder frozen."
        ),
        Encoders::Some => format!(
            "{fitted}. Some have an encoder, which gives the rows of {test} test images too; in the others \
             every image owns its latent, or its posterior, and new rows were inferred for the test images \
             with the decoder frozen."
        ),
        Encoders::All => {
            format!("{fitted}. An encoder gives the rows of those and of {test} test images.")
        }
    };
    if let Some(ad) = facts.auto_decoder() {
        let test = &ad.results.test;
        text += &format!(
            " The auto-decoder `{}` reconstructs test images with a mean squared error of {} \
             ({} dB).",
            ad.name(),
            fixed(test.mse, 5),
            fixed(test.psnr, 1)
        );
    }
    let vads = facts.best_vads();
    for vad in &vads {
        let test = &vad.results.test;
        let of = if vads.len() == 1 {
            String::new()
        } else {
            format!(" with the likelihood {}", part(&vad.config.likelihood))
        };
        let kind = match encoders {
            Encoders::None => "auto-decoder",
            Encoders::Some => "model",
            Encoders::All => "autoencoder",
        };
        text += &format!(
            " The best variational {kind}{of}, `{}`, reaches a test negative ELBO of {} ± {} \
             nats per image, {} of them KL.",
            vad.name(),
            optional(test.negative_elbo, 2),
            optional(test.negative_elbo_standard_error, 2),
            optional(test.kl, 1)
        );
    }
    vec![text]
}

/// Question 2 of the assignment.
pub(super) fn section(facts: &Facts) -> Result<Section> {
    let mut section = Section::new("results", "Training and test images")
        .paragraph(format!(
            "{} Reconstructions are decoded from the posterior's mean.",
            where_rows_come_from(facts.encoders())
        ))
        .paragraph(comparable(facts.results.data.pixels))
        .block(Block::Table(metrics_table(facts)))
        .block(Block::Table(seconds_table(facts)));
    for block in curves::figures(facts)? {
        section = section.block(block);
    }
    Ok(section.block(Block::Note(NoteKind::Remark, batch_size_note(facts).into())))
}

fn where_rows_come_from(encoders: Encoders) -> &'static str {
    match encoders {
        Encoders::None => {
            "Training images are scored with the rows that training left, test images with rows \
             inferred from scratch."
        }
        Encoders::Some => {
            "Training images are scored with the rows that training left, test images with rows \
             inferred from scratch; or, where there is an encoder, with what it gives."
        }
        Encoders::All => {
            "Training and test images are scored with the rows that the encoder gives."
        }
    }
}

/// What nats of these pixels compare with.
fn comparable(pixels: PixelKind) -> &'static str {
    match pixels {
        PixelKind::Grey => {
            "The likelihood of grey pixels is a bound, not a density, so nats compare only with other \
             grey-pixel numbers, and only between models of one likelihood."
        }
        PixelKind::Binarised => {
            "The pixels are black or white, drawn with the grey values as probabilities. What is measured \
             here is one draw of each image, from the seed; encoders are trained on others, drawn anew \
             for every epoch, and rows on the mean over all draws where the likelihood has one. Nats \
             compare only with other numbers on binarised images, and only between models of one \
             likelihood."
        }
    }
}

fn metrics_table(facts: &Facts) -> Table {
    let columns = vec![
        Column::text("model, images"),
        Column::number("MSE × 10^{3}"),
        Column::number("PSNR, dB"),
        Column::number("course’s loss × 10^{4}"),
        Column::number("reconstr."),
        Column::number("KL"),
        Column::number("negative ELBO"),
        Column::number("active dims"),
    ];
    let caption = format!(
        "Training and test metrics. The course’s loss is for batches of {}. The last columns are \
         nats per image, of {} posterior samples each: reconstruction, KL, and their sum, the \
         negative ELBO, ± its standard error over images. The best test value of a column is \
         bold, nats only where all likelihoods are one; an auto-decoder has no ELBO.",
        facts.experiment().evaluation.batch_size,
        facts.experiment().evaluation.draws
    );
    let mut table = Table::new("metrics", caption, columns);
    let tests: Vec<&Metrics> = facts.models.iter().map(|model| &model.results.test).collect();
    let best = |value: fn(&Metrics) -> Option<f64>, scale: f64, decimals, lowest| {
        let values: Vec<_> = tests.iter().map(|m| value(m).map(|v| v * scale)).collect();
        marked(&values, decimals, lowest)
    };
    let mse = best(|m| Some(m.mse), 1e3, 2, true);
    let psnr = best(|m| Some(m.psnr), 1.0, 2, false);
    let course = best(|m| Some(m.reconstruction_loss), 1e4, 3, true);
    let one_prior = facts.models.iter().all(|model| model.results.test_prior.is_none());
    let elbo = if one_prior && facts.best_vads().len() == 1 {
        best(|m| m.negative_elbo, 1.0, 2, true)
    } else {
        tests.iter().map(|m| optional(m.negative_elbo, 2).into()).collect()
    };
    for (index, model) in facts.models.iter().enumerate() {
        let (train, test) = (&model.results.train, &model.results.test);
        let plain = [
            fixed(train.mse * 1e3, 2).into(),
            fixed(train.psnr, 2).into(),
            fixed(train.reconstruction_loss * 1e4, 3).into(),
            optional(train.negative_elbo, 2).into(),
        ];
        let marked = [&mse, &psnr, &course, &elbo].map(|column| column[index].clone());
        let name = format!("`{}`", model.name());
        let latent_dim = model.config.latent_dim;
        table.rows.push(row(format!("{name} training"), train, plain, latent_dim));
        table.rows.push(row(format!("{name} test"), test, marked, latent_dim));
    }
    table
}

/// A row of the metrics table; `cells` are MSE, PSNR, course's loss and negative ELBO.
fn row(head: String, metrics: &Metrics, cells: [Cell; 4], latent_dim: i64) -> Vec<Cell> {
    let [mse, psnr, course, elbo] = cells;
    vec![
        head.into(),
        mse,
        psnr,
        course,
        fixed(metrics.reconstruction, 2).into(),
        optional(metrics.kl, 2).into(),
        with_error(elbo, metrics),
        format!("{} of {latent_dim}", metrics.active_dimensions).into(),
    ]
}

fn with_error(cell: Cell, metrics: &Metrics) -> Cell {
    match (metrics.negative_elbo, metrics.negative_elbo_standard_error) {
        (Some(value), Some(error)) => {
            let text = format!("{} ± {}", fixed(value, 2), fixed(error, 2));
            Cell { text: text.into(), best: cell.best }
        }
        _ => cell,
    }
}

fn seconds_table(facts: &Facts) -> Table {
    let columns = vec![
        Column::text("model"),
        Column::number("training, s"),
        Column::number("images/s"),
        Column::number("inference, s"),
        Column::number("images/s"),
    ];
    let caption = "Wall-clock time on this machine; it varies from run to run.";
    let mut table = Table::new("seconds", caption, columns);
    let (train, test) = (facts.results.data.train as f64, facts.results.data.test as f64);
    for model in &facts.models {
        let seconds = model.results.seconds;
        let visits = train * f64::from(model.config.training.epochs);
        table.rows.push(vec![
            format!("`{}`", model.name()).into(),
            fixed(seconds.train, 1).into(),
            thousands((visits / seconds.train) as i64).into(),
            fixed(seconds.inference, 1).into(),
            thousands((test / seconds.inference) as i64).into(),
        ]);
    }
    table
}

fn batch_size_note(facts: &Facts) -> String {
    format!(
        "The course’s reconstruction loss is ‖x − x̂‖_{{2}} / numel(x) of a batch, averaged over \
         the batches. The norm grows with the root of the batch and the divisor with the batch \
         itself, so the value falls as batches grow: compare it only at the same batch size, here \
         {}. The mean squared error does not depend on it.",
        facts.experiment().evaluation.batch_size
    )
}
