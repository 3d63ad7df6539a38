//! What the latents know: classifiers on latents beside classifiers on pixels.

use autodecoder_evaluation::Probes;
use autodecoder_visualization::report::{Block, Cell, Column, Table};

use super::facts::{Facts, ModelFacts};
use super::numbers::{fixed, marked, thousands};

/// A table of accuracies and what to make of it; `None` where nothing was measured.
pub(super) fn blocks(facts: &Facts) -> Option<Vec<Block>> {
    let models: Vec<(&ModelFacts, Probes)> =
        facts.models.iter().filter_map(|model| Some((model, model.results.probes?))).collect();
    if models.is_empty() {
        return None;
    }
    let mut blocks = vec![
        Block::Paragraph(
            "What do the latents know of the images’ classes, which no model saw? Two classifiers are \
             fitted to the latents of the training images (the posteriors’ means) and their labels, and \
             tested on those of the test images: a vote of the nearest neighbours, which asks whether a \
             class lies together, and a linear one (multinomial logistic regression on standardised \
             latents), which asks whether classes can be told apart by planes. @{probes} has the \
             accuracies."
                .into(),
        ),
        Block::Table(table(facts, &models)),
    ];
    if models.iter().any(|(model, _)| !model.config.kind.has_encoder()) {
        blocks.push(Block::Paragraph(TWO_WAYS.into()));
    }
    Some(blocks)
}

const TWO_WAYS: &str = "Without an encoder, latents of training and of test images are found in two \
     ways: one together with the decoder, the other with the decoder frozen. Directions that the decoder \
     hardly reads can differ between the two, and a classifier that was fitted to them is misled.";

fn table(facts: &Facts, models: &[(&ModelFacts, Probes)]) -> Table {
    let data = &facts.results.data;
    let caption = format!(
        "Accuracy on {} test images of classifiers fitted to {} training images, percent ± its binomial \
         standard error; the best of the models is bold.",
        thousands(data.test as i64),
        thousands(data.train as i64)
    );
    let neighbours = models[0].1.knn.k;
    let columns = vec![
        Column::text("latents of"),
        Column::number(format!("{neighbours} nearest neighbours")),
        Column::number("linear"),
        Column::number("active dims"),
    ];
    let best = |value: fn(&Probes) -> f64| -> Vec<bool> {
        let values: Vec<_> = models.iter().map(|(_, probes)| Some(value(probes))).collect();
        marked(&values, 1, false).into_iter().map(|cell| cell.best).collect()
    };
    let (knn, linear) = (best(|p| p.knn.accuracy), best(|p| p.linear.accuracy));
    let mut table = Table::new("probes", caption, columns);
    for (index, (model, Probes { knn: nearest, linear: planes })) in models.iter().enumerate() {
        let active = model.results.test.active_dimensions;
        let [nearest, planes] = [
            (nearest.accuracy, nearest.standard_error, knn[index]),
            (planes.accuracy, planes.standard_error, linear[index]),
        ]
        .map(|(share, error, best)| Cell { best, ..percent(share, error) });
        let active = format!("{active} of {}", model.config.latent_dim);
        let cells = [format!("`{}`", model.name()).into(), nearest, planes, active.into()];
        table.rows.push(cells.into());
    }
    if let Some(pixels) = facts.results.pixels {
        let nearest = percent(pixels.knn.accuracy, pixels.knn.standard_error);
        let head = "no model: the pixels themselves";
        table.rows.push(vec![head.into(), nearest, "–".into(), "–".into()]);
    }
    table
}

fn percent(share: f64, error: f64) -> Cell {
    format!("{} ± {}", fixed(share * 100.0, 1), fixed(error * 100.0, 1)).into()
}
