//! A run's folder: where each artefact lies, and to which experiment the folder belongs.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use autodecoder_models::tensor_file::write_atomically;
use toml::{Table, Value};

use crate::experiment::{self, Experiment};
use crate::leftovers;
use crate::progress::say;
use crate::replaced;
use crate::run_lock::{LOCK, RunLock};
use crate::{Catalogue, Environment, ImageDigests};

pub(crate) const EXPERIMENT: &str = "experiment.toml";
/// The table of `experiment.toml` that says what a run was begun with.
pub(crate) const ENVIRONMENT: &str = "environment";
/// The images' digests in that table.
const IMAGES: &str = "images";
const RESULTS: &str = "results.json";
const METRICS: &str = "metrics.csv";
const REPORT: &str = "report.html";
const FIGURES: &str = "figures";
const MODELS: &str = "models";
const CHECKPOINTS: &str = "checkpoint";
pub(crate) const TRAIN_LATENTS: &str = "latents-train.safetensors";
/// What a run leaves besides its experiment. Other people's files may lie beside that.
const ARTEFACTS: [&str; 5] = [REPORT, RESULTS, METRICS, FIGURES, MODELS];

/// The paths of a run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    root: PathBuf,
}

/// What to do with a folder that already holds a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Go on with it if it is the same experiment, else fail.
    Continue,
    /// Go on with it; fail if there is none.
    Resume,
    /// Set it aside and begin anew; see [`RunFolder::remove_replaced`].
    Replace,
}

impl RunFolder {
    /// The run in `root`, which need not exist.
    pub fn at(root: impl Into<PathBuf>) -> RunFolder {
        RunFolder { root: root.into() }
    }

    /// Claims the folder for `experiment` and writes `experiment.toml`. The folder is this process's
    /// as long as the lock lives.
    ///
    /// # Errors
    /// Where the folder holds another experiment or something that is no run, where there is nothing
    /// to resume, where another process works in it, and where it cannot be written.
    pub fn claim(
        &self,
        experiment: &Experiment,
        environment: &Environment,
        images: &ImageDigests,
        existing: Existing,
        catalogue: &Catalogue,
    ) -> Result<RunLock> {
        // Not even a lock is put into a folder that is not a run's.
        self.check_holds_nothing_else(existing)?;
        self.create(&self.root)?;
        let lock = self.take_lock()?;
        let begun = self.experiment_file().exists();
        match existing {
            Existing::Replace if begun => self.replace(experiment, environment, images)?,
            _ if begun => self.go_on(experiment, environment, images, catalogue)?,
            _ => self.begin(experiment, environment, images)?,
        }
        self.create(&self.figures())?;
        Ok(lock)
    }

    fn begin(
        &self,
        experiment: &Experiment,
        environment: &Environment,
        images: &ImageDigests,
    ) -> Result<()> {
        self.write_experiment(experiment, environment, images)?;
        self.create(&self.figures())
    }

    /// Begins anew; where that fails, the old run is where it was.
    fn replace(
        &self,
        experiment: &Experiment,
        environment: &Environment,
        images: &ImageDigests,
    ) -> Result<()> {
        let aside = replaced::set_aside(&self.root, &ARTEFACTS)?;
        if let Err(error) = self.begin(experiment, environment, images) {
            replaced::restore(&self.root, &aside)?;
            return Err(error);
        }
        self.say_replaced();
        Ok(())
    }

    /// Says where the runs lie that this one replaces, if there are any.
    pub fn say_replaced(&self) {
        for aside in replaced::old_runs(&self.root) {
            say(&format!(
                "note: the old run lies in {} until every model of the new one is trained",
                aside.display()
            ));
        }
    }

    /// Says where old runs lie that nothing will remove any more: the run is finished.
    pub fn say_left_over(&self) {
        for aside in replaced::old_runs(&self.root) {
            let aside = aside.display();
            say(&format!("note: an old run lies in {aside}; remove it if nobody wants it"));
        }
    }

    /// Removes the runs that this one replaces. All its models must be trained: what comes after
    /// that needs less space than the old run leaves.
    pub fn remove_replaced(&self) {
        replaced::remove_old_runs(&self.root);
    }

