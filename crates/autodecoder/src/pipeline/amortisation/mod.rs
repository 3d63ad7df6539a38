//! The amortisation gap: one decoder, many ways to find the test images' rows.

mod way;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use autodecoder_evaluation::{InferenceConfig, fit_rows, mean, negative_elbos, standard_error};
use autodecoder_training::{DeviceImages, Pca};
use tch::{Kind, Tensor};

use way::{COMPONENTS, Start, Starts, Way, ways};

use crate::experiment::ModelConfig;
use crate::progress::{Progress, check_stop, say};
use crate::results::{AmortisationResults, Results, WayResults};
use crate::session::{Session, TrainedModel};

/// Training images on which the rate of a few steps from the encoder's posterior is chosen.
const TUNING: usize = 200;
/// Factors on `inference.latents.rate` among which it is: an encoder's posterior is near its optimum, and
/// a step as for a row that begins at the prior would leave it.
const FACTORS: [f64; 4] = [1.0, 0.25, 0.06, 0.015];
/// An image counts as stuck in a worse optimum where its negative ELBO is so many nats above that of
/// its best way.
pub const WORSE: f64 = 1.0;

/// Measures every way to find the rows of the test images under the decoder of each VAE of the run, and
/// under those of its VADs; the numbers go into `results.json`.
///
/// # Errors
/// Where the run has no VAE, was not evaluated yet, is told to stop, or a file cannot be read or written.
pub fn amortisation(session: &Session) -> Result<()> {
    let path = session.folder.results();
    let mut results = Results::read(&path)?.context("no results.json yet: evaluate first")?;
    let variational = || session.experiment.models.iter().filter(|m| m.kind.is_variational());
    ensure!(
        variational().any(|model| model.kind.has_encoder()),
        "the run has no model of the kind variational-autoencoder, whose encoder could be compared \
         with inference image by image"
    );
    let train = DeviceImages::new(&session.images.train, session.device);
    let test = DeviceImages::new(&session.images.test, session.device);
    let pca = Pca::fit(&train, COMPONENTS);
    let mut entries = Vec::new();
    for config in variational() {
        check_stop("between two models")?;
        let trained = session.load(config)?;
        entries.extend(
            Decoder { session, trained: &trained, train: &train, pca: &pca, test: &test }
                .measure()?,
        );
    }
    results.amortisation = Some(AmortisationResults { worse_by: WORSE, ways: entries });
    results.write(&path)
}

/// A trained decoder and the images that rows are found for.
struct Decoder<'a> {
    session: &'a Session,
    trained: &'a TrainedModel<'a>,
    train: &'a DeviceImages,
    pca: &'a Pca,
    test: &'a DeviceImages,
}

/// Rows that were found, and what that took.
struct Found {
    way: Way,
    rate: Option<f64>,
    seconds: f64,
    /// Negative ELBO of each image, `[N]`.
    nats: Tensor,
}

impl Decoder<'_> {
    fn config(&self) -> &ModelConfig {
        self.trained.config
    }

    /// All ways that this model has.
    fn measure(&self) -> Result<Vec<WayResults>> {
        let starts = Starts::new(self.session, self.trained, self.train, self.pca);
        let mut found = Vec::new();
        for way in ways(self.trained.model.encoder().is_some(), self.config().inference.steps) {
            check_stop("between two ways of inference")?;
            let entry = self.find(&starts, way)?;
            say(&format!(
                "{}: {}: {:.2} nats, {:.2} ms an image",
                self.config().name,
                entry.way,
                mean(&entry.nats),
                1e3 * entry.seconds / self.test.len() as f64
            ));
            found.push(entry);
        }
        let every: Vec<&Tensor> = found.iter().map(|entry| &entry.nats).collect();
        let best = Tensor::stack(&every, 0).amin([0i64].as_slice(), false);
        Ok(found.iter().map(|entry| self.summary(entry, &best)).collect())
    }

    fn find(&self, starts: &Starts, way: Way) -> Result<Found> {
        let inference = self.inference(starts, way)?;
        let mut progress = Progress::new(format!("{}: {way}", self.config().name)).quiet();
        let started = Instant::now();
        let mut rows = starts.rows(way.start, self.test, &mut progress)?;
        if way.steps > 0 {
            rows = self.fit(rows, self.test, &inference, &mut progress)?;
        }
        let seconds = started.elapsed().as_secs_f64();
        let nats = self.nats(&rows, self.test, &mut progress)?;
        progress.clear();
        let rate = (way.steps > 0).then_some(inference.latents.rate);
        Ok(Found { way, rate, seconds, nats })
    }

    /// The model's own inference; from the encoder's posterior with the way's steps and the rate, of
    /// four, that is best for some training images.
    fn inference(&self, starts: &Starts, way: Way) -> Result<InferenceConfig> {
        let mut config = self.config().inference.clone();
        // Ways are scored by the ELBO, so that is what they are fitted to.
        config.importance_samples = 1;
        config.steps = way.steps.max(1);
        if way.start != Start::Encoder || way.steps == 0 {
            return Ok(config);
        }
        let count = TUNING.min(self.session.images.train.len());
        let some = self.session.images.train.select(&(0..count).collect::<Vec<_>>());
        let some = DeviceImages::new(&some, self.session.device);
        let highest = config.latents.rate;
        let mut best = (f64::INFINITY, highest);
        for factor in FACTORS {
            config.latents.rate = highest * factor;
            let mut progress = Progress::new("rate of a few steps").quiet();
            let rows = starts.rows(way.start, &some, &mut progress)?;
            let rows = self.fit(rows, &some, &config, &mut progress)?;
            let nats = mean(&self.nats(&rows, &some, &mut progress)?);
            progress.clear();
            if nats < best.0 {
                best = (nats, config.latents.rate);
            }
        }
        config.latents.rate = best.1;
        Ok(config)
    }

    fn fit(
        &self,
        rows: Tensor,
        images: &DeviceImages,
        config: &InferenceConfig,
        progress: &mut Progress,
    ) -> Result<Tensor> {
        let (optimisers, streams) = (&self.session.catalogue.optimisers, self.session.streams());
        let model = &self.trained.model;
        Ok(fit_rows(model, images, rows, config, optimisers, &streams, progress)?)
    }

    fn nats(
        &self,
        rows: &Tensor,
        images: &DeviceImages,
        progress: &mut Progress,
    ) -> Result<Tensor> {
        let (settings, streams) = (&self.session.experiment.evaluation, self.session.streams());
        let (model, name) = (&self.trained.model, "amortisation");
        let nats = negative_elbos(model, rows, images, settings, &streams, name, progress)?;
        nats.context("a variational model without a KL term")
    }

    fn summary(&self, found: &Found, best: &Tensor) -> WayResults {
        let count = self.test.len() as f64;
        let worse = (&found.nats - best).gt(WORSE).sum(Kind::Int64).int64_value(&[]);
        WayResults {
            model: self.config().name.clone(),
            start: found.way.start.name().to_owned(),
            steps: found.way.steps,
            rate: found.rate,
            negative_elbo: mean(&found.nats),
            standard_error: standard_error(&found.nats),
            above_best: mean(&(&found.nats - best)),
            worse: worse.unsigned_abs(),
            seconds_per_image: found.seconds / count,
        }
    }
}
