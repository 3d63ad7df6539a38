//! Replacing a run: the old one is set aside whole, and removed once the new one is safe.
//!
//! The old artefacts move into a hidden folder of the run's folder, `experiment.toml` last. So a
//! hidden folder without one was not filled to its end, and a run's folder without one has nothing
//! of a new run in it yet: in both cases the move was interrupted, and is taken back.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::progress::say;
use crate::run_folder::EXPERIMENT;

/// The first old run's folder is `.replaced-1`.
const PREFIX: &str = ".replaced-";
/// An old run on its way out: nobody shall take it for an interrupted move.
const DOOMED: &str = ".removing-";

/// Moves those of `artefacts` that `root` holds, `experiment.toml` last, into a new hidden folder.
///
/// # Errors
/// Where one cannot be moved; all are where they were then.
pub(crate) fn set_aside(root: &Path, artefacts: &[&str]) -> Result<PathBuf> {
    let taken = [PREFIX, DOOMED].map(|prefix| numbered(root, prefix).pop());
    let number = taken.into_iter().flatten().map(|(number, _)| number).max().unwrap_or(0) + 1;
    let aside = root.join(format!("{PREFIX}{number}"));
    fs::create_dir(&aside)
        .with_context(|| format!("cannot make the folder {}", aside.display()))?;
    for name in artefacts.iter().chain([&EXPERIMENT]) {
        let moved = move_if_there(&root.join(name), &aside.join(name));
        if let Err(error) = moved {
            restore(root, &aside)?;
            let path = root.join(name);
            return Err(error).with_context(|| {
                format!("cannot replace the run: cannot move {}", path.display())
            });
        }
    }
    Ok(aside)
}

/// Moves everything in `aside` back into `root`, `experiment.toml` last.
///
/// # Errors
/// Where something of another run is in the way: nothing is moved then. Where something cannot be
/// moved; the message says where the rest lies.
pub(crate) fn restore(root: &Path, aside: &Path) -> Result<()> {
    let failed = || {
        format!("cannot move the old run back; what is missing of it lies in {}", aside.display())
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(aside).with_context(failed)? {
        names.push(entry.with_context(failed)?.file_name());
    }
    names.sort_by_key(|name| name == EXPERIMENT);
    check_room(root, aside, &names)?;
    if aside.join(EXPERIMENT).exists() {
        // Begun and given up: from here on the folder counts as an interrupted move.
        move_away(&root.join(EXPERIMENT)).with_context(failed)?;
    }
    for name in names {
        fs::rename(aside.join(&name), root.join(&name)).with_context(failed)?;
    }
    fs::remove_dir(aside).with_context(failed)
}

/// Whether all of `names` can be moved from `aside` to `root` and replace nothing but
/// `experiment.toml`, which says only that a new run was begun.
fn check_room(root: &Path, aside: &Path, names: &[OsString]) -> Result<()> {
    for path in names.iter().filter(|name| *name != EXPERIMENT).map(|name| root.join(name)) {
        let is_empty_folder = fs::read_dir(&path).is_ok_and(|mut found| found.next().is_none());
        ensure!(
            is_empty_folder || !path.exists(),
            "cannot move the old run back from {}: {} is there too; remove it to have the old run, \
             or remove {} to do without",
            aside.display(),
            path.display(),
            aside.display()
        );
    }
    Ok(())
}

/// Takes back a move that was interrupted, and removes what a removal has left.
///
/// # Errors
/// As [`restore`].
pub(crate) fn recover(root: &Path) -> Result<()> {
    for (_, doomed) in numbered(root, DOOMED) {
        // Tried again by the next process.
        let _ = fs::remove_dir_all(doomed);
    }
    match numbered(root, PREFIX).pop() {
        Some((_, aside)) if is_interrupted(root, &aside) => restore(root, &aside),
        _ => Ok(()),
    }
}

/// Whether `root` holds a run that a move, now interrupted, has begun to set aside.
pub(crate) fn holds_interrupted_move(root: &Path) -> bool {
    numbered(root, PREFIX).pop().is_some_and(|(_, aside)| is_interrupted(root, &aside))
}

fn is_interrupted(root: &Path, aside: &Path) -> bool {
    !(root.join(EXPERIMENT).exists() && aside.join(EXPERIMENT).exists())
}

/// The old runs that were set aside, oldest first.
pub(crate) fn old_runs(root: &Path) -> Vec<PathBuf> {
    numbered(root, PREFIX).into_iter().map(|(_, path)| path).collect()
}

/// Removes all old runs. One that cannot be removed harms nobody, so that is only said.
pub(crate) fn remove_old_runs(root: &Path) {
    for (number, aside) in numbered(root, PREFIX) {
        let doomed = root.join(format!("{DOOMED}{number}"));
        let removed = fs::rename(&aside, &doomed).and_then(|()| fs::remove_dir_all(&doomed));
        if let Err(error) = removed {
            let left = if doomed.exists() { doomed } else { aside };
            say(&format!("note: cannot remove the old run in {}: {error}", left.display()));
        }
    }
}

/// Folders in `root` that are called `prefix` and a number, by rising number.
fn numbered(root: &Path, prefix: &str) -> Vec<(u32, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(prefix)?.parse().ok());
        found.extend(number.map(|number| (number, entry.path())));
    }
    found.sort();
    found
}

