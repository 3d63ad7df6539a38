//! Sizes of files and folders, and how they are printed.

use std::path::Path;

use anyhow::{Context, Result};

use crate::host::Host;

/// A number of bytes as people read it: `530 MB`, `1.2 GB` (decimal units, as pip and apt print).
pub fn readable(bytes: u64) -> String {
    let (mega, tenths) = (bytes.div_ceil(1_000_000), bytes / 100_000_000);
    if mega < 1000 { format!("{mega} MB") } else { format!("{}.{} GB", tenths / 10, tenths % 10) }
}

/// Bytes in a growing folder: those in files that `is_download` accepts, and all others.
///
/// Files that vanish while it looks are left out: the folder is being written to.
pub fn of_folder(folder: &Path, is_download: &dyn Fn(&Path) -> bool) -> (u64, u64) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return (0, 0);
    };
    entries.flatten().fold((0, 0), |(fetched, other), entry| {
        let (path, data) = (entry.path(), entry.metadata());
        match data {
            Ok(data) if data.is_dir() => {
                let (a, b) = of_folder(&path, is_download);
                (fetched + a, other + b)
            }
            Ok(data) if is_download(&path) => (fetched + data.len(), other),
            Ok(data) => (fetched, other + data.len()),
            Err(_) => (fetched, other),
        }
    })
}

/// Free bytes on the disk of a folder, by `df`; nothing where `df` cannot say.
pub fn free(host: &Host, folder: &Path) -> Option<u64> {
    let text = host.ask("df", &["-Pk", folder.to_str()?])?;
    let kibibytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Refuses to start what the disk has no room for.
///
/// # Errors
///
/// When fewer than `bytes` are free.
pub fn require_free(host: &Host, folder: &Path, bytes: u64) -> Result<()> {
    let Some(free) = free(host, folder) else {
        return Ok(());
    };
    anyhow::ensure!(
        free >= bytes,
        "too little disk space in {}: {} are free, {} are needed while unpacking; \
         free some space, or clone the repository onto a larger disk",
        folder.display(),
        readable(free),
        readable(bytes),
    );
    Ok(())
}

/// The size of one file.
///
/// # Errors
///
/// When there is no such file.
pub fn of_file(path: &Path) -> Result<u64> {
    let data = path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
    Ok(data.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    #[test]
    fn sizes_read_well() {
        assert_eq!(readable(30_900_652), "31 MB");
        assert_eq!(readable(999_000_000), "999 MB");
        assert_eq!(readable(1_234_000_000), "1.2 GB");
        assert_eq!(readable(4_700_000_000), "4.7 GB");
    }

    #[test]
    fn a_folder_counts_downloads_apart() {
        let machine = Machine::new();
        machine.write("a/torch.whl", "12345");
        machine.write("a/b/lib.so", "123");
        let whl = |path: &Path| path.extension().is_some_and(|end| end == "whl");
        assert_eq!(of_folder(&machine.path("a"), &whl), (5, 3));
        assert_eq!(of_folder(&machine.path("nowhere"), &whl), (0, 0));
    }

    #[test]
    fn a_full_disk_is_named_before_anything_is_fetched() {
        let machine = Machine::new();
        machine.program("df", "echo Filesystem; echo /dev/x 100 97 3 97% /");
        let host = machine.host();
        assert_eq!(free(&host, &host.root), Some(3072));
        let error = require_free(&host, &host.root, 2_000_000_000).unwrap_err().to_string();
        assert!(error.contains("2.0 GB are needed"), "{error}");
    }
}
