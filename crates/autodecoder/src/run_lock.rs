//! One process at a time writes into a run's folder.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::progress::say;

/// The file's name. It is there while somebody works in the folder.
pub(crate) const LOCK: &str = ".lock";
/// How often, and after which pauses, the holder's number is looked for.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// The right to write into a run's folder; the kernel takes it back when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct RunLock {
    /// Nothing where the folder takes no file.
    _held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    file: File,
}

impl RunLock {
    /// Locks the folder `root`, which must exist.
    ///
    /// # Errors
    /// Where another process holds the lock; the message names it. Where the lock's file cannot be
    /// made for another reason than that nobody may write there: who cannot write cannot harm.
    pub(crate) fn take(root: &Path) -> Result<RunLock> {
        let path = root.join(LOCK);
        loop {
            let opened = open(&path).with_context(|| format!("cannot lock {}", root.display()))?;
            let Some(file) = opened else { return Ok(RunLock { _held: None }) };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => bail!(
                    "{}: {} is at work in this folder; wait until it has ended, or choose another \
                     folder with --run",
                    root.display(),
                    holder(&path)
                ),
                // Some network file systems have no locks: a lone user loses nothing there.
                Err(TryLockError::Error(error)) => {
                    say(&format!("note: {} cannot be locked ({error})", root.display()));
                }
            }
            // Whoever held the lock has removed its file, perhaps between our two steps.
            if is_at(&file, &path) {
                let mut held = Held { path, file };
                held.note_process();
                return Ok(RunLock { _held: Some(held) });
            }
        }
    }
}

impl Held {
    /// Writes this process's number into the file; only the message to others needs it.
    fn note_process(&mut self) {
        let _ = self.file.set_len(0);
        let _ = self.file.rewind();
        let _ = write!(self.file, "{}", std::process::id());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A file that stays behind is an unlocked one, which the next run takes over. One that
        // somebody put in the place of ours is not ours to remove.
        if is_at(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The lock's file, or nothing where it is not there and may not be made.
fn open(path: &Path) -> std::io::Result<Option<File>> {
    let made = File::options().read(true).write(true).create(true).truncate(false).open(path);
    match made {
        Ok(file) => Ok(Some(file)),
        Err(error) if is_refusal(error.kind()) => match File::open(path) {
            // Somebody else's: it can be locked without being written to.
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn is_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: std::fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => identity(ours) == identity(there),
        _ => false,
    }
}

/// Who holds the lock, in words.
fn holder(path: &Path) -> String {
    for _ in 0..TRIES {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if let Ok(process) = text.trim().parse::<u32>() {
            return format!("another autodecoder (process {process})");
        }
        // Whoever started at the same moment has the lock, but has not noted its number yet.
        std::thread::sleep(PAUSE);
    }
    "another autodecoder".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_took_the_place_of_a_removed_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::take(folder.path()).unwrap();
        std::fs::remove_file(folder.path().join(LOCK)).unwrap();
        let _second = RunLock::take(folder.path()).unwrap();
        drop(first);
        RunLock::take(folder.path()).unwrap_err();
    }

    #[test]
    fn the_second_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::take(folder.path()).unwrap();
        let refused = RunLock::take(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a file stayed behind");
        RunLock::take(folder.path()).unwrap();
    }

    #[test]
    fn a_file_that_a_killed_process_left_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK), "123456789 and more").unwrap();
        let lock = RunLock::take(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join(LOCK)).unwrap();
        assert_eq!(text, std::process::id().to_string());
        drop(lock);
    }

    #[test]
    fn a_file_that_was_removed_by_its_holder_locks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK);
        let file = open(&path).unwrap().unwrap();
        assert!(is_at(&file, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path));
        std::fs::write(&path, "").unwrap();
        assert!(!is_at(&file, &path), "another file of that name");
    }
}
