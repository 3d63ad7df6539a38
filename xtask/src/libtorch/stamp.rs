//! The stamp that a finished set-up leaves: what was set up, by which recipe, and each library's
//! size. Reading it against the files costs a few looks at names and sizes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Kind, VERSION, layout};
use crate::size;

/// The folder that a set-up makes: torch/ and nvidia/, side by side as in the wheel.
pub const TREE: &str = "external/libtorch";
/// Raise it when [`layout`] changes what a set-up leaves: earlier set-ups are then made anew.
const RECIPE: u32 = 1;
const NAME: &str = "stamp";

/// Signs a tree: the last step before it is moved into place.
///
/// # Errors
///
/// When a library cannot be looked at or the stamp cannot be written.
pub fn sign(tree: &Path, kind: Kind) -> Result<()> {
    let stamp = tree.join(NAME);
    // The rename keeps a stamp from being half written where the tree is in place already.
    let unfinished = tree.join(format!("{NAME}.new"));
    fs::write(&unfinished, expected(tree, kind)?)
        .and_then(|()| fs::rename(&unfinished, &stamp))
        .with_context(|| format!("cannot write {}", stamp.display()))
}

/// Whether a tree has been signed and its libraries are as they were then.
pub fn holds(tree: &Path, kind: Kind) -> bool {
    let signed = fs::read_to_string(tree.join(NAME));
    signed.is_ok_and(|signed| expected(tree, kind).is_ok_and(|expected| signed == expected))
}

fn expected(tree: &Path, kind: Kind) -> Result<String> {
    let mut text = format!("libtorch {VERSION}\nkind {}\nrecipe {RECIPE}\n", kind.name());
    for library in libraries(tree)? {
        let bytes = size::of_file(&tree.join(&library))?;
        text.push_str(&format!("{bytes} {}\n", library.display()));
    }
    Ok(text)
}

/// All libraries and one header, in an order that does not depend on the file system.
fn libraries(tree: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::from(layout::HEADER)];
    for folder in layout::library_folders(tree) {
        let shown = folder.display().to_string();
        for entry in fs::read_dir(tree.join(&folder)).with_context(|| shown)? {
            found.push(folder.join(entry?.file_name()));
        }
    }
    found.sort();
    Ok(found)
}
