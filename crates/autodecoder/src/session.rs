//! What every step of a run works with.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use autodecoder_data::ImageSet;
use autodecoder_evaluation::PriorKind;
use autodecoder_models::{ImageShape, LatentModel, load_model};
use autodecoder_training::{
    DeviceImages, Latents, Precision, StartKind, Streams, Trainer, read_latents,
};
use tch::{Device, Tensor};

use crate::experiment::{Experiment, ModelConfig};
use crate::image_digests::ImageDigests;
use crate::images::Images;
use crate::pipeline::{self, under_prior};
use crate::progress::{check_stop, say};
use crate::run_folder::{Existing, RunFolder};
use crate::run_lock::RunLock;
use crate::{Catalogue, CheckpointInterval, ChosenDevice, Environment};

/// An experiment, its folder and its images.
#[derive(Debug)]
pub struct Session {
    /// The experiment.
    pub experiment: Experiment,
    /// Where its artefacts lie.
    pub folder: RunFolder,
    /// What experiment files can name.
    pub catalogue: Catalogue,
    /// Where tensors live.
    pub device: Device,
    /// What the run is computed with.
    pub environment: Environment,
    /// The images.
    pub images: Images,
    /// What tells them apart from others.
    pub digests: ImageDigests,
    /// How often training is saved.
    pub checkpoints: CheckpointInterval,
    /// Keeps other processes out of the folder for as long as the session lives.
    lock: Option<RunLock>,
}

/// A trained model as it lies on disk.
#[derive(Debug)]
pub struct TrainedModel<'a> {
    /// How it was made.
    pub config: &'a ModelConfig,
    /// Decoder, likelihood and posterior.
    pub model: LatentModel,
    /// Rows of the training images.
    pub train: Latents,
}

impl Session {
    /// Begins a run in `folder`, or goes on with it, as `existing` says.
    ///
    /// # Errors
    /// Where an image file is wrong, the model's parts do not fit the images, or the folder cannot
    /// be claimed (see [`RunFolder::claim`]). All but the last are found before the folder is
    /// touched.
    pub fn begin(
        experiment: Experiment,
        folder: RunFolder,
        existing: Existing,
        device: &ChosenDevice,
        catalogue: Catalogue,
    ) -> Result<Session> {
        let mut session = Session::load_images(experiment, folder, device, catalogue)?;
        session.check()?;
        session.say_what_becomes_of_products();
        // Regretted while the images were loading, `--force` must not touch the old run.
        check_stop("before the run was begun")?;
        session.lock = Some(session.folder.claim(
            &session.experiment,
            &session.environment,
            &session.digests,
            existing,
            &session.catalogue,
        )?);
        Ok(session)
    }

    /// What can only be checked against the images: hours later would be too late to tell.
    fn check(&self) -> Result<()> {
        for config in &self.experiment.models {
            self.check_model(config)?;
        }
        for (index, comparison) in self.experiment.comparisons.iter().enumerate() {
            for variant in &comparison.variants {
                let config = comparison.variant(variant, &self.experiment)?;
                self.check_model(&config)
                    .with_context(|| format!("comparisons[{index}], variant {:?}", variant.name))?;
            }
        }
        if !self.images.is_table() {
            pipeline::ends(self)?;
        }
        Ok(())
    }

    fn check_model(&self, config: &ModelConfig) -> Result<()> {
        let model = self.fresh_model(config)?;
        let optimisers = &self.catalogue.optimisers;
        config
            .training
            .check_precision(&model, optimisers)
            .and_then(|()| config.inference.check_precision(&model, optimisers))
            .with_context(|| format!("model {:?}", config.name))?;
        if config.kind.has_encoder() {
            return Ok(());
        }
        let (available, latent_dim) = (model.decoder().image().numel(), config.latent_dim);
        let kind = match config.training.start.from {
            StartKind::Pca => "pca",
            StartKind::WhitenedPca => "whitened-pca",
            StartKind::ProbabilisticPca => "probabilistic-pca",
            StartKind::Zero | StartKind::Random => return Ok(()),
        };
        if latent_dim > available {
            let error =
                autodecoder_training::Error::TooFewComponents { kind, available, latent_dim };
            return Err(error).with_context(|| format!("model {:?}", config.name));
        }
        Ok(())
    }

    fn say_what_becomes_of_products(&self) {
        let precisions =
            |model: &ModelConfig| [model.training.precision, model.inference.precision];
        let mut precisions = self.experiment.models.iter().flat_map(precisions);
        if !precisions.clone().all(Precision::is_fast) {
            say(
                "note: this processor has neither AMX nor AVX512-BF16; \"bf16\" is slower than \"f32\" here",
            );
        }
        if precisions.any(|precision| precision == Precision::Bf16x3 && precision.is_f32()) {
            say(
                "note: this processor has no AMX; what \"bf16x3\" asks for is computed in f32 here",
            );
        }
    }

    /// Opens the run in `folder`, which belongs to `experiment` and is locked by `lock`.
    ///
    /// # Errors
    /// Where an image file is wrong, or the run was begun with other images.
    pub fn open(
        experiment: Experiment,
        folder: RunFolder,
        lock: RunLock,
        device: &ChosenDevice,
        catalogue: Catalogue,
    ) -> Result<Session> {
        let mut session = Session::load_images(experiment, folder, device, catalogue)?;
        session.folder.check_images(&session.digests)?;
        session.lock = Some(lock);
        Ok(session)
    }

