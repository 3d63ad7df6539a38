//! What is trained and measured, and how much of it.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::method::{Method, Training};
use crate::Catalogue;
use crate::experiment::{self, Experiment};

/// What two cores of a server do in a second: images visited in training, without an encoder and with
/// one, steps of inference times images, and multiplications of PCA and of distances. For an
/// announcement, not for a comparison.
const VISITS: f64 = 25_000.0;
const ENCODER_VISITS: f64 = 10_000.0;
const STEPS: f64 = 90_000.0;
const PRODUCTS: f64 = 1e10;
const PIXELS: f64 = 784.0;

/// The experiment on incomplete data. Its folder is its: another plan is another study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Missing pixels, per cent, rising.
    pub missing: Vec<u32>,
    /// Seeds: each chooses images, masks, first weights, order and noise.
    pub seeds: Vec<u64>,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// Values in one latent, and components of PCA.
    pub latent_dim: i64,
    /// Passes over the training images.
    pub epochs: u32,
    /// The same for the VAEs: their posteriors begin with networks that know nothing, those of a VAD
    /// with principal components.
    pub encoder_epochs: u32,
    /// Gradient steps of inference per image.
    pub steps: u32,
    /// Weight of the KL term in all models, in training and in inference. In an older plan, which does not
    /// say, it is 1.
    #[serde(default = "full_weight")]
    pub beta: f64,
    /// Neighbours whose pixels are averaged.
    pub neighbours: u32,
    /// Rounds of expectation and maximisation.
    pub rounds: u32,
}

fn full_weight() -> f64 {
    1.0
}

/// A method that is trained once, and measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What is trained.
    pub method: Method,
    /// Missing pixels of the training images, per cent; 0 where they are complete.
    pub trained: u32,
    /// The seed.
    pub seed: u64,
}

impl Place {
    /// What it is trained on.
    pub fn training(&self) -> Training {
        if self.trained == 0 { Training::Complete } else { Training::Incomplete }
    }

    /// The name of its file: `vad-missing-30-seed-1`.
    pub(super) fn file(&self) -> String {
        format!("{}-missing-{}-seed-{}", self.method.name(), self.trained, self.seed)
    }

    /// Shares of missing pixels, per cent, that it is tested on.
    pub(super) fn tested<'a>(&'a self, plan: &'a Plan) -> &'a [u32] {
        match self.training() {
            Training::Incomplete => std::slice::from_ref(&self.trained),
            Training::Complete => &plan.missing,
        }
    }
}

impl Plan {
    /// For two CPU cores.
    pub fn standard() -> Plan {
        Plan {
            missing: (1..=9).map(|tenth| 10 * tenth).collect(),
            seeds: vec![1],
            train: 5000,
            test: 500,
            latent_dim: 20,
            epochs: 40,
            encoder_epochs: 60,
            steps: 200,
            beta: 0.2,
            neighbours: 10,
            rounds: 20,
        }
    }

    /// A small one, to see that everything works.
    pub fn quick() -> Plan {
        Plan {
            missing: vec![10, 30, 50, 70, 90],
            train: 2000,
            test: 200,
            epochs: 20,
            encoder_epochs: 30,
            steps: 100,
            ..Plan::standard()
        }
    }

    /// All of Fashion-MNIST, for a GPU.
    pub fn full() -> Plan {
        Plan { seeds: vec![1, 2, 3], train: 60_000, test: 10_000, rounds: 50, ..Plan::standard() }
    }

    /// Everything that is trained, seed by seed: first on complete images, then share by share.
    pub fn places(&self) -> Vec<Place> {
        let of_seed = |&seed: &u64| {
            let shares = std::iter::once(0).chain(self.missing.iter().copied());
            shares.flat_map(move |trained| {
                Method::ALL.into_iter().map(move |method| Place { method, trained, seed })
            })
        };
        self.seeds.iter().flat_map(of_seed).collect()
    }

    /// About how long it takes on two CPU cores.
    pub fn seconds(&self, place: Place) -> f64 {
        let (train, tests) = (self.train as f64, place.tested(self).len() as f64);
        let tested = self.test as f64 * tests;
        let visits = |epochs: u32| train * f64::from(epochs);
        let width = (self.latent_dim + 1) as f64;
        let seconds = match place.method {
            Method::Vad => visits(self.epochs) / VISITS + tested * f64::from(self.steps) / STEPS,
            Method::VaeZeroFilled | Method::VaeMaskChannel => {
                visits(self.encoder_epochs) / ENCODER_VISITS
            }
            Method::PixelMean => 0.0,
            Method::NearestImages => 4.0 * tested * train * PIXELS / PRODUCTS,
            Method::Pca => 2.0 * f64::from(self.rounds) * train * PIXELS * width * width / PRODUCTS,
        };
        0.2 + seconds
    }