    /// Locks the folder of a run that was begun.
    ///
    /// # Errors
    /// Where there is no run, and where another process works in the folder.
    pub fn lock(&self) -> Result<RunLock> {
        ensure!(
            self.is_begun(),
            "{}: no run here (there is no {EXPERIMENT}); `autodecoder train` begins one",
            self.root.display()
        );
        self.take_lock()
    }

    /// Locks the folder, and tidies up after processes that were killed.
    fn take_lock(&self) -> Result<RunLock> {
        let lock = RunLock::take(&self.root)?;
        if self.holds_run() {
            replaced::recover(&self.root)?;
            self.tidy();
        }
        Ok(lock)
    }

    /// Removes what killed processes left half-written. Other people's files may lie in the run's
    /// folder itself, so only its own artefacts count there.
    fn tidy(&self) {
        for name in ARTEFACTS.iter().chain([&EXPERIMENT]) {
            leftovers::remove_if_file(&self.root.join(format!("{name}.tmp")));
        }
        let models = leftovers::entries(&self.root.join(MODELS));
        let checkpoints = models.iter().map(|model| model.join(CHECKPOINTS));
        for folder in checkpoints.chain([self.figures()]) {
            leftovers::remove_half_written(&folder);
        }
        models.iter().for_each(|model| leftovers::remove_half_written(model));
    }

    /// Whether a run was begun here by this program, not only a file called like a run's.
    fn holds_run(&self) -> bool {
        self.environment().is_some() || replaced::holds_interrupted_move(&self.root)
    }

    fn is_begun(&self) -> bool {
        self.experiment_file().exists() || replaced::holds_interrupted_move(&self.root)
    }

    fn check_holds_nothing_else(&self, existing: Existing) -> Result<()> {
        let root = self.root.display();
        if existing == Existing::Resume && !self.is_begun() {
            bail!("{root}: there is no run to resume here; leave --resume out to begin one");
        }
        if self.is_occupied()? && !self.holds_run() {
            let replaces = existing == Existing::Replace;
            let force = if replaces { ", so --force will not remove it" } else { "" };
            bail!(
                "{root}: the folder is not empty and holds no run{force}; choose another with --run"
            );
        }
        Ok(())
    }

    /// Goes on with the run that the folder holds. What it was begun with stays noted.
    fn go_on(
        &self,
        experiment: &Experiment,
        environment: &Environment,
        images: &ImageDigests,
        catalogue: &Catalogue,
    ) -> Result<()> {
        let (found, begun_with) = self.check_same(experiment, catalogue)?;
        if begun_with != *environment {
            say(&format!(
                "note: this run was begun with {begun_with}, and goes on with {environment}: its \
                 numbers can differ in their last digits from those of a run in one piece"
            ));
        }
        self.check_images(images)?;
        // The images have moved; later steps shall find them.
        if found.data.folder != experiment.data.folder && self.images().is_some() {
            self.write_experiment(experiment, &begun_with, images)?;
        }
        Ok(())
    }

    /// Compares `images` with those that the run was begun with.
    ///
    /// # Errors
    /// Where they are others.
    pub fn check_images(&self, images: &ImageDigests) -> Result<()> {
        ensure!(
            self.images().is_none_or(|begun_with| begun_with == *images),
            "{}: the run was begun with other images; give the same ones with --data, or choose \
             another folder with --run",
            self.root.display()
        );
        Ok(())
    }

    fn write_experiment(
        &self,
        experiment: &Experiment,
        environment: &Environment,
        images: &ImageDigests,
    ) -> Result<()> {
        let mut table = Table::try_from(experiment).context("the experiment as TOML")?;
        let mut environment = Table::try_from(environment).context("the environment as TOML")?;
        let images = Table::try_from(images).context("the images' digests as TOML")?;
        environment.insert(IMAGES.to_owned(), images.into());
        table.insert(ENVIRONMENT.to_owned(), environment.into());
        let text = toml::to_string(&table).context("the experiment as TOML")?;
        Ok(write_atomically(&self.experiment_file(), text.as_bytes())?)
    }

