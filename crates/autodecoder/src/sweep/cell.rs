//! One model of a sweep: trained, and measured.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use autodecoder_evaluation::{Metrics, Probes};
use autodecoder_models::ModelKind;
use autodecoder_training::DeviceImages;
use serde::{Deserialize, Serialize};

use super::frechet::Real;
use super::plan::Place;
use crate::ImageDigests;
use crate::experiment::ModelConfig;
use crate::pipeline::{infer, latent_probes, score};
use crate::progress::Progress;
use crate::session::Session;

/// What was measured of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Kind of the model.
    pub kind: ModelKind,
    /// Values in one latent.
    pub latent_dim: i64,
    /// The seed.
    pub seed: u64,
    /// What tells the seed's images from others.
    pub images: ImageDigests,
    /// On the test images, with inferred rows.
    pub test: Metrics,
    /// Classifiers fitted to training latents that were inferred like those of the test images: with
    /// the decoder frozen, or by the encoder.
    pub inferred: Probes,
    /// Classifiers fitted to the training latents that training left.
    pub trained: Probes,
    /// Fréchet distance of samples from the test images, by sampler; empty where samples are not judged.
    pub frechet: BTreeMap<String, f64>,
    /// Wall-clock seconds of everything.
    pub seconds: f64,
}

impl Cell {
    /// Trains and measures the model at `place`, in its seed's session, with nothing written.
    ///
    /// # Errors
    /// Where the model diverges, or the process is told to stop.
    pub(super) fn measure(session: &Session, images: &Material, place: Place) -> Result<Cell> {
        let config = session.experiment.model(&place.model())?;
        let name = format!("{}, seed {}", config.name, place.seed);
        let started = Instant::now();
        let mut progress = Progress::new(name.clone()).quiet();
        let found = train_and_measure(session, config, images, &mut progress).context(name)?;
        let seconds = started.elapsed().as_secs_f64();
        progress.finish(&outcome(&found, seconds));
        Ok(Cell {
            kind: place.kind,
            latent_dim: place.latent_dim,
            seed: place.seed,
            images: session.digests.clone(),
            test: found.test,
            inferred: found.inferred,
            trained: found.trained,
            frechet: found.frechet,
            seconds,
        })
    }

    /// Where it belongs.
    pub fn place(&self) -> Place {
        Place { kind: self.kind, latent_dim: self.latent_dim, seed: self.seed }
    }
}

/// What all models of a seed share.
pub(super) struct Material {
    pub train: DeviceImages,
    pub test: DeviceImages,
    /// What samples are compared with, if they are.
    pub real: Option<Real>,
}

struct Found {
    test: Metrics,
    inferred: Probes,
    trained: Probes,
    frechet: BTreeMap<String, f64>,
}

fn train_and_measure(
    session: &Session,
    config: &ModelConfig,
    Material { train, test, real }: &Material,
    progress: &mut Progress,
) -> Result<Found> {
    let model = session.fresh_model(config)?;
    let mut trainer = session.trainer(config, &model, train)?;
    trainer.run(None, || false, progress)?;
    let rows = infer(session, config, &model, test, progress)?;
    let inferred = infer(session, config, &model, train, progress)?;
    let distances = |real: &Real| real.distances(session, &model, &trainer.rows());
    Ok(Found {
        frechet: real.as_ref().map(distances).transpose()?.unwrap_or_default(),
        test: score(session, &model, &rows, test, "evaluate test", progress)?,
        inferred: latent_probes(session, &model, &inferred, &rows),
        trained: latent_probes(session, &model, &trainer.rows(), &rows),
    })
}

fn outcome(found: &Found, seconds: f64) -> String {
    let nats = found.test.negative_elbo;
    let nats = nats.map_or(String::new(), |nats| format!(", negative ELBO {nats:.2} nats"));
    format!(
        "accuracy {:.3} (neighbours), {:.3} (linear), MSE {:.5}{nats}, {seconds:.1} s",
        found.inferred.knn.accuracy, found.inferred.linear.accuracy, found.test.mse
    )
}