    /// The models of one seed as an experiment: everything that is not in the plan is a default, but for
    /// what is said here.
    ///
    /// # Errors
    /// For sizes out of range.
    pub fn experiment(&self, seed: u64, catalogue: &Catalogue) -> Result<Experiment> {
        let Plan { train, test, latent_dim, steps, beta, .. } = self;
        let models = Method::ALL.into_iter().filter(|method| !method.is_baseline()).map(|method| {
            let kind = match method.has_encoder() {
                true => "variational-autoencoder",
                false => "variational-auto-decoder",
            };
            let encoder = match method {
                Method::VaeZeroFilled => "encoder = { kind = \"mirror\", input = \"zero-filled\" }",
                Method::VaeMaskChannel => {
                    "encoder = { kind = \"mirror\", input = \"mask-channel\" }"
                }
                _ => "",
            };
            // What counts here is the squared error and not the ELBO, so every component begins narrow.
            let (epochs, start) = match method.has_encoder() {
                true => (self.encoder_epochs, ""),
                false => (self.epochs, ", start = { variance_share = 1.0 }, rescale = true"),
            };
            let name = method.name();
            format!(
                "[[models]]\nname = \"{name}\"\nkind = \"{kind}\"\nlatent_dim = {latent_dim}\n\
                 beta = {beta:?}\n{encoder}\ntraining = {{ epochs = {epochs}{start} }}\n"
            )
        });
        let models: String = models.collect();
        let text = format!(
            "seed = {seed}\ndata = {{ train = {train}, test = {test} }}\n\
             inference = {{ steps = {steps} }}\n{models}"
        );
        experiment::parse(&text, "incomplete", catalogue)
    }
}

#[cfg(test)]
mod tests {
    use autodecoder_models::{EncoderInput, ModelKind};

    use super::*;

    #[test]
    fn every_plan_makes_experiments_of_its_three_models() {
        for plan in [Plan::standard(), Plan::quick(), Plan::full()] {
            let experiment = plan.experiment(7, &Catalogue::standard()).unwrap();
            assert_eq!((experiment.seed, experiment.models.len()), (7, 3));
            let model = |method: Method| experiment.model(method.name()).unwrap();
            let vad = model(Method::Vad);
            assert_eq!(vad.kind, ModelKind::VariationalAutoDecoder);
            assert_eq!((vad.training.epochs, vad.inference.steps), (plan.epochs, plan.steps));
            assert_eq!((vad.beta, vad.training.rescale), (0.2, true));
            for (method, input) in
                Method::VAES.into_iter().zip([EncoderInput::ZeroFilled, EncoderInput::MaskChannel])
            {
                let vae = model(method);
                assert_eq!(vae.kind, ModelKind::VariationalAutoencoder);
                assert_eq!(vae.encoder.as_ref().unwrap().input, input);
                // What is compared differs in nothing else.
                assert_eq!((&vae.decoder, &vae.likelihood), (&vad.decoder, &vad.likelihood));
                assert_eq!((vae.latent_dim, vae.beta), (vad.latent_dim, vad.beta));
                assert_eq!(vae.training.epochs, plan.encoder_epochs);
            }
        }
    }

    #[test]
    fn a_method_is_trained_on_complete_images_once_and_tested_at_every_share() {
        let plan = Plan { missing: vec![30, 60], seeds: vec![1, 2], ..Plan::quick() };
        let places = plan.places();
        assert_eq!(places.len(), 2 * 3 * 6);
        for place in places {
            match place.training() {
                Training::Complete => assert_eq!(place.tested(&plan), [30, 60]),
                Training::Incomplete => assert_eq!(place.tested(&plan), [place.trained]),
            }
        }
    }

    /// The time that is promised for two quiet cores.
    #[test]
    fn the_default_size_takes_a_quarter_of_an_hour_at_most() {
        let seconds = |plan: &Plan| plan.places().into_iter().map(|p| plan.seconds(p)).sum::<f64>();
        assert!(seconds(&Plan::standard()) < 900.0, "{}", seconds(&Plan::standard()));
        assert!(seconds(&Plan::quick()) < 150.0, "{}", seconds(&Plan::quick()));
    }
}