    /// Whether anything lies in the folder that somebody could miss, unlike a lock or what is left of
    /// a claim that was killed.
    fn is_occupied(&self) -> Result<bool> {
        let unreadable = || format!("cannot read the run folder {}", self.root.display());
        match std::fs::read_dir(&self.root) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(unreadable),
            Ok(entries) => {
                let ours = [LOCK.to_owned(), format!("{EXPERIMENT}.tmp")];
                for entry in entries {
                    let name = entry.with_context(unreadable)?.file_name();
                    if ours.iter().all(|ours| name != ours.as_str()) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// What the run was begun with; only a run's own `experiment.toml` says so.
    fn environment(&self) -> Option<Environment> {
        self.begun_with()?.try_into().ok()
    }

    /// The images that the run was begun with.
    fn images(&self) -> Option<ImageDigests> {
        self.begun_with()?.get(IMAGES)?.clone().try_into().ok()
    }

    fn begun_with(&self) -> Option<Value> {
        let text = std::fs::read_to_string(self.experiment_file()).ok()?;
        text.parse::<Table>().ok()?.remove(ENVIRONMENT)
    }

    fn check_same(
        &self,
        experiment: &Experiment,
        catalogue: &Catalogue,
    ) -> Result<(Experiment, Environment)> {
        let Some(environment) = self.environment() else {
            bail!(
                "{}: the folder is not empty and holds no run; choose another with --run",
                self.root.display()
            );
        };
        let (found, _) = self.read(catalogue)?;
        let mut compared = found.clone();
        compared.data.folder.clone_from(&experiment.data.folder);
        if compared != *experiment {
            bail!(
                "{}: this folder holds another experiment. Choose another folder with --run, or \
                 replace what is there with --force",
                self.root.display()
            );
        }
        Ok((found, environment))
    }

    /// Reads the experiment that the folder belongs to.
    ///
    /// # Errors
    /// Where there is none, or it is damaged.
    pub fn read(&self, catalogue: &Catalogue) -> Result<(Experiment, Option<Environment>)> {
        let path = self.experiment_file();
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{}: no run here (cannot read {EXPERIMENT})", self.root.display())
        })?;
        let experiment =
            experiment::parse(&text, "", catalogue).with_context(|| path.display().to_string())?;
        Ok((experiment, self.environment()))
    }

    /// Makes a folder of the run, with its parents.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The resolved experiment.
    pub fn experiment_file(&self) -> PathBuf {
        self.root.join(EXPERIMENT)
    }

    /// Every metric of every model.
    pub fn results(&self) -> PathBuf {
        self.root.join(RESULTS)
    }

    /// One row per model and epoch.
    pub fn metrics(&self) -> PathBuf {
        self.root.join(METRICS)
    }

    /// The report.
    pub fn report(&self) -> PathBuf {
        self.root.join(REPORT)
    }

    /// All figures.
    pub fn figures(&self) -> PathBuf {
        self.root.join(FIGURES)
    }

    /// A figure by its file name.
    pub fn figure(&self, name: &str) -> PathBuf {
        self.figures().join(name)
    }

    /// A model's folder.
    pub fn model(&self, name: &str) -> PathBuf {
        self.root.join(MODELS).join(name)
    }

    /// A model's checkpoints.
    pub fn checkpoints(&self, name: &str) -> PathBuf {
        self.model(name).join(CHECKPOINTS)
    }

    /// Whether the model's training is complete.
    pub fn is_trained(&self, name: &str) -> bool {
        // The last file that is written of a model; the others can only have been lost since.
        let files = ["model.json", "decoder.safetensors", "seconds.json"];
        files.iter().all(|file| self.model(name).join(file).exists())
            && self.train_latents(name).exists()
    }

    /// Latents of the training images.
    pub fn train_latents(&self, name: &str) -> PathBuf {
        self.model(name).join(TRAIN_LATENTS)
    }

    /// Latents of the test images.
    pub fn test_latents(&self, name: &str) -> PathBuf {
        self.model(name).join("latents-test.safetensors")
    }

    /// A sampler that was fitted to the model's latents.
    pub fn sampler(&self, model: &str, sampler: &str) -> PathBuf {
        self.model(model).join(format!("sampler-{sampler}.safetensors"))
    }

    /// Wall-clock seconds of the model's steps.
    pub fn seconds(&self, name: &str) -> PathBuf {
        self.model(name).join("seconds.json")
    }
}
