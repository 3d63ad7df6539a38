//! Inference on the test images, and every metric.

use std::time::Instant;

use anyhow::Result;
use autodecoder_training::{DeviceImages, Latents, write_latents};

use super::finite;
use super::likelihood::{self, Proposal};
use super::probes::{has_classes, latent_probes, pixel_probes};
use crate::progress::{Progress, check_stop, say};
use crate::results::{DataSizes, ModelResults, Results, Seconds, read_json, write_json};
use crate::session::{Session, TrainedModel};

/// Infers the rows of the test images where that was not done yet, scores all models, and writes
/// `results.json`. What other steps wrote there is kept.
///
/// # Errors
/// Where a model is not trained yet, the run is told to stop, or a file cannot be read or written.
pub fn evaluate(session: &Session) -> Result<()> {
    let path = session.folder.results();
    let mut results = Results::read(&path)?.unwrap_or_else(|| empty_results(session));
    let train = DeviceImages::new(&session.images.train, session.device);
    let test = DeviceImages::new(&session.images.test, session.device);
    // No model changes what pixels tell.
    let pixels = || has_classes(session).then(|| pixel_probes(session));
    results.pixels = results.pixels.or_else(pixels);
    for config in &session.experiment.models {
        check_stop("between two models")?;
        let trained = session.load(config)?;
        let fitted = session.load_under_fitted_prior(config)?;
        let tested = fitted.as_ref().unwrap_or(&trained);
        infer_test(session, tested, &test)?;
        let mut entry = measure(session, (&trained, &train), (tested, &test))?;
        let name = |model: &TrainedModel| model.model.posterior().prior().name().to_owned();
        entry.test_prior = fitted.as_ref().map(name);
        if let Some(old) = results.models.remove(&config.name) {
            entry.tsne = old.tsne;
            entry.samples = old.samples;
        }
        say(&headline(&config.name, &entry));
        results.models.insert(config.name.clone(), entry);
        results.write(&path)?;
    }
    Ok(())
}

fn empty_results(session: &Session) -> Results {
    Results {
        format: 1,
        experiment: session.experiment.name.clone(),
        seed: session.experiment.seed,
        environment: session.environment.clone(),
        data: DataSizes {
            set: session.experiment.data.set.clone(),
            train: session.images.train.len(),
            test: session.images.test.len(),
            pixels: session.experiment.data.pixels,
        },
        samples: None,
        amortisation: None,
        pixels: None,
        models: Default::default(),
        comparisons: Vec::new(),
    }
}

fn infer_test(session: &Session, trained: &TrainedModel, test: &DeviceImages) -> Result<()> {
    let name = &trained.config.name;
    let path = session.folder.test_latents(name);
    if path.exists() {
        return Ok(());
    }
    let mut progress = Progress::new(format!("infer {name}"));
    let started = Instant::now();
    let rows = finite::infer(session, trained.config, &trained.model, test, &mut progress)?;
    let inference = started.elapsed().as_secs_f64();
    progress.finish(&format!("{} images in {inference:.1} s", test.len()));
    let seconds = Seconds { inference, ..read_json(&session.folder.seconds(name))? };
    write_json(&session.folder.seconds(name), &seconds)?;
    // Bounds of other rows than these.
    likelihood::forget(session, name)?;
    let latents = Latents {
        rows,
        index: session.images.test.index().to_vec(),
        images: test.digest().to_owned(),
        keys: session.images.test.keys().map(<[String]>::to_vec),
    };
    Ok(write_latents(&path, trained.model.posterior(), &latents)?)
}

/// Measures a model on its training images and, perhaps under another prior, on the test images.
fn measure(
    session: &Session,
    (trained, train): (&TrainedModel, &DeviceImages),
    (tested, test): (&TrainedModel, &DeviceImages),
) -> Result<ModelResults> {
    let TrainedModel { config, model, train: train_latents } = trained;
    let test_latents = session.load_test(trained)?;
    let score = |model, rows, images, stream| {
        let mut progress = Progress::new(format!("score {}", config.name));
        let metrics = finite::score(session, model, rows, images, stream, &mut progress);
        progress.clear();
        metrics
    };
    Ok(ModelResults {
        kind: config.kind,
        posterior: config.posterior.clone(),
        prior: model.posterior().prior().name().to_owned(),
        likelihood: config.likelihood.kind.clone(),
        latent_dim: config.latent_dim,
        parameters: model.parameter_count(),
        test_prior: None,
        train: score(model, &train_latents.rows, train, "evaluate train")?,
        test: score(&tested.model, &test_latents.rows, test, "evaluate test")?,
        prior_gap: finite::prior_gap(session, model, &train_latents.rows, &test_latents.rows)?,
        importance: likelihood::bounds(session, tested, test, Proposal::Rows)?,
        importance_fitted: likelihood::bounds(session, tested, test, Proposal::Fitted)?,
        samples: None,
        probes: has_classes(session)
            .then(|| latent_probes(session, model, &train_latents.rows, &test_latents.rows)),
        tsne: None,
        seconds: read_json(&session.folder.seconds(&config.name))?,
    })
}

fn headline(name: &str, entry: &ModelResults) -> String {
    let test = &entry.test;
    let nats = match (test.negative_elbo, test.negative_elbo_standard_error, test.kl) {
        (Some(nats), Some(error), Some(kl)) => {
            format!(", negative ELBO {nats:.2} ± {error:.2} nats (KL {kl:.2})")
        }
        _ => String::new(),
    };
    format!("{name}: test MSE {:.5}, PSNR {:.2} dB{nats}", test.mse, test.psnr)
}
