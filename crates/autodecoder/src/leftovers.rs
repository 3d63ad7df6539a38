//! Half-written files of processes that were killed.

use std::path::{Path, PathBuf};

/// How the temporary names end under which a run's files are written.
const ENDINGS: [&str; 7] = [
    ".toml.tmp",
    ".json.tmp",
    ".csv.tmp",
    ".html.tmp",
    ".safetensors.tmp",
    ".png.partial",
    ".svg.partial",
];

/// Removes half-written files in `folder`, not below it. The run must be locked: nobody is writing
/// them any more. One that cannot be removed harms nobody, and says so when it is written again.
pub(crate) fn remove_half_written(folder: &Path) {
    for path in entries(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ours = ENDINGS.iter().any(|ending| name.ends_with(ending));
        if ours {
            remove_if_file(&path);
        }
    }
}

/// Removes a file, if one is there.
pub(crate) fn remove_if_file(path: &Path) {
    if std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) {
        let _ = std::fs::remove_file(path);
    }
}

/// What lies in `folder`, if it is one.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    found.map(|entry| entry.path()).collect()
}
