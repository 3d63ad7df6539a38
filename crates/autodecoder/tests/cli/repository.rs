//! Rules that every source file keeps.

use std::path::{Path, PathBuf};

/// Longer files are split.
const MAX_LINES: usize = 400;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The examples of docs/extending.md are shown there word for word, without a head of their own.
fn is_example(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("tests/extending"))
        && path.file_name().is_some_and(|name| name != "main.rs")
}

#[test]
fn every_file_opens_with_docs_and_is_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut files = Vec::new();
    sources(&root.join("crates"), &mut files);
    sources(&root.join("xtask"), &mut files);
    assert!(files.len() > 50, "only {} files under {}", files.len(), root.display());
    let mut faults = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&root).unwrap().display();
        if !text.starts_with("//! ") && !is_example(&path) {
            faults.push(format!("{name} does not open with //! docs"));
        }
        if text.lines().count() > MAX_LINES {
            faults.push(format!("{name} has {} lines", text.lines().count()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
