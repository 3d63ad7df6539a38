//! The four files of Fashion-MNIST, and the checks that they are what they claim to be.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

/// One of the four files, decompressed.
#[derive(Debug)]
pub struct DataFile {
    /// Its name, without `.gz`.
    pub name: &'static str,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: &'static str,
}

/// A set of files to check a folder against; the tests have smaller ones.
pub type Set = &'static [DataFile];

/// Fashion-MNIST as its authors published it (Xiao, Rasul and Vollgraf, 2017). Compressed files
/// differ between mirrors, so the sums are those of the decompressed ones.
pub const FASHION_MNIST: Set = &[
    DataFile {
        name: "train-images-idx3-ubyte",
        bytes: 47_040_016,
        sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    },
    DataFile {
        name: "train-labels-idx1-ubyte",
        bytes: 60_008,
        sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    },
    DataFile {
        name: "t10k-images-idx3-ubyte",
        bytes: 7_840_016,
        sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    },
    DataFile {
        name: "t10k-labels-idx1-ubyte",
        bytes: 10_008,
        sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
];

/// What is wrong with one file of a folder.
#[derive(Debug)]
pub enum Fault {
    /// Neither the plain nor the compressed file is there.
    Missing,
    /// It cannot be read or decompressed.
    Unreadable(io::Error),
    /// It is another file, or a damaged one.
    Differs {
        /// What its SHA-256 should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("is missing (plain or .gz)"),
            Self::Unreadable(error) => write!(formatter, "cannot be read ({error})"),
            Self::Differs { expected, found } => {
                write!(formatter, "has SHA-256 {found} where {expected} was expected")
            }
        }
    }
}

impl DataFile {
    /// Where the file lies in a folder: plain or compressed, under its own name or with a dot in
    /// place of the last hyphen but one. The program looks for the same names in the same order.
    pub fn find(&self, folder: &Path) -> Option<PathBuf> {
        let stems = [self.name.to_owned(), self.name.replacen("-idx", ".idx", 1)];
        let names = stems.into_iter().flat_map(|stem| [stem.clone(), stem + ".gz"]);
        names.map(|name| folder.join(name)).find(|path| path.is_file())
    }

    /// Checks the file in a folder.
    fn check(&self, folder: &Path) -> Result<(), Fault> {
        self.read(folder, &mut io::sink())
    }

    /// Writes the decompressed file into a folder, checking it on the way.
    fn unpack(&self, from: &Path, to: &Path) -> Result<(), Fault> {
        let written = File::create(to.join(self.name)).and_then(|mut file| {
            let checked = self.read(from, &mut file);
            file.sync_all().map(|()| checked)
        });
        written.map_err(Fault::Unreadable)?
    }

    fn read(&self, folder: &Path, copy: &mut dyn Write) -> Result<(), Fault> {
        let path = self.find(folder).ok_or(Fault::Missing)?;
        let found = File::open(&path)
            .and_then(|file| {
                let is_gzip = path.extension().is_some_and(|end| end == "gz");
                let reader: Box<dyn Read> =
                    if is_gzip { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
                // One byte more than the file has is enough to see that it differs; a compressed
                // file that never ends is not followed.
                sum(&mut reader.take(self.bytes + 1), copy)
            })
            .map_err(Fault::Unreadable)?;
        if found == self.sha256 {
            return Ok(());
        }
        Err(Fault::Differs { expected: self.sha256, found })
    }
}

/// Copies everything and returns its SHA-256 in hexadecimal digits.
fn sum(reader: &mut dyn Read, copy: &mut dyn Write) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        digest.update(&buffer[..read]);
        copy.write_all(&buffer[..read])?;
    }
}

/// Checks all files of a set in a folder; the error lists every fault, one a line.
pub fn check(set: Set, folder: &Path) -> Result<(), String> {
    each(set, |file| file.check(folder))
}

/// Writes all files of a set, decompressed and checked, into a folder.
pub fn unpack(set: Set, from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| format!("cannot make {} ({error})", to.display()))?;
    each(set, |file| file.unpack(from, to))
}

fn each(set: Set, act: impl Fn(&DataFile) -> Result<(), Fault>) -> Result<(), String> {
    let faults: Vec<String> = set
        .iter()
        .filter_map(|file| act(file).err().map(|fault| format!("{} {fault}", file.name)))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// Two small files with their right sums, for the tests.
#[cfg(test)]
pub const EXAMPLE: Set = &[
    // printf abc | sha256sum (the standard's own example, FIPS 180-4).
    DataFile {
        name: "train-images-idx3-ubyte",
        bytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    },
    // sha256sum of an empty file.
    DataFile {
        name: "train-labels-idx1-ubyte",
        bytes: 0,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    },
];

/// Compresses a text, for the tests.
#[cfg(test)]
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn checked(images: (&str, &[u8])) -> Result<(), String> {
        let machine = Machine::new();
        machine.write(&format!("d/{}", images.0), images.1);
        machine.write("d/train-labels-idx1-ubyte", "");
        check(EXAMPLE, &machine.path("d"))
    }

    #[test]
    fn plain_and_compressed_files_are_checked_alike() {
        checked(("train-images-idx3-ubyte", b"abc")).unwrap();
        checked(("train-images-idx3-ubyte.gz", &gzip(b"abc"))).unwrap();
    }

    #[test]
    fn a_dot_may_stand_before_idx_as_the_program_allows() {
        checked(("train-images.idx3-ubyte", b"abc")).unwrap();
        checked(("train-images.idx3-ubyte.gz", &gzip(b"abc"))).unwrap();
        let machine = Machine::new();
        for name in ["train-images.idx3-ubyte", "train-images-idx3-ubyte.gz"] {
            machine.write(&format!("d/{name}"), "");
        }
        let found = EXAMPLE[0].find(&machine.path("d")).unwrap();
        assert!(found.ends_with("train-images-idx3-ubyte.gz"), "{found:?}");
    }

    #[test]
    fn rejects_a_corrupted_file() {
        let error = checked(("train-images-idx3-ubyte", b"abd")).unwrap_err();
        assert!(error.contains("train-images-idx3-ubyte has SHA-256 a52d159f"), "{error}");
    }

    #[test]
    fn rejects_a_file_that_is_too_short_or_too_long() {
        assert!(checked(("train-images-idx3-ubyte", b"ab")).is_err());
        assert!(checked(("train-images-idx3-ubyte", b"abcd")).is_err());
        assert!(checked(("train-images-idx3-ubyte.gz", &gzip(b"abcdefgh"))).is_err());
    }

    #[test]
    fn rejects_a_half_fetched_compressed_file() {
        let whole = gzip(b"abc");
        let error = checked(("train-images-idx3-ubyte.gz", &whole[..whole.len() - 9])).unwrap_err();
        assert!(error.contains("train-images-idx3-ubyte"), "{error}");
    }

    #[test]
    fn every_fault_is_listed() {
        let error = check(EXAMPLE, Path::new("/nowhere")).unwrap_err();
        for file in EXAMPLE {
            assert!(error.contains(&format!("{} is missing", file.name)), "{error}");
        }
    }

    #[test]
    fn unpacking_writes_plain_files() {
        let machine = Machine::new();
        machine.write("d/train-images-idx3-ubyte.gz", gzip(b"abc"));
        machine.write("d/train-labels-idx1-ubyte.gz", gzip(b""));
        unpack(EXAMPLE, &machine.path("d"), &machine.path("out")).unwrap();
        assert_eq!(fs::read(machine.path("out/train-images-idx3-ubyte")).unwrap(), b"abc");
        check(EXAMPLE, &machine.path("out")).unwrap();
    }
}
