//! The tables: means over seeds, in Markdown.

use crate::results::{ImportanceResults, ModelResults, ModelSamples, Results, WayResults};
use crate::study::Mean;

/// What a column holds of a model, and how it is printed: its name, the factor, the decimals.
type Column = (&'static str, fn(&ModelResults) -> Option<f64>, f64, usize);

const MEASURED: [Column; 7] = [
    ("test MSE × 10³", |model| Some(model.test.mse), 1e3, 2),
    ("negative ELBO, nats", |model| model.test.negative_elbo, 1.0, 2),
    ("of it KL", |model| model.test.kl, 1.0, 2),
    ("active dimensions", |model| Some(model.test.active_dimensions as f64), 1.0, 1),
    ("neighbours, %", |model| Some(model.probes?.knn.accuracy), 100.0, 2),
    ("linear probe, %", |model| Some(model.probes?.linear.accuracy), 100.0, 2),
    ("training, s", |model| Some(model.seconds.train), 1.0, 0),
];

/// Every table that there are numbers for, each with a line before it.
pub(super) fn all(models: &[&str], runs: &[Results]) -> String {
    let tables = [
        ("On the test images:", measured(models, runs)),
        ("Fréchet distance of samples, by classifier features:", frechet(models, runs)),
        (
            "Log likelihood of the test images, at least (nats), by samples K:",
            bounds(models, runs, |model| model.importance.as_ref()),
        ),
        (
            "The same with proposals fitted to the bound of several samples:",
            bounds(models, runs, |model| model.importance_fitted.as_ref()),
        ),
        ("Ways to find the rows of the test images:", amortisation(runs)),
    ];
    let filled = tables.into_iter().filter(|(_, table)| !table.rows.is_empty());
    filled.map(|(title, table)| format!("\n{title}\n\n{}", table.markdown())).collect()
}

/// A table of texts.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<String> = self.columns.iter().map(|_| "---".to_owned()).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&self.columns) + &line(&rule) + &rows
    }
}

/// The mean over runs of what every one of them has.
fn mean(runs: &[Results], value: impl Fn(&Results) -> Option<f64>) -> Option<Mean> {
    let values: Option<Vec<f64>> = runs.iter().map(value).collect();
    values.map(|values| Mean::of(&values))
}

fn text(mean: Option<Mean>, factor: f64, decimals: usize) -> String {
    mean.map_or_else(|| "–".to_owned(), |mean| mean.text(factor, decimals).replace('-', "−"))
}

fn measured(models: &[&str], runs: &[Results]) -> Table {
    let row = |name: &&str| {
        let cells = MEASURED.iter().map(|&(_, value, factor, decimals)| {
            text(mean(runs, |run| value(run.models.get(*name)?)), factor, decimals)
        });
        std::iter::once((*name).to_owned()).chain(cells).collect()
    };
    let columns = std::iter::once("model").chain(MEASURED.iter().map(|column| column.0));
    Table { columns: columns.map(str::to_owned).collect(), rows: models.iter().map(row).collect() }
}

fn judged<'a>(run: &'a Results, model: &str) -> Option<&'a ModelSamples> {
    run.models.get(model)?.samples.as_ref()
}

fn frechet(models: &[&str], runs: &[Results]) -> Table {
    let first = runs.first().and_then(|run| models.iter().find_map(|model| judged(run, model)));
    let samplers: Vec<String> =
        first.into_iter().flat_map(|first| first.samplers.keys().cloned()).collect();
    let sampled = |model: &str, sampler: &str| {
        mean(runs, |run| Some(judged(run, model)?.samplers.get(sampler)?.quality.frechet))
    };
    let row = |model: &&str| {
        let rebuilt = mean(runs, |run| Some(judged(run, model)?.reconstructions.frechet))?;
        let cells = samplers.iter().map(|sampler| text(sampled(model, sampler), 1.0, 2));
        let head = std::iter::once((*model).to_owned());
        Some(head.chain(cells).chain([text(Some(rebuilt), 1.0, 2)]).collect())
    };
    let mut rows: Vec<Vec<String>> = models.iter().filter_map(row).collect();
    if let Some(floor) = mean(runs, |run| Some(run.samples?.floor.frechet)) {
        let cells = samplers.iter().map(|_| "–".to_owned());
        let floor = text(Some(floor), 1.0, 2);
        rows.push(["training images".to_owned()].into_iter().chain(cells).chain([floor]).collect());
    }
    let columns = ["model".to_owned()].into_iter().chain(samplers.iter().cloned());
    Table { columns: columns.chain(["reconstructions".to_owned()]).collect(), rows }
}

/// One of a model's two sets of bounds.
type Set = fn(&ModelResults) -> Option<&ImportanceResults>;

fn weighed<'a>(run: &'a Results, model: &str, set: Set) -> Option<&'a ImportanceResults> {
    run.models.get(model).and_then(set)
}

fn bounds(models: &[&str], runs: &[Results], set: Set) -> Table {
    let first =
        runs.first().and_then(|run| models.iter().find_map(|model| weighed(run, model, set)));
    let samples: Vec<u32> = first
        .map(|first| first.bounds.bounds.iter().map(|bound| bound.samples).collect())
        .unwrap_or_default();
    let row = |model: &&str| {
        let nats = |place: usize| {
            mean(runs, |run| {
                Some(weighed(run, model, set)?.bounds.bounds.get(place)?.log_likelihood)
            })
        };
        nats(0)?;
        let ahead =
            mean(runs, |run| Some(weighed(run, model, set)?.difference.as_ref()?.log_likelihood));
        let cells = (0..samples.len()).map(|place| text(nats(place), 1.0, 2));
        let head = std::iter::once((*model).to_owned());
        Some(head.chain(cells).chain([text(ahead, 1.0, 2)]).collect())
    };
    let columns = samples.iter().map(|samples| format!("K = {samples}"));
    let head = std::iter::once("model".to_owned());
    Table {
        columns: head.chain(columns).chain(["ahead of the first".to_owned()]).collect(),
        rows: models.iter().filter_map(row).collect(),
    }
}

fn ways(run: &Results) -> Option<&[WayResults]> {
    Some(&run.amortisation.as_ref()?.ways)
}

fn amortisation(runs: &[Results]) -> Table {
    let first = runs.first().and_then(ways).unwrap_or_default();
    let row = |(place, way): (usize, &WayResults)| {
        let cell = |value: fn(&WayResults) -> f64, factor, decimals| {
            text(mean(runs, |run| ways(run)?.get(place).map(value)), factor, decimals)
        };
        vec![
            way.model.clone(),
            way.start.clone(),
            way.steps.to_string(),
            cell(|way| way.negative_elbo, 1.0, 2),
            cell(|way| way.above_best, 1.0, 2),
            cell(|way| way.worse as f64, 1.0, 0),
            cell(|way| way.seconds_per_image, 1e3, 2),
        ]
    };
    let columns = [
        "decoder of",
        "rows begin at",
        "steps",
        "negative ELBO",
        "above the best way",
        "worse optimum",
        "ms an image",
    ];
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: first.iter().enumerate().map(row).collect(),
    }
}
