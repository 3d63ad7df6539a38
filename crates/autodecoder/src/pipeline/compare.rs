//! The experiment's comparisons: small variants of a model, trained and measured alike.

use std::time::Instant;

use anyhow::{Context, Result};
use autodecoder_data::{ImageSet, balanced_subset};
use autodecoder_training::{DeviceImages, Streams};

use super::finite::{infer, score};
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
    let train = small(&session.images.train, comparison.train, "comparison train", &streams)?;
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

fn run_variant(
    session: &Session,
    name: &str,
    config: &ModelConfig,
    images: &Images,
) -> Result<VariantResults> {
    let mut progress = Progress::new(format!("compare {}: {name}", config.name)).quiet();
    let model = session.fresh_model(config)?;
    let mut trainer = session.trainer(config, &model, &images.train)?;
    let started = Instant::now();
    trainer.run(None, || false, &mut progress)?;
    let train = started.elapsed().as_secs_f64();
    let rows = infer(session, config, &model, &images.test, &mut progress)?;
    let seconds = Seconds { train, inference: started.elapsed().as_secs_f64() - train };
    let test = score(session, &model, &rows, &images.test, "evaluate test", &mut progress)?;
    progress.finish(&match test.negative_elbo {
        Some(nats) => format!("negative ELBO {nats:.2} nats"),
        None => format!("MSE {:.5}", test.mse),
    });
    let parameters = model.decoder().parameter_count();
    Ok(VariantResults { name: name.to_owned(), parameters, test, seconds })
}
