//! One method, trained and measured.

use std::time::Instant;

use anyhow::{Context, Result};
use autodecoder_data::{ImageSet, Mask};
use autodecoder_evaluation::{
    ImputationErrors, Imputer, NearestImages, PixelMean, ProbabilisticPca, imputation_errors,
};
use autodecoder_models::{LatentModel, Observation};
use autodecoder_training::DeviceImages;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::method::Method;
use super::plan::{Place, Plan};
use crate::ImageDigests;
use crate::experiment::ModelConfig;
use crate::pipeline::infer;
use crate::progress::Progress;
use crate::session::Session;

/// What was measured of one method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// What was trained.
    pub method: Method,
    /// Missing pixels of the training images, per cent; 0 where they were complete.
    pub trained: u32,
    /// The seed.
    pub seed: u64,
    /// What tells the seed's whole images from others.
    pub images: ImageDigests,
    /// A measurement per share of missing pixels in the test images.
    pub tests: Vec<Test>,
    /// Wall-clock seconds of everything.
    pub seconds: f64,
}

/// What was measured on test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Missing pixels of the test images, per cent.
    pub missing: u32,
    /// Mean squared errors per pixel.
    pub mse: ImputationErrors,
    /// Reconstructions of the test images that are drawn, two hexadecimal digits a pixel.
    pub drawn: Vec<String>,
}

/// The images of a seed, some of their pixels missing.
#[derive(Debug)]
pub(super) struct Incomplete<'a> {
    pub session: &'a Session,
    /// Test images that are drawn, by position.
    pub drawn: &'a [usize],
}

impl Incomplete<'_> {
    /// The training images with `missing` per cent of their pixels missing.
    fn train(&self, missing: u32) -> Result<ImageSet> {
        self.hide(&self.session.images.train, "train mask", missing)
    }

    /// The test images likewise.
    pub fn test(&self, missing: u32) -> Result<ImageSet> {
        self.hide(&self.session.images.test, "test mask", missing)
    }

    /// Every method of a seed gets the same masks.
    fn hide(&self, images: &ImageSet, stream: &str, missing: u32) -> Result<ImageSet> {
        let mut rng = self.session.streams().rng(stream, &[u64::from(missing)]);
        let ratio = f64::from(missing) / 100.0;
        let mask = Mask::at_random(images.len(), images.shape(), ratio, &mut rng)?;
        Ok(images.clone().with_observed(mask)?)
    }

    /// Trains and measures the method at `place`, with nothing written.
    ///
    /// # Errors
    /// Where a model diverges, or the process is told to stop.
    pub fn measure(&self, plan: &Plan, place: Place) -> Result<Cell> {
        let name = match place.trained {
            0 => format!("{}, complete", place.method.name()),
            share => format!("{}, {share} % missing", place.method.name()),
        };
        let started = Instant::now();
        let mut progress = Progress::new(name.clone()).quiet();
        let tests = self.tests(plan, place, &mut progress).context(name)?;
        let seconds = started.elapsed().as_secs_f64();
        progress.finish(&outcome(&tests, seconds));
        let Place { method, trained, seed } = place;
        let images = self.session.digests.clone();
        Ok(Cell { method, trained, seed, images, tests, seconds })
    }

    fn tests(&self, plan: &Plan, place: Place, progress: &mut Progress) -> Result<Vec<Test>> {
        let session = self.session;
        let train = DeviceImages::new(&self.train(place.trained)?, session.device);
        let whole = || train.range(0, train.len());
        let shares = place.tested(plan);
        let imputer: Box<dyn Imputer> = match place.method {
            Method::PixelMean => Box::new(PixelMean::fit(&whole())),
            Method::NearestImages => Box::new(NearestImages::new(&whole(), plan.neighbours)),
            Method::Pca => Box::new(ProbabilisticPca::fit(&whole(), plan.latent_dim, plan.rounds)),
            Method::Vad | Method::VaeZeroFilled | Method::VaeMaskChannel => {
                let config = session.experiment.model(place.method.name())?;
                let model = session.fresh_model(config)?;
                session.trainer(config, &model, &train)?.run(None, || false, progress)?;
                let guess = |test: &DeviceImages, progress: &mut Progress| {
                    reconstruct(session, config, &model, test, progress)
                };
                return self.each_test(shares, guess, progress);
            }
        };
        let guess = |test: &DeviceImages, _: &mut Progress| {
            Ok(imputer.reconstruct(&test.range(0, test.len())))
        };
        self.each_test(shares, guess, progress)
    }

    fn each_test(
        &self,
        shares: &[u32],
        guess: impl Fn(&DeviceImages, &mut Progress) -> Result<Tensor>,
        progress: &mut Progress,
    ) -> Result<Vec<Test>> {
        let device = self.session.device;
        let truth = DeviceImages::new(&self.session.images.test, device);
        let truth = truth.range(0, truth.len()).pixels;
        let test = |&missing: &u32| {
            let images = DeviceImages::new(&self.test(missing)?, device);
            let guesses = guess(&images, progress)?;
            let images: Observation = images.range(0, images.len());
            let mse = imputation_errors(&guesses, &truth, &images);
            Ok(Test { missing, mse, drawn: self.draw(&guesses)? })
        };
        shares.iter().map(test).collect()
    }

    /// The reconstructions that are drawn, of all `guesses` in [0, 1].
    fn draw(&self, guesses: &Tensor) -> Result<Vec<String>> {
        let hexadecimal = |&position: &usize| {
            let image: Tensor = guesses.select(0, position as i64).flatten(0, -1) * 255.0;
            let image = image.round().clamp(0.0, 255.0).to_kind(Kind::Uint8).to_device(Device::Cpu);
            let bytes = Vec::<u8>::try_from(image)?;
            Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        };
        self.drawn.iter().map(hexadecimal).collect()
    }
}

impl Cell {
    /// Where it belongs.
    pub fn place(&self) -> Place {
        Place { method: self.method, trained: self.trained, seed: self.seed }
    }
}

impl Test {
    /// The `index`-th reconstruction that is drawn, a grey value a pixel.
    pub(super) fn image(&self, index: usize) -> Option<Vec<u8>> {
        let digits = self.drawn.get(index)?.as_bytes().chunks_exact(2);
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
    }
}

/// What the mean of the posterior of each image decodes to; posteriors are inferred from the observed
/// pixels.
fn reconstruct(
    session: &Session,
    config: &ModelConfig,
    model: &LatentModel,
    test: &DeviceImages,
    progress: &mut Progress,
) -> Result<Tensor> {
    let rows = infer(session, config, model, test, progress)?;
    Ok(tch::no_grad(|| model.decode(&model.posterior().mean(&rows))))
}

fn outcome(tests: &[Test], seconds: f64) -> String {
    let errors = tests.iter().map(|test| format!("{:.4}", test.mse.missing));
    let errors = errors.collect::<Vec<String>>().join(", ");
    format!("MSE on missing pixels {errors}, {seconds:.1} s")
}
