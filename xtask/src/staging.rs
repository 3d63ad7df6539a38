//! How anything enters external/: built in a staging folder, then moved in by a rename.
//!
//! Whoever stages holds the lock of external/, so two set-ups at once take turns, and a staging
//! folder that the lock's new holder finds belongs to nobody: an interrupted set-up left it.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::host::Host;

const PREFIX: &str = ".staging-";
const LOCK: &str = ".lock";

/// The right to change external/; the kernel takes it back when the process ends, however it ends.
pub struct Lock {
    external: PathBuf,
    file: File,
}

impl Lock {
    /// Waits for the lock, then removes what interrupted set-ups have left.
    ///
    /// # Errors
    ///
    /// When external/ cannot be written to.
    pub fn take(host: &Host) -> Result<Self> {
        let external = host.external();
        fs::create_dir_all(&external)
            .with_context(|| format!("cannot make the folder {}", external.display()))?;
        let path = external.join(LOCK);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("cannot write to {}", external.display()))?;
        let mut lock = Self { external, file };
        lock.wait(host, &path)?;
        lock.note_holder();
        lock.remove_leftovers(host)?;
        Ok(lock)
    }

    fn wait(&mut self, host: &Host, path: &Path) -> Result<()> {
        match self.file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            // Some network file systems have no locks: a lone user loses nothing there.
            Err(TryLockError::Error(error)) => {
                host.say(format!("note: {} cannot be locked ({error})", path.display()));
                return Ok(());
            }
        }
        let mut holder = String::new();
        let _ = self.file.read_to_string(&mut holder);
        host.say(format!(
            "another set-up is at work here (process {}); waiting for it",
            holder.trim()
        ));
        self.file.lock().with_context(|| format!("cannot lock {}", path.display()))
    }

    /// Writes this process's number into the lock file; only a waiting set-up's message reads it.
    fn note_holder(&mut self) {
        let _ = self.file.set_len(0);
        let _ = self.file.rewind();
        let _ = write!(self.file, "{}", std::process::id());
    }

    fn remove_leftovers(&self, host: &Host) -> Result<()> {
        for entry in fs::read_dir(&self.external)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                host.say(format!(
                    "removing what an interrupted set-up left: {}",
                    entry.path().display()
                ));
                fs::remove_dir_all(entry.path())
                    .with_context(|| format!("cannot remove {}", entry.path().display()))?;
            }
        }
        Ok(())
    }

    /// Makes an empty staging folder on the same disk as external/.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn stage(&self, name: &str) -> Result<Staging<'_>> {
        let folder = self.external.join(format!("{PREFIX}{name}-{}", std::process::id()));
        fs::create_dir(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Staging { folder, _lock: self })
    }
}

/// A folder that exists while something is being fetched and built.
pub struct Staging<'lock> {
    folder: PathBuf,
    _lock: &'lock Lock,
}

