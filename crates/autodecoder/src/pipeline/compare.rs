//! The experiment's comparisons: small variants of a model, trained and measured alike.

use std::time::Instant;

use anyhow::{Context, Result};
use autodecoder_data::{ImageSet, balanced_subset};
use autodecoder_evaluation::Metrics;
use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, Streams};

use super::finite::{infer, is_divergence, score};
use crate::experiment::{ComparisonConfig, ModelConfig};
use crate::progress::{Progress, check_stop};
use crate::results::{ComparisonResults, Results, Seconds, VariantResults};
use crate::session::Session;

/// Trains and measures every variant of every comparison that `results.json` does not hold yet.
///
/// # Errors
/// Where the run was not evaluated yet or is told to stop, or a file cannot be written.
pub fn compare(session: &Session) -> Result<()> {
    let path = session.folder.results();
    let mut results = Results::read(&path)?.context("no results.json yet: evaluate first")?;
    let done = results.comparisons.len();
    for comparison in session.experiment.comparisons.iter().skip(done) {
        results.comparisons.push(run_comparison(session, comparison)?);
        results.write(&path)?;
    }
    Ok(())
}

fn run_comparison(session: &Session, comparison: &ComparisonConfig) -> Result<ComparisonResults> {
    let streams = session.streams();
    let train = small(session.images.training(), comparison.train, "comparison train", &streams)?;
    let test = small(&session.images.test, comparison.test, "comparison test", &streams)?;
    let images = Images {
        train: DeviceImages::new(&train, session.device),
        test: DeviceImages::new(&test, session.device),
    };
    let mut variants = Vec::new();
    for variant in &comparison.variants {
        check_stop("between two variants")?;
        let config = comparison.variant(variant, &session.experiment)?;
        variants.push(run_variant(session, &variant.name, &config, &images)?);
    }
    Ok(ComparisonResults {
        question: comparison.question.clone(),
        model: comparison.model.clone(),
        train: train.len(),
        test: test.len(),
        variants,
    })
}

struct Images {
    train: DeviceImages,
    test: DeviceImages,
}

fn small(all: &ImageSet, count: usize, name: &str, streams: &Streams) -> Result<ImageSet> {
    Ok(balanced_subset(all, count, &mut streams.rng(name, &[]))?)
}

/// Trains and measures one variant. One that diverges is an answer too: it is noted, and the others
/// go on.
fn run_variant(
    session: &Session,
    name: &str,
    config: &ModelConfig,
    images: &Images,
) -> Result<VariantResults> {
    let model = session.fresh_model(config)?;
    let parameters = model.parameter_count();
    let mut progress = Progress::new(format!("compare {}: {name}", config.name)).quiet();
    let mut seconds = Seconds::default();
    let test = match measure(session, config, model, images, &mut seconds, &mut progress) {
        Ok(test) => Some(test),
        Err(error) if is_divergence(&error) => None,
        Err(error) => return Err(error).with_context(|| format!("variant {name:?}")),
    };
    progress.finish(&outcome(test.as_ref()));
    Ok(VariantResults { name: name.to_owned(), parameters, test, seconds })
}

/// Trains `model` and scores it on the test images.
fn measure(
    session: &Session,
    config: &ModelConfig,
    model: LatentModel,
    images: &Images,
    seconds: &mut Seconds,
    progress: &mut Progress,
) -> Result<Metrics> {
    let mut trainer = session.trainer(config, &model, &images.train)?;
    let started = Instant::now();
    let trained = trainer.run(None, || false, progress);
    seconds.train = started.elapsed().as_secs_f64();
    trained?;
    let rows = trainer.table().rows().shallow_clone();
    drop(trainer);
    let model = session.for_inference(config, model, &rows)?;
    let started = Instant::now();
    let rows = infer(session, config, &model, &images.test, progress);
    seconds.inference = started.elapsed().as_secs_f64();
    score(session, &model, &rows?, &images.test, "evaluate test", progress)
}

fn outcome(test: Option<&Metrics>) -> String {
    match test {
        None => "diverged".to_owned(),
        Some(Metrics { negative_elbo: Some(nats), .. }) => format!("negative ELBO {nats:.2} nats"),
        Some(Metrics { mse, .. }) => format!("MSE {mse:.5}"),
    }
}
