//! A sweep's folder: its plan, and what was measured so far.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::cell::Cell;
use super::plan::{Place, Plan};
use crate::ImageDigests;
use crate::results::{read_json, write_json};
use crate::run_lock::{LOCK, RunLock};

const PLAN: &str = "plan.json";
const CELLS: &str = "cells";
/// What a sweep leaves besides its plan and its cells.
const OUTCOMES: [&str; 5] =
    ["sweep.json", "sweep.csv", "sweep.html", "latent-dim.png", "latent-dim.svg"];

/// The folder of a sweep; no other process works in it meanwhile.
#[derive(Debug)]
pub(super) struct SweepFolder {
    root: PathBuf,
    _lock: RunLock,
}

impl SweepFolder {
    /// Begins a sweep in `root`, or goes on with the one that is there. `force` removes one with another
    /// plan, and nothing that is no sweep's.
    ///
    /// # Errors
    /// Where the folder holds something else, another process works in it, or it cannot be written.
    pub fn claim(root: &Path, plan: &Plan, force: bool) -> Result<SweepFolder> {
        let begun = root.join(PLAN).exists();
        ensure!(
            begun || is_free(root)?,
            "{}: the folder is not empty and holds no sweep; choose another with --out",
            root.display()
        );
        make(root)?;
        let folder = SweepFolder { root: root.to_owned(), _lock: RunLock::take(root)? };
        make(&root.join(CELLS))?;
        if begun && force {
            folder.clear()?;
        } else if begun {
            let found: Plan = read_json(&root.join(PLAN))
                .context("this plan is damaged; --force removes the sweep and begins anew")?;
            ensure!(
                found == *plan,
                "{}: this folder holds another sweep; choose another folder with --out, or replace \
                 what is there with --force",
                root.display()
            );
        }
        write_json(&root.join(PLAN), plan)?;
        Ok(folder)
    }

    fn clear(&self) -> Result<()> {
        let outcomes = OUTCOMES.iter().map(|name| self.root.join(name));
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

    /// A file of the sweep.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn cell_path(&self, place: Place) -> PathBuf {
        let name = format!("{}-seed-{}.json", place.model(), place.seed);
        self.root.join(CELLS).join(name)
    }

    /// What was measured at `place`, if it was.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub fn cell(&self, place: Place) -> Result<Option<Cell>> {
        let path = self.cell_path(place);
        if !path.exists() {
            return Ok(None);
        }
        let cell: Cell = read_json(&path)
            .context("this file is damaged; remove it, and the same command measures again")?;
        ensure!(cell.place() == place, "{}: it is another model's", path.display());
        Ok(Some(cell))
    }

    /// Makes sure that what was measured with `seed` was measured on the same images.
    ///
    /// # Errors
    /// Where it was not.
    pub fn check_images(&self, cell: &Cell, images: &ImageDigests) -> Result<()> {
        ensure!(
            cell.images == *images,
            "{}: the sweep was begun with other images; give the same ones with --data, or choose \
             another folder with --out",
            self.root.display()
        );
        Ok(())
    }

    /// Keeps what was measured.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep(&self, cell: &Cell) -> Result<()> {
        write_json(&self.cell_path(cell.place()), cell)
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
