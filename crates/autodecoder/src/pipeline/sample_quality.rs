//! How good each model's samples are, by every sampler.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use autodecoder_classifier::{Classifier, Description, load_classifier};
use autodecoder_evaluation::{
    RealFeatures, SampleQuality, SamplerFamily, evenly, fit_sampler, load_sampler,
    nearest_distances, posterior_samples, save_sampler, spread,
};
use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, PixelKind};
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use tch::{Device, Tensor};

use crate::pixels::{decode_as_saved, decode_to_bytes, originals};
use crate::progress::{Progress, check_stop, say};
use crate::results::{JudgeResults, ModelSamples, Results, SamplerResults};
use crate::session::{Session, TrainedModel};

/// Latents that are decoded side by side.
const BATCH: i64 = 500;
/// Samples of a sampler in the figure.
const SHOWN: i64 = 12;

/// File name of the figure that sets a model's samples above their nearest training images.
pub fn nearest_name(model: &str) -> String {
    format!("nearest-{model}.png")
}

/// Fits every sampler of the catalogue to every model's training latents, draws `count` samples from
/// each, and compares their features, which the classifier in `folder` gives, with the test images'.
/// Writes the samplers' files, a figure a model, and the numbers into `results.json`.
///
/// # Errors
/// Where the run's images are binarised, it was not evaluated yet, there is no classifier for its images
/// in `folder`, it is told to stop, or a file cannot be read or written.
pub fn sample_quality(session: &Session, folder: &Path, count: i64) -> Result<()> {
    ensure!(
        session.experiment.data.pixels == PixelKind::Grey,
        "data.pixels = \"binarised\": samples are grey, and are judged beside grey images only"
    );
    let path = session.folder.results();
    let mut results = Results::read(&path)?.context("no results.json yet: evaluate first")?;
    let judge = Judge::new(session, folder, count)?;
    results.samples = Some(judge.floor()?);
    // Numbers of another classifier must not stand beside this one's.
    results.models.values_mut().for_each(|entry| entry.samples = None);
    for config in &session.experiment.models {
        let trained = session.load(config)?;
        let samples = judge.model(&trained)?;
        let entry = results.models.get_mut(&config.name);
        let entry = entry.with_context(|| {
            format!("results.json has no model {:?}: evaluate first", config.name)
        })?;
        entry.samples = Some(samples);
        results.write(&path)?;
    }
    Ok(())
}

/// What all models of a run are judged with.
struct Judge<'a> {
    session: &'a Session,
    classifier: Classifier,
    accuracy: f64,
    count: i64,
    /// Features of the test images.
    real: RealFeatures,
    test: Tensor,
    /// Features of the training images.
    train: Tensor,
}