impl Staging<'_> {
    /// A path in the staging folder.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    /// Makes a folder in the staging folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn make_folder(&self, relative: &str) -> Result<PathBuf> {
        let path = self.path(relative);
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(path)
    }

    /// Moves a finished folder to its place in one rename; an earlier one there makes room first.
    ///
    /// # Errors
    ///
    /// When a rename fails; an earlier folder is then where it was.
    pub fn publish(self, finished: &str, place: &Path) -> Result<()> {
        let (finished, earlier) = (self.path(finished), self.path("replaced"));
        let had_earlier = place.symlink_metadata().is_ok();
        let failed = || format!("cannot move {} into place", place.display());
        if had_earlier {
            fs::rename(place, &earlier).with_context(failed)?;
        }
        let moved = fs::rename(&finished, place);
        if moved.is_err() && had_earlier {
            fs::rename(&earlier, place).with_context(failed)?;
        }
        moved.with_context(failed)
    }

    /// Moves the files of a finished folder to their place, one rename each; other files there are
    /// the user's and stay. A place that is not there yet, or only a link to a folder elsewhere, is
    /// replaced as by [`Staging::publish`].
    ///
    /// # Errors
    ///
    /// When a rename fails. Files that were moved before it are whole.
    pub fn publish_files(self, finished: &str, place: &Path) -> Result<()> {
        if !place.symlink_metadata().is_ok_and(|data| data.is_dir()) {
            return self.publish(finished, place);
        }
        let finished = self.path(finished);
        let entries = fs::read_dir(&finished).with_context(|| finished.display().to_string())?;
        for entry in entries {
            let entry = entry.with_context(|| finished.display().to_string())?;
            let to = place.join(entry.file_name());
            fs::rename(entry.path(), &to)
                .with_context(|| format!("cannot move {} into place", to.display()))?;
        }
        Ok(())
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        // What stays behind here is removed by the next holder of the lock.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::test_support::Machine;

    #[test]
    fn what_an_interrupted_set_up_left_is_removed() {
        let machine = Machine::new();
        machine.write("external/.staging-libtorch-1/torch/lib/half.so", "half");
        machine.write("external/libtorch/kept", "whole");
        let _lock = Lock::take(&machine.host()).unwrap();
        assert!(!machine.path("external/.staging-libtorch-1").exists());
        assert!(machine.path("external/libtorch/kept").exists());
        assert!(machine.said().contains("removing what an interrupted set-up left"));
    }

    #[test]
    fn publishing_replaces_the_earlier_folder_as_a_whole() {
        let machine = Machine::new();
        machine.write("external/data/old", "old");
        let lock = Lock::take(&machine.host()).unwrap();
        let staging = lock.stage("data").unwrap();
        let folder = staging.make_folder("data").unwrap();
        fs::write(folder.join("new"), "new").unwrap();
        staging.publish("data", &machine.path("external/data")).unwrap();
        assert!(machine.path("external/data/new").exists());
        assert!(!machine.path("external/data/old").exists());
        let left: Vec<_> = fs::read_dir(machine.path("external")).unwrap().flatten().collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn publishing_files_replaces_only_their_namesakes() {
        let machine = Machine::new();
        machine.write("external/data/new", "bad");
        machine.write("external/data/my-notes.txt", "mine");
        let lock = Lock::take(&machine.host()).unwrap();
        let staging = lock.stage("data").unwrap();
        let folder = staging.make_folder("data").unwrap();
        fs::write(folder.join("new"), "good").unwrap();
        staging.publish_files("data", &machine.path("external/data")).unwrap();
        let read = |name: &str| fs::read_to_string(machine.path("external/data").join(name));
        assert_eq!(read("new").unwrap(), "good");
        assert_eq!(read("my-notes.txt").unwrap(), "mine");
    }

    #[test]
    fn a_link_is_replaced_and_the_folder_behind_it_is_left_alone() {
        let machine = Machine::new();
        machine.write("mine/new", "bad");
        fs::create_dir(machine.path("external")).unwrap();
        std::os::unix::fs::symlink(machine.path("mine"), machine.path("external/data")).unwrap();
        let lock = Lock::take(&machine.host()).unwrap();
        let staging = lock.stage("data").unwrap();
        fs::write(staging.make_folder("data").unwrap().join("new"), "good").unwrap();
        staging.publish_files("data", &machine.path("external/data")).unwrap();
        assert_eq!(fs::read_to_string(machine.path("external/data/new")).unwrap(), "good");
        assert_eq!(fs::read_to_string(machine.path("mine/new")).unwrap(), "bad");
    }

    #[test]
    fn a_failed_publish_puts_the_earlier_folder_back() {
        let machine = Machine::new();
        machine.write("external/data/old", "old");
        let lock = Lock::take(&machine.host()).unwrap();
        let staging = lock.stage("data").unwrap();
        assert!(staging.publish("never made", &machine.path("external/data")).is_err());
        assert!(machine.path("external/data/old").exists());
    }

    #[test]
    fn a_second_set_up_waits_for_the_first() {
        let machine = Machine::new();
        let host = machine.host();
        let first = Lock::take(&host).unwrap();
        let staging = first.stage("libtorch").unwrap();
        let (sender, receiver) = mpsc::channel();
        let root = host.root.clone();
        let second = std::thread::spawn(move || {
            let machine = Machine::new();
            let mut host = machine.host();
            host.root = root;
            let lock = Lock::take(&host);
            sender.send(machine.said()).unwrap();
            lock.is_ok()
        });
        assert!(receiver.recv_timeout(Duration::from_millis(200)).is_err());
        assert!(staging.path("").exists(), "the waiting set-up must not clean the first's folder");
        drop(staging);
        drop(first);
        assert!(receiver.recv().unwrap().contains("another set-up is at work"));
        assert!(second.join().unwrap());
    }
}
