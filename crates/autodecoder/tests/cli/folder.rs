//! Temporary folders, and what is in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder with shorthands.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// A path in the folder, as an argument.
    pub fn path(&self, name: &str) -> String {
        self.root().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file, making its folders; returns its path as an argument.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, contents).unwrap();
        self.path(name)
    }

    /// A copy of the sample, for a test to damage.
    pub fn copy_sample(&self) -> String {
        copy(super::program::sample(), &self.root().join("data"));
        self.path("data")
    }

    /// Every file below the folder with its bytes; folders end in a slash.
    pub fn contents(&self) -> Contents {
        contents(self.root())
    }
}

/// Files by their path relative to a folder.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// Every file below `root` with its bytes; folders end in a slash.
pub fn contents(root: &Path) -> Contents {
    let mut all = Contents::new();
    collect(root, root, &mut all);
    all
}

fn collect(root: &Path, folder: &Path, all: &mut Contents) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            all.insert(format!("{name}/"), Vec::new());
            collect(root, &path, all);
        } else {
            all.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Both must hold the same files with the same bytes; says which do not.
pub fn assert_same(before: &Contents, after: &Contents) {
    let names: Vec<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<_> = names.into_iter().filter(|n| before.get(*n) != after.get(*n)).collect();
    assert!(changed.is_empty(), "changed: {changed:?}");
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    for (name, bytes) in contents(from) {
        let path: PathBuf = to.join(&name);
        if name.ends_with('/') {
            std::fs::create_dir_all(path).unwrap();
        } else {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}