impl Judge<'_> {
    fn new<'a>(session: &'a Session, folder: &Path, count: i64) -> Result<Judge<'a>> {
        let (classifier, description) = open_classifier(session, folder)?;
        let [train, test] = [&session.images.train, &session.images.test]
            .map(|images| DeviceImages::new(images, session.device));
        let progress = Progress::spinner("features of the images");
        let [train, test] = [&train, &test].map(|images| classifier.image_features(images));
        let real = RealFeatures::new(&test).context("the run's test images")?;
        progress.clear();
        Ok(Judge {
            session,
            classifier,
            accuracy: description.test_accuracy,
            count,
            real,
            test,
            train,
        })
    }

    /// What real images reach: the training images judged like samples.
    fn floor(&self) -> Result<JudgeResults> {
        let train = evenly(&self.train, self.count);
        let floor = self.real.quality(&train).context("the run's training images")?;
        say(&headline("training images", &floor));
        Ok(JudgeResults {
            classifier_accuracy: self.accuracy,
            features: self.train.size()[1],
            floor,
            test_to_nearest_train: spread(&nearest_distances(&self.test, &self.train)),
        })
    }

    fn model(&self, trained: &TrainedModel) -> Result<ModelSamples> {
        let (session, name) = (self.session, &trained.config.name);
        check_stop("between two models")?;
        let test = session.load_test(trained)?.rows;
        let features = self.features(trained, &trained.model.posterior().mean(&test));
        let reconstructions = self.judge(&features, &format!("{name}, reconstructions"))?;
        let mut rng = session.streams().rng("sampler latents", &[]);
        let latents = posterior_samples(trained.model.posterior(), &trained.train.rows, &mut rng);
        let mut samplers = BTreeMap::new();
        let shape = session.images.train.shape();
        let mut grid = ImageGrid::new(shape.height, shape.width).with_channels(shape.channels);
        let mut names = session.catalogue.samplers.names();
        // The others are compared with it.
        names.sort_by_key(|name| *name != "prior");
        for sampler in names {
            check_stop("between two samplers")?;
            let family = session.catalogue.samplers.get(sampler)?;
            let samples = self.draw(trained, family.as_ref(), &latents)?;
            let features = self.features(trained, &samples);
            let quality = self.judge(&features, &format!("{name}, {sampler}"))?;
            let to_nearest_train = spread(&nearest_distances(&features, &self.train));
            grid.rows.extend(self.beside_nearest(trained, sampler, &samples, &features)?);
            samplers.insert(sampler.to_owned(), SamplerResults { quality, to_nearest_train });
        }
        grid.save(session.folder.figure(&nearest_name(name)))?;
        Ok(ModelSamples { reconstructions, samplers })
    }

    /// Fits a sampler, writes its file, and draws from what the file holds.
    fn draw(
        &self,
        trained: &TrainedModel,
        family: &dyn SamplerFamily,
        latents: &Tensor,
    ) -> Result<Tensor> {
        let (session, model) = (self.session, &trained.config.name);
        let progress = Progress::spinner(format!("{model}, {}", family.name()));
        let rng = |what: &str| session.streams().rng(&format!("sampler {what}"), &[]);
        let path = session.folder.sampler(model, family.name());
        let fitted = fit_sampler(family, latents, &mut rng("fit"))
            .with_context(|| format!("the latents of the model {model:?}"))?;
        save_sampler(&path, family.name(), fitted.as_ref())?;
        let sampler = load_sampler(&path, family, latents.size()[1], session.device)?;
        let prior = trained.model.posterior().prior();
        let samples = sampler.sample(self.count, prior, &mut rng("draw"));
        progress.clear();
        Ok(samples)
    }

    /// Features of the images that `latents` decode to.
    fn features(&self, trained: &TrainedModel, latents: &Tensor) -> Tensor {
        decoded_features(&self.classifier, &trained.model, latents)
    }

    fn judge(&self, features: &Tensor, what: &str) -> Result<SampleQuality> {
        let quality = self.real.quality(features).with_context(|| what.to_owned())?;
        say(&headline(what, &quality));
        Ok(quality)
    }

    /// The first samples, and below each the training image with the nearest features.
    fn beside_nearest(
        &self,
        trained: &TrainedModel,
        sampler: &str,
        samples: &Tensor,
        features: &Tensor,
    ) -> Result<[GridRow; 2]> {
        let shown = SHOWN.min(self.count);
        let images = decode_to_bytes(&trained.model, &samples.narrow(0, 0, shown))?;
        let distances = Tensor::cdist(&features.narrow(0, 0, shown), &self.train, 2.0, None::<i64>);
        let nearest = Vec::<i64>::try_from(distances.argmin(1, false).to_device(Device::Cpu))?;
        let nearest: Vec<usize> = nearest.into_iter().map(|position| position as usize).collect();
        let nearest = originals(&self.session.images.train, &nearest);
        Ok([GridRow::new(sampler, images).apart(), GridRow::new("nearest training image", nearest)])
    }
}

/// The classifier in `folder`, which must be for images like the session's.
///
/// # Errors
/// Where there is none, or it is for others.
pub(crate) fn open_classifier(
    session: &Session,
    folder: &Path,
) -> Result<(Classifier, Description)> {
    let (classifier, description) = load_classifier(folder, session.device).with_context(|| {
        format!(
            "no classifier in {}; `autodecoder classifier --data DIR --out {0}` trains one",
            folder.display()
        )
    })?;
    let shape = session.images.test.shape();
    let expected = [shape.channels, shape.height, shape.width].map(|side| side as i64);
    let found = classifier.image().dims();
    ensure!(
        found == expected,
        "the classifier in {} is for images of {found:?} (channels, height, width), and the run's \
         are {expected:?}; train one with their data set",
        folder.display()
    );
    Ok((classifier, description))
}

/// Features of the images that `latents` decode to.
pub(crate) fn decoded_features(
    classifier: &Classifier,
    model: &LatentModel,
    latents: &Tensor,
) -> Tensor {
    let _guard = tch::no_grad_guard();
    let of_batch = |z: &Tensor| classifier.features(&decode_as_saved(model, z));
    Tensor::cat(&latents.split(BATCH, 0).iter().map(of_batch).collect::<Vec<_>>(), 0)
}

fn headline(what: &str, quality: &SampleQuality) -> String {
    format!(
        "{what}: Fréchet distance {:.2}, precision {:.3}, recall {:.3}, density {:.3}, coverage {:.3}",
        quality.frechet, quality.precision, quality.recall, quality.density, quality.coverage
    )
}
