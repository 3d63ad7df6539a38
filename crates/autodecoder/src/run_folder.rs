//! A run's folder: where each artefact lies, and to which experiment the folder belongs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use autodecoder_models::tensor_file::write_atomically;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::experiment::{self, Experiment};
use crate::{Catalogue, ChosenDevice};

const EXPERIMENT: &str = "experiment.toml";
const ENVIRONMENT: &str = "environment";

/// The paths of a run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    root: PathBuf,
}

/// What a run was computed with; results are only bit-equal where these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this program.
    pub autodecoder: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// The device's name.
    pub device: String,
    /// Threads that libtorch computes with.
    pub threads: i64,
}

impl Environment {
    /// The environment of this process on `device`.
    pub fn current(device: &ChosenDevice) -> Environment {
        Environment {
            autodecoder: env!("CARGO_PKG_VERSION").to_owned(),
            libtorch: crate::LIBTORCH_VERSION.to_owned(),
            device: device.name.clone(),
            threads: i64::from(tch::get_num_threads()),
        }
    }
}

/// What to do with a folder that already holds a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Go on with it if it is the same experiment, else fail.
    Continue,
    /// Go on with it; fail if there is none.
    Resume,
    /// Remove it and begin anew.
    Replace,
}

impl RunFolder {
    /// The run in `root`, which need not exist.
    pub fn at(root: impl Into<PathBuf>) -> RunFolder {
        RunFolder { root: root.into() }
    }

    /// Claims the folder for `experiment` and writes `experiment.toml`.
    ///
    /// # Errors
    /// Where the folder holds another experiment or something that is no run, where there is nothing
    /// to resume, and where it cannot be written.
    pub fn claim(
        &self,
        experiment: &Experiment,
        environment: &Environment,
        existing: Existing,
        catalogue: &Catalogue,
    ) -> Result<()> {
        let occupied = self.is_occupied()?;
        match existing {
            Existing::Resume if !self.experiment_file().exists() => bail!(
                "{}: there is no run to resume here; leave --resume out to begin one",
                self.root.display()
            ),
            Existing::Replace if occupied => self.clear()?,
            _ if occupied => self.check_same(experiment, catalogue)?,
            _ => {}
        }
        self.create(&self.figures())?;
        let mut table = Table::try_from(experiment).context("the experiment as TOML")?;
        let environment = Value::try_from(environment).context("the environment as TOML")?;
        table.insert(ENVIRONMENT.to_owned(), environment);
        let text = toml::to_string(&table).context("the experiment as TOML")?;
        Ok(write_atomically(&self.experiment_file(), text.as_bytes())?)
    }

    fn is_occupied(&self) -> Result<bool> {
        if !self.root.exists() {
            return Ok(false);
        }
        let mut entries = std::fs::read_dir(&self.root)
            .with_context(|| format!("cannot read the run folder {}", self.root.display()))?;
        Ok(entries.next().is_some())
    }

    /// Only a folder that holds a run is ever removed.
    fn clear(&self) -> Result<()> {
        if !self.experiment_file().exists() {
            bail!(
                "{}: the folder is not empty and holds no run, so --force will not remove it; \
                 choose another folder with --run",
                self.root.display()
            );
        }
        std::fs::remove_dir_all(&self.root)
            .with_context(|| format!("cannot remove the old run {}", self.root.display()))
    }

    fn check_same(&self, experiment: &Experiment, catalogue: &Catalogue) -> Result<()> {
        if !self.experiment_file().exists() {
            bail!(
                "{}: the folder is not empty and holds no run; choose another with --run",
                self.root.display()
            );
        }
        let (mut found, _) = self.read(catalogue)?;
        found.data.folder.clone_from(&experiment.data.folder);
        if found != *experiment {
            bail!(
                "{}: this folder holds another experiment. Choose another folder with --run, or \
                 replace what is there with --force",
                self.root.display()
            );
        }
        Ok(())
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
        let mut table: Table = text.parse().with_context(|| path.display().to_string())?;
        let environment = table.remove(ENVIRONMENT).and_then(|value| value.try_into().ok());
        let text = toml::to_string(&table).context("the experiment as TOML")?;
        let experiment =
            experiment::parse(&text, "", catalogue).with_context(|| path.display().to_string())?;
        Ok((experiment, environment))
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
        self.root.join("results.json")
    }

    /// One row per model and epoch.
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.csv")
    }

    /// The report.
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }

    /// All figures.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// A figure by its file name.
    pub fn figure(&self, name: &str) -> PathBuf {
        self.figures().join(name)
    }

    /// A model's folder.
    pub fn model(&self, name: &str) -> PathBuf {
        self.root.join("models").join(name)
    }

    /// A model's checkpoints.
    pub fn checkpoints(&self, name: &str) -> PathBuf {
        self.model(name).join("checkpoint")
    }

    /// Latents of the training images.
    pub fn train_latents(&self, name: &str) -> PathBuf {
        self.model(name).join("latents-train.safetensors")
    }

    /// Latents of the test images.
    pub fn test_latents(&self, name: &str) -> PathBuf {
        self.model(name).join("latents-test.safetensors")
    }

    /// Wall-clock seconds of the model's steps.
    pub fn seconds(&self, name: &str) -> PathBuf {
        self.model(name).join("seconds.json")
    }
}
