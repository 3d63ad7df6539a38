//! Is this the genuine data set? SHA-256 of what the files hold.
//!
//! The sum is taken after decompression: distributors compress the same content differently, so the
//! bytes of a `.gz` file say little.

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::layout::{find, idx_names};
use crate::source::{MAX_BYTES, Source};
use crate::{Error, Split};

/// Fashion-MNIST's four files: the name without `.gz`, and the SHA-256 of the decompressed content.
///
/// Computed from the files of Debian's package dataset-fashion-mnist.
pub const FASHION_MNIST: [(&str, &str); 4] = [
    ("train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    ("train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    ("t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    ("t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
];

/// The SHA-256 of a file's content, decompressed where it is gzip, as 64 lower-case hex digits.
///
/// # Errors
/// [`Error::Missing`], [`Error::NotAFile`], [`Error::Read`], [`Error::Gzip`], and
/// [`Error::TooLarge`] for content beyond 4 GiB.
pub fn content_sha256(path: impl AsRef<Path>) -> Result<String, Error> {
    let mut source = Source::open(path.as_ref())?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = source.read(&mut buffer)?;
        if count == 0 {
            return Ok(format!("{:x}", hasher.finalize()));
        }
        if source.consumed() > MAX_BYTES {
            return Err(Error::TooLarge {
                path: source.path().to_owned(),
                part: "decompressed content",
                limit: MAX_BYTES,
                found: "more".to_owned(),
            });
        }
        hasher.update(&buffer[..count]);
    }
}

/// How one file compares with what it should hold. `Display` says it in one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileStatus {
    /// The genuine content.
    Ok {
        /// The file's standard name without `.gz`.
        stem: &'static str,
        /// The file found.
        path: PathBuf,
    },
    /// Other content.
    Mismatch {
        /// The file's standard name without `.gz`.
        stem: &'static str,
        /// The file found.
        path: PathBuf,
        /// The SHA-256 it should have.
        expected: &'static str,
        /// The SHA-256 it has.
        found: String,
        /// The standard name of the file whose content it has, where it has another's.
        content_of: Option<&'static str>,
    },
    /// No such file under any of its names.
    Missing {
        /// The file's standard name without `.gz`.
        stem: &'static str,
        /// The names looked for.
        looked_for: Vec<String>,
    },
    /// A file that cannot be read to its end.
    Unreadable {
        /// The file's standard name without `.gz`.
        stem: &'static str,
        /// Why.
        error: Error,
    },
}

impl FileStatus {
    /// Whether the file is there and genuine.
    pub fn is_ok(&self) -> bool {
        matches!(self, FileStatus::Ok { .. })
    }

    /// The file's standard name without `.gz`.
    pub fn stem(&self) -> &'static str {
        match self {
            FileStatus::Ok { stem, .. }
            | FileStatus::Mismatch { stem, .. }
            | FileStatus::Missing { stem, .. }
            | FileStatus::Unreadable { stem, .. } => stem,
        }
    }
}

impl fmt::Display for FileStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileStatus::Ok { path, .. } => write!(f, "{}: genuine", path.display()),
            FileStatus::Mismatch { path, content_of: Some(other), .. } => {
                write!(f, "{}: holds the content of {other}; rename it", path.display())
            }
            FileStatus::Mismatch { path, expected, found, .. } => write!(
                f,
                "{}: SHA-256 of the decompressed content: expected {expected}, found {found}; fetch the file again",
                path.display()
            ),
            FileStatus::Missing { stem, looked_for } => {
                write!(f, "{stem}: missing; looked for {}", looked_for.join(", "))
            }
            FileStatus::Unreadable { error, .. } => write!(f, "{error}"),
        }
    }
}

/// Compares a folder with Fashion-MNIST, one status for each file of [`FASHION_MNIST`], in its order.
/// The files may be plain or gzip, under the names that [`load`](crate::load) looks for.
pub fn verify(folder: impl AsRef<Path>) -> Vec<FileStatus> {
    let names = [
        idx_names(Split::Train, "images", 3),
        idx_names(Split::Train, "labels", 1),
        idx_names(Split::Test, "images", 3),
        idx_names(Split::Test, "labels", 1),
    ];
    let files = FASHION_MNIST.into_iter().zip(names);
    files
        .map(|((stem, expected), names)| {
            status(folder.as_ref(), stem, expected, names)
                .unwrap_or_else(|error| FileStatus::Unreadable { stem, error })
        })
        .collect()
}

fn status(
    folder: &Path,
    stem: &'static str,
    expected: &'static str,
    names: Vec<String>,
) -> Result<FileStatus, Error> {
    let Some(path) = find(folder, &names)? else {
        return Ok(FileStatus::Missing { stem, looked_for: names });
    };
    let found = content_sha256(&path)?;
    if found == expected {
        return Ok(FileStatus::Ok { stem, path });
    }
    let content_of = FASHION_MNIST.iter().find(|(_, sum)| found == *sum).map(|(name, _)| *name);
    Ok(FileStatus::Mismatch { stem, path, expected, found, content_of })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::write_idx_labels;

    #[test]
    fn sums_agree_with_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        // FIPS 180-4's example "abc", and the sum of nothing.
        fs::write(&path, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(content_sha256(&path).unwrap(), abc);
        fs::write(&path, "").unwrap();
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(content_sha256(&path).unwrap(), nothing);
    }

    #[test]
    fn gzip_does_not_change_the_sum() {
        let folder = tempfile::tempdir().unwrap();
        let [plain, gzip] = ["labels", "labels.gz"].map(|name| folder.path().join(name));
        // Longer than the read buffer, so that the sum is taken over several reads.
        let labels: Vec<u8> = (0..200_000_u32).map(|i| (i % 10) as u8).collect();
        write_idx_labels(&plain, &labels).unwrap();
        write_idx_labels(&gzip, &labels).unwrap();
        assert_ne!(fs::read(&plain).unwrap(), fs::read(&gzip).unwrap());
        assert_eq!(content_sha256(&plain).unwrap(), content_sha256(&gzip).unwrap());
    }

    #[test]
    fn verifying_tells_missing_wrong_and_unreadable_files_apart() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("train-labels-idx1-ubyte"), "abc").unwrap();
        fs::write(folder.path().join("t10k-images.idx3-ubyte"), [0x1f, 0x8b, 8]).unwrap();
        fs::create_dir(folder.path().join("t10k-labels-idx1-ubyte.gz")).unwrap();
        let found = verify(folder.path());
        assert!(found.iter().all(|status| !status.is_ok()));
        let stems: Vec<&str> = found.iter().map(FileStatus::stem).collect();
        assert_eq!(stems, FASHION_MNIST.map(|(stem, _)| stem));
        assert!(
            matches!(&found[0], FileStatus::Missing { looked_for, .. } if looked_for.len() == 4)
        );
        assert!(matches!(&found[1], FileStatus::Mismatch { found, content_of: None, .. }
            if found.starts_with("ba7816bf")));
        assert!(matches!(&found[2], FileStatus::Unreadable { error: Error::Gzip { .. }, .. }));
        assert!(matches!(&found[3], FileStatus::Unreadable { error: Error::NotAFile { .. }, .. }));
    }
}