fn move_if_there(from: &Path, to: &Path) -> std::io::Result<()> {
    ignore_missing(fs::rename(from, to))
}

fn move_away(path: &Path) -> std::io::Result<()> {
    ignore_missing(fs::remove_file(path))
}

fn ignore_missing(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARTEFACTS: [&str; 2] = ["results.json", "models"];

    /// A new run whose `experiment.toml` was lost is not overwritten by the one that it replaced.
    #[test]
    fn what_is_in_the_way_is_named_and_nothing_is_moved() {
        let folder = tempfile::tempdir().unwrap();
        let (root, aside) = (folder.path(), folder.path().join(".replaced-1"));
        fs::create_dir_all(aside.join("models/ad")).unwrap();
        fs::create_dir_all(root.join("models")).unwrap();
        fs::write(aside.join("results.json"), "old").unwrap();
        fs::write(aside.join(EXPERIMENT), "old").unwrap();
        fs::write(root.join("results.json"), "new").unwrap();
        let error = recover(root).unwrap_err().to_string();
        assert!(error.contains("results.json is there too"), "{error}");
        assert_eq!(fs::read(root.join("results.json")).unwrap(), b"new");
        assert!(aside.join("models/ad").exists());
        // An empty folder is in nobody's way.
        fs::remove_file(root.join("results.json")).unwrap();
        recover(root).unwrap();
        assert!(root.join("models/ad").exists() && !aside.exists());
    }

    fn old_run() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("models/ad")).unwrap();
        for name in [EXPERIMENT, "results.json", "models/ad/model.json", "notes.txt"] {
            fs::write(folder.path().join(name), "old").unwrap();
        }
        folder
    }

    fn texts(root: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(texts(&path));
                found.push((path, String::new()));
            } else {
                found.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn what_is_set_aside_comes_back() {
        let folder = old_run();
        let root = folder.path();
        let before = texts(root);
        let aside = set_aside(root, &ARTEFACTS).unwrap();
        assert_eq!(aside, root.join(".replaced-1"));
        assert_eq!(fs::read_to_string(aside.join("models/ad/model.json")).unwrap(), "old");
        assert!(!root.join(EXPERIMENT).exists() && root.join("notes.txt").exists());
        // The new run has begun, and was given up.
        fs::write(root.join(EXPERIMENT), "new").unwrap();
        restore(root, &aside).unwrap();
        assert_eq!(texts(root), before);
    }

    #[test]
    fn a_move_is_taken_back_wherever_it_was_interrupted() {
        let names = ["results.json", "models", EXPERIMENT];
        for moved in 0..=names.len() {
            let folder = old_run();
            let root = folder.path();
            let before = texts(root);
            let aside = root.join(".replaced-1");
            fs::create_dir(&aside).unwrap();
            for name in &names[..moved] {
                fs::rename(root.join(name), aside.join(name)).unwrap();
            }
            assert!(holds_interrupted_move(root), "{moved} moved");
            recover(root).unwrap();
            assert_eq!(texts(root), before, "{moved} moved");
        }
    }

    #[test]
    fn a_run_that_has_begun_keeps_all_old_ones_until_they_are_removed() {
        let folder = old_run();
        let root = folder.path();
        for number in 1..=2 {
            let aside = set_aside(root, &ARTEFACTS).unwrap();
            assert_eq!(aside, root.join(format!(".replaced-{number}")));
            fs::write(root.join(EXPERIMENT), "new").unwrap();
            recover(root).unwrap();
            assert_eq!(old_runs(root).len(), number);
        }
        remove_old_runs(root);
        let left: Vec<_> = texts(root).into_iter().map(|(path, _)| path).collect();
        assert_eq!(left, [root.join(EXPERIMENT), root.join("notes.txt")]);
    }

    #[test]
    fn a_removal_that_was_interrupted_is_not_taken_for_a_move() {
        let folder = old_run();
        let root = folder.path();
        let before = texts(root);
        fs::create_dir_all(root.join(".removing-1/models/vad")).unwrap();
        recover(root).unwrap();
        assert_eq!(texts(root), before);
    }
}