    /// A session that does not hold the folder, and must not write into it.
    pub(crate) fn load_images(
        mut experiment: Experiment,
        folder: RunFolder,
        device: &ChosenDevice,
        catalogue: Catalogue,
    ) -> Result<Session> {
        let scaling = pipeline::earlier_scaling(&experiment)?;
        let images = Images::load_scaled(&experiment, &catalogue, scaling)?;
        for file in &images.skipped {
            say(&format!("left out: {}", file.problem));
        }
        experiment.resolve_sizes(&images, &catalogue)?;
        let environment = Environment::current(device);
        Ok(Session {
            experiment,
            folder,
            catalogue,
            device: device.device,
            environment,
            digests: ImageDigests::new(&images),
            images,
            checkpoints: CheckpointInterval::default(),
            lock: None,
        })
    }

    /// A model with a fresh decoder, which the stream `decoder` initialises.
    ///
    /// # Errors
    /// Where the decoder's options do not fit the images.
    pub fn fresh_model(&self, config: &ModelConfig) -> Result<LatentModel> {
        let shape = self.images.train.shape();
        let shape = ImageShape {
            channels: shape.channels as i64,
            height: shape.height as i64,
            width: shape.width as i64,
        };
        let mut rng = self.streams().rng("decoder", &[]);
        LatentModel::new(config.spec(), shape, &self.catalogue.parts, self.device, &mut rng)
            .with_context(|| format!("model {:?}", config.name))
    }

    /// A trainer for `model` on `images`, which are those of [`Images::training`] or some of them.
    ///
    /// # Errors
    /// Where the rows cannot start as the experiment asks.
    pub fn trainer<'a>(
        &self,
        config: &'a ModelConfig,
        model: &'a LatentModel,
        images: &'a DeviceImages,
    ) -> Result<Trainer<'a>> {
        let optimisers = &self.catalogue.optimisers;
        Trainer::new(model, images, &config.training, optimisers, self.streams())
            .and_then(|trainer| trainer.with_pixels(self.experiment.data.pixels))
            .with_context(|| format!("model {:?}", config.name))
    }

    /// The experiment's random streams.
    pub fn streams(&self) -> Streams {
        Streams::new(self.experiment.seed)
    }

    /// Loads a trained model. Every step that measures or draws reads the files, so that a run
    /// that was interrupted in between computes with the same bits.
    ///
    /// # Errors
    /// Where the model was not trained yet, its files are damaged, or belong to other images.
    pub fn load<'a>(&self, config: &'a ModelConfig) -> Result<TrainedModel<'a>> {
        ensure!(
            self.folder.is_trained(&config.name),
            "{}: the model {:?} is not trained yet; `autodecoder train` does that",
            self.folder.root().display(),
            config.name
        );
        let folder = self.folder.model(&config.name);
        let damaged = || {
            format!(
                "the model {:?} is damaged; remove {}, and `autodecoder train` writes it again",
                config.name,
                folder.join("model.json").display()
            )
        };
        let model =
            load_model(&folder, &self.catalogue.parts, self.device).with_context(damaged)?;
        let path = self.folder.train_latents(&config.name);
        let train = read_latents(&path, model.posterior(), config.latent_dim, self.device)
            .with_context(damaged)?;
        check_images(&path, &train, &self.images.train, &self.digests.train)?;
        Ok(TrainedModel { config, model, train })
    }

    /// The trained model as rows of test images are fitted and scored under it, where that is not the prior
    /// that it was trained under (`inference.prior`).
    ///
    /// # Errors
    /// As [`Session::load`], and where no density can be fitted to the rows' latents.
    pub(crate) fn load_under_fitted_prior<'a>(
        &self,
        config: &'a ModelConfig,
    ) -> Result<Option<TrainedModel<'a>>> {
        if config.inference.prior == PriorKind::Model {
            return Ok(None);
        }
        let TrainedModel { model, train, .. } = self.load(config)?;
        let model = self.for_inference(config, model, &train.rows)?;
        Ok(Some(TrainedModel { config, model, train }))
    }

    /// `model` as rows of new images are fitted and scored under it, given its training images' `rows`.
    ///
    /// # Errors
    /// Where no density can be fitted to the rows' latents.
    pub(crate) fn for_inference(
        &self,
        config: &ModelConfig,
        model: LatentModel,
        rows: &Tensor,
    ) -> Result<LatentModel> {
        under_prior(model, config.inference.prior, rows, &self.streams())
    }

    /// Loads the inferred rows of the test images.
    ///
    /// # Errors
    /// Where there are none yet, or the file is damaged, or belongs to other images.
    pub fn load_test(&self, trained: &TrainedModel) -> Result<Latents> {
        let path = self.folder.test_latents(&trained.config.name);
        ensure!(
            path.exists(),
            "{}: the model {:?} is not evaluated yet; `autodecoder evaluate` does that",
            self.folder.root().display(),
            trained.config.name
        );
        let latent_dim = trained.config.latent_dim;
        let test = read_latents(&path, trained.model.posterior(), latent_dim, self.device)
            .context("these latents are damaged; remove the file, and `autodecoder evaluate` infers them again")?;
        check_images(&path, &test, &self.images.test, &self.digests.test)?;
        Ok(test)
    }
}

/// Rows of other images would give numbers that mean nothing.
fn check_images(path: &Path, latents: &Latents, images: &ImageSet, digest: &str) -> Result<()> {
    ensure!(
        latents.index == images.index() && latents.images == digest,
        "{}: the rows belong to other images than those of the data set; give the data that the \
         model was trained on with --data",
        path.display()
    );
    Ok(())
}
