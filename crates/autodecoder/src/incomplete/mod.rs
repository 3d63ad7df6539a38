//! Learning from incomplete images: who fills in missing pixels best? The experiment of the VAD paper
//! (Zadeh et al., arXiv:1903.00840) on Fashion-MNIST.
//!
//! Every method is trained and measured in one go and leaves a small file. What was stopped goes on with
//! what is missing; what was measured is not measured again.

mod answer;
mod cell;
mod figure;
mod grid;
mod method;
mod page;
mod plan;
mod points;
mod tables;

use std::path::PathBuf;

use anyhow::{Context, Result};
use autodecoder_models::tensor_file::write_atomically;
use serde::{Deserialize, Serialize};

pub use cell::{Cell, Test};
pub use method::{Method, Training};
pub use plan::{Place, Plan};

use cell::Incomplete;
use page::Pictures;
use tables::{IncompleteFile, models, points, write_csv};

use crate::progress::{check_stop, say};
use crate::results::write_json;
use crate::session::Session;
use crate::study::{Study, StudyFolder, announce, seed_session};
use crate::{Catalogue, ChosenDevice, Environment};

const STUDY: Study = Study {
    name: "experiment on incomplete data",
    outcomes: &[
        "incomplete.json",
        "incomplete.csv",
        "incomplete.html",
        "errors.png",
        "errors.svg",
        "images.png",
    ],
};

/// The experiment as it is asked for.
#[derive(Debug)]
pub struct IncompleteData {
    /// What is trained.
    pub plan: Plan,
    /// Where the results go.
    pub out: PathBuf,
    /// The folder with Fashion-MNIST.
    pub data: PathBuf,
    /// Whether what another plan left in that folder is replaced.
    pub force: bool,
}

/// Is the VAD below everything else on missing pixels, and does the gap widen with their share? In words,
/// from the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// For methods that are trained on images with the same share missing.
    pub incomplete: String,
    /// For methods that are trained on complete images.
    pub complete: String,
}

impl IncompleteData {
    /// Trains and measures what is missing, and writes incomplete.json, incomplete.csv, incomplete.html
    /// and the figures.
    ///
    /// # Errors
    /// Where the folder holds something else, an image file is wrong, a model diverges, the process is
    /// told to stop, or a file cannot be written.
    pub fn run(&self, device: &ChosenDevice, catalogue: &Catalogue) -> Result<Answers> {
        let folder = StudyFolder::claim(&self.out, &STUDY, &self.plan, self.force)?;
        self.say_what_is_missing(&folder)?;
        let mut cells = Vec::new();
        let mut first: Option<Session> = None;
        for &seed in &self.plan.seeds {
            let experiment = self.plan.experiment(seed, catalogue)?;
            let session = seed_session(experiment, &self.data, &self.out, device, catalogue)?;
            cells.extend(self.run_seed(&folder, &session)?);
            first = first.or(Some(session));
        }
        let session = first.context("no seed")?;
        let environment = Environment::current(device);
        let answers = self.write(&folder, &cells, &session, &environment)?;
        say(&answers.incomplete);
        say(&answers.complete);
        say(&format!("The report is {}", folder.path("incomplete.html").display()));
        Ok(answers)
    }

    fn say_what_is_missing(&self, folder: &StudyFolder) -> Result<()> {
        let places = self.plan.places();
        let mut missing = Vec::new();
        for &place in &places {
            if known(folder, place)?.is_none() {
                missing.push(place);
            }
        }
        let seconds: f64 = missing.iter().map(|&place| self.plan.seconds(place)).sum();
        announce("incomplete data", "methods", places.len(), missing.len(), seconds);
        Ok(())
    }

    /// Every cell of the session's seed; those that are missing are measured.
    fn run_seed(&self, folder: &StudyFolder, session: &Session) -> Result<Vec<Cell>> {
        let seed = session.experiment.seed;
        let drawn = grid::drawn(&session.images.test);
        let images = Incomplete { session, drawn: &drawn };
        let places = self.plan.places().into_iter().filter(|place| place.seed == seed);
        let cell = |place: Place| {
            if let Some(cell) = known(folder, place)? {
                folder.check_images(&cell.images, &session.digests)?;
                return Ok(cell);
            }
            check_stop("between two methods")?;
            let cell = images.measure(&self.plan, place)?;
            folder.keep(&place.file(), &cell)?;
            Ok(cell)
        };
        places.map(cell).collect()
    }

    fn write(
        &self,
        folder: &StudyFolder,
        cells: &[Cell],
        session: &Session,
        environment: &Environment,
    ) -> Result<Answers> {
        let plan = &self.plan;
        let answer = |training| {
            answer::sentence(plan, cells, training)
                .unwrap_or_else(|| "No ratio from 0.3 on was measured.".to_owned())
        };
        let answers = Answers {
            incomplete: answer(Training::Incomplete),
            complete: answer(Training::Complete),
        };
        let file = IncompleteFile {
            format: 1,
            plan,
            environment,
            answers: &answers,
            points: points(plan, cells),
            models: models(cells),
        };
        write_json(&folder.path("incomplete.json"), &file)?;
        write_csv(&folder.path("incomplete.csv"), cells)?;
        let drawn = grid::drawn(&session.images.test);
        let images = Incomplete { session, drawn: &drawn };
        let pictures = Pictures {
            figure: figure::draw(plan, cells)?,
            grid: grid::draw(plan, cells, Training::Incomplete, &images)?,
        };
        pictures.figure.save_png(folder.path("errors.png"))?;
        pictures.figure.save_svg(folder.path("errors.svg"))?;
        pictures.grid.save(folder.path("images.png"))?;
        let page = page::compose(plan, cells, &answers, &pictures, environment)?;
        write_atomically(&folder.path("incomplete.html"), page.render()?.as_bytes())?;
        Ok(answers)
    }
}

/// What was measured at `place`, if it was.
fn known(folder: &StudyFolder, place: Place) -> Result<Option<Cell>> {
    folder.cell(&place.file(), |cell: &Cell| cell.place() == place)
}
