//! Many models that differ in latent_dim and in the seed: what more dimensions do.
//!
//! Every model is trained and measured in one go and leaves a small file. A sweep that was stopped
//! goes on with the models that are missing; what was measured is not measured again.

mod answer;
mod cell;
mod curve;
mod figure;
mod frechet;
mod measurements;
mod page;
mod plan;
mod tables;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use autodecoder_classifier::load_classifier;
use autodecoder_models::tensor_file::write_atomically;
use autodecoder_training::DeviceImages;
use serde::{Deserialize, Serialize};

pub use cell::Cell;
pub use plan::{Place, Plan};

use cell::Material;
use frechet::Real;
use measurements::{KNN_INFERRED, KNN_TRAINED, LINEAR_INFERRED, LINEAR_TRAINED, curves};
use tables::{SweepFile, entries, write_csv};

use crate::progress::{check_stop, say};
use crate::results::write_json;
use crate::study::{Study, StudyFolder, announce, seed_session};
use crate::{Catalogue, ChosenDevice, Environment};

const STUDY: Study = Study {
    name: "sweep",
    outcomes: &["sweep.json", "sweep.csv", "sweep.html", "latent-dim.png", "latent-dim.svg"],
};

/// A sweep as it is asked for.
#[derive(Debug)]
pub struct Sweep {
    /// What is trained.
    pub plan: Plan,
    /// Where the results go.
    pub out: PathBuf,
    /// The folder with Fashion-MNIST.
    pub data: PathBuf,
    /// The folder of the classifier of [`Sweep::judged_by`].
    pub classifier: Option<PathBuf>,
    /// Whether a sweep with another plan in that folder is replaced.
    pub force: bool,
}

/// Does accuracy rise with latent_dim, then fall? In words, from the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// For classifiers that are fitted to training latents inferred like those of the test images.
    pub inferred: String,
    /// For classifiers that are fitted to the training latents that training left.
    pub trained: String,
}

impl Sweep {
    /// The same sweep with its samples judged by the features of the classifier in `folder`.
    ///
    /// # Errors
    /// Where there is none.
    pub fn judged_by(mut self, folder: &Path) -> Result<Sweep> {
        let (_, description) = load_classifier(folder, tch::Device::Cpu)
            .with_context(|| format!("no classifier in {}", folder.display()))?;
        self.plan.classifier = Some(description.test_accuracy);
        self.classifier = Some(folder.to_owned());
        Ok(self)
    }

    /// Trains and measures what is missing, and writes sweep.json, sweep.csv, sweep.html and the figure.
    ///
    /// # Errors
    /// Where the folder holds something else, an image file is wrong, a model diverges, the process is
    /// told to stop, or a file cannot be written.
    pub fn run(&self, device: &ChosenDevice, catalogue: &Catalogue) -> Result<Answers> {
        let folder = StudyFolder::claim(&self.out, &STUDY, &self.plan, self.force)?;
        self.say_what_is_missing(&folder)?;
        for &seed in &self.plan.seeds {
            self.run_seed(&folder, seed, device, catalogue)?;
        }
        let cells = known(&folder, &self.plan.places())?;
        let cells: Vec<Cell> = cells.into_iter().flatten().collect();
        let environment = Environment::current(device);
        let answers = self.write(&folder, &cells, &environment)?;
        say(&answers.inferred);
        say(&format!("The report is {}", folder.path("sweep.html").display()));
        Ok(answers)
    }

    fn say_what_is_missing(&self, folder: &StudyFolder) -> Result<()> {
        let places = self.plan.places();
        let missing: Vec<Place> = missing(&places, &known(folder, &places)?);
        let seconds: f64 = missing.iter().map(|&place| self.plan.seconds(place)).sum();
        announce("sweep", "models", places.len(), missing.len(), seconds);
        Ok(())
    }

    /// Trains and measures those models of a seed that are missing.
    fn run_seed(
        &self,
        folder: &StudyFolder,
        seed: u64,
        device: &ChosenDevice,
        catalogue: &Catalogue,
    ) -> Result<()> {
        let of_seed: Vec<Place> =
            self.plan.places().into_iter().filter(|place| place.seed == seed).collect();
        let known = known(folder, &of_seed)?;
        let missing = missing(&of_seed, &known);
        if missing.is_empty() {
            return Ok(());
        }
        let experiment = self.plan.experiment(seed, catalogue)?;
        let session = seed_session(experiment, &self.data, &self.out, device, catalogue)?;
        known
            .iter()
            .flatten()
            .try_for_each(|cell| folder.check_images(&cell.images, &session.digests))?;
        let images = [&session.images.train, &session.images.test];
        let [train, test] = images.map(|set| DeviceImages::new(set, session.device));
        let real = |folder: &PathBuf| Real::new(&session, folder, &test);
        let real = self.classifier.as_ref().map(real).transpose()?;
        let material = Material { train, test, real };
        for place in missing {
            check_stop("between two models")?;
            folder.keep(&place.file(), &Cell::measure(&session, &material, place)?)?;
        }
        Ok(())
    }

    fn write(
        &self,
        folder: &StudyFolder,
        cells: &[Cell],
        environment: &Environment,
    ) -> Result<Answers> {
        let kinds = &self.plan.kinds;
        let answer = |knn, linear| {
            let cases = [
                ("neighbours", curves(knn, cells, kinds)),
                ("linear", curves(linear, cells, kinds)),
            ];
            answer::sentence(&cases).context("no seed is complete")
        };
        let answers = Answers {
            inferred: answer(KNN_INFERRED, LINEAR_INFERRED)?,
            trained: answer(KNN_TRAINED, LINEAR_TRAINED)?,
        };
        let curves = entries(&self.plan, cells);
        let plan = &self.plan;
        let file = SweepFile { format: 1, plan, environment, answers: &answers, curves, cells };
        write_json(&folder.path("sweep.json"), &file)?;
        write_csv(&folder.path("sweep.csv"), cells)?;
        let drawing = figure::draw(plan, cells)?;
        drawing.save_png(folder.path("latent-dim.png"))?;
        drawing.save_svg(folder.path("latent-dim.svg"))?;
        let page = page::compose(plan, cells, &answers, &drawing, environment)?;
        write_atomically(&folder.path("sweep.html"), page.render()?.as_bytes())?;
        Ok(answers)
    }
}

/// What was measured at each of `places`.
fn known(folder: &StudyFolder, places: &[Place]) -> Result<Vec<Option<Cell>>> {
    let cell = |place: &Place| folder.cell(&place.file(), |cell: &Cell| cell.place() == *place);
    places.iter().map(cell).collect()
}

/// Those of `places` where nothing is `known`.
fn missing(places: &[Place], known: &[Option<Cell>]) -> Vec<Place> {
    let pairs = places.iter().zip(known).filter(|(_, cell)| cell.is_none());
    pairs.map(|(&place, _)| place).collect()
}
