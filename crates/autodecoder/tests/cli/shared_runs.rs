//! Finished runs that several tests look at. They must not be changed: take a copy.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::experiments::TINY;
use super::program::{sample, succeed};

/// The preset `smoke`, run to its end.
pub fn smoke() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| reproduce("smoke", "smoke"))
}

/// [`TINY`], run to its end.
pub fn tiny() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        let experiment = folder().join("tiny.toml");
        std::fs::write(&experiment, TINY).unwrap();
        reproduce(experiment.to_str().unwrap(), "tiny")
    })
}

fn reproduce(experiment: &str, name: &str) -> PathBuf {
    let run = folder().join(name);
    let (path, data) = (run.to_str().unwrap(), sample().to_str().unwrap());
    let arguments = ["reproduce", "--experiment", experiment, "--data", data, "--run", path];
    succeed(&[&arguments[..], &["--device", "cpu", "--threads", "1"]].concat());
    run
}

/// A folder of this process. Statics are never dropped, so the next process removes what the last
/// one left.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("autodecoder-cli");
        for entry in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            if !Path::new("/proc").join(entry.file_name()).exists() {
                std::fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        let folder = all.join(std::process::id().to_string());
        std::fs::create_dir_all(&folder).unwrap();
        folder
    })
}
