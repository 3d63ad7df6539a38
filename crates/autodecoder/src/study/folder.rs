//! A study's folder: its plan, and what was measured so far.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ImageDigests;
use crate::results::{read_json, write_json};
use crate::run_lock::{LOCK, RunLock};

const PLAN: &str = "plan.json";
const CELLS: &str = "cells";

/// What a kind of study is called, and the files it leaves besides its plan and its cells.
#[derive(Debug)]
pub(crate) struct Study {
    /// One word: `sweep`.
    pub name: &'static str,
    pub outcomes: &'static [&'static str],
}

/// The folder of a study; no other process works in it meanwhile.
#[derive(Debug)]
pub(crate) struct StudyFolder {
    root: PathBuf,
    study: &'static Study,
    _lock: RunLock,
}

impl StudyFolder {
    /// Begins a study in `root`, or goes on with the one that is there. `force` removes one with another
    /// plan, and nothing that is no study's.
    ///
    /// # Errors
    /// Where the folder holds something else, another process works in it, or it cannot be written.
    pub fn claim<P: Serialize + DeserializeOwned + PartialEq>(
        root: &Path,
        study: &'static Study,
        plan: &P,
        force: bool,
    ) -> Result<StudyFolder> {
        let begun = root.join(PLAN).exists();
        ensure!(
            begun || is_free(root)?,
            "{}: the folder is not empty and holds no {}; choose another with --out",
            root.display(),
            study.name
        );
        make(root)?;
        let folder = StudyFolder { root: root.to_owned(), study, _lock: RunLock::take(root)? };
        make(&root.join(CELLS))?;
        if begun && force {
            folder.clear()?;
        } else if begun {
            let found: Option<P> = read_json::<serde_json::Value>(&root.join(PLAN))
                .map(|value| serde_json::from_value(value).ok())
                .context("this plan is damaged; --force removes what is there and begins anew")?;
            ensure!(
                found.as_ref() == Some(plan),
                "{}: this folder holds another {}; choose another folder with --out, or replace \
                 what is there with --force",
                root.display(),
                study.name
            );
        }
        write_json(&root.join(PLAN), plan)?;
        Ok(folder)
    }

    fn clear(&self) -> Result<()> {
        let outcomes = self.study.outcomes.iter().map(|name| self.root.join(name));
        for path in outcomes.chain(self.cell_files()?) {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn cell_files(&self) -> Result<Vec<PathBuf>> {
        let folder = self.root.join(CELLS);
        let unreadable = || format!("cannot read {}", folder.display());
        let entries = std::fs::read_dir(&folder).with_context(unreadable)?;
        let paths = entries.map(|entry| Ok(entry.with_context(unreadable)?.path()));
        let paths: Vec<PathBuf> = paths.collect::<Result<_>>()?;
        Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")).collect())
    }

    /// A file of the study.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn cell_path(&self, name: &str) -> PathBuf {
        self.root.join(CELLS).join(format!("{name}.json"))
    }

    /// What was measured under `name`, if it was; `fits` says whether it can be this.
    ///
    /// # Errors
    /// Where the file is damaged, or what it holds does not fit.
    pub fn cell<C: DeserializeOwned>(
        &self,
        name: &str,
        fits: impl Fn(&C) -> bool,
    ) -> Result<Option<C>> {
        let path = self.cell_path(name);
        if !path.exists() {
            return Ok(None);
        }
        let cell: C = read_json(&path)
            .context("this file is damaged; remove it, and the same command measures again")?;
        ensure!(fits(&cell), "{}: it is another model's", path.display());
        Ok(Some(cell))
    }

    /// Makes sure that what was measured with a seed was measured on the same images.
    ///
    /// # Errors
    /// Where it was not.
    pub fn check_images(&self, found: &ImageDigests, images: &ImageDigests) -> Result<()> {
        ensure!(
            found == images,
            "{}: the {} was begun with other images; give the same ones with --data, or choose \
             another folder with --out",
            self.root.display(),
            self.study.name
        );
        Ok(())
    }

    /// Keeps what was measured under `name`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep<C: Serialize>(&self, name: &str, cell: &C) -> Result<()> {
        write_json(&self.cell_path(name), cell)
    }
}

fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Whether there is nothing that somebody could miss, unlike what is left of a claim that was killed.
fn is_free(root: &Path) -> Result<bool> {
    let unreadable = || format!("cannot read the folder {}", root.display());
    match std::fs::read_dir(root) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(unreadable),
        Ok(entries) => {
            for entry in entries {
                let name = entry.with_context(unreadable)?.file_name();
                if [LOCK, CELLS, "plan.json.tmp"].iter().all(|ours| name != *ours) {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}
