//! Writing IDX files whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};

use super::header::{Kind, UNSIGNED_BYTE};
use crate::{Error, ImageSet, Values};

/// Writes a set's images, `[N, height, width]`: gzip if the name ends in `.gz`, else plain.
///
/// The file appears under its name only when it is whole. The same set gives the same bytes every
/// time: the gzip header holds neither a time nor a name.
///
/// # Errors
/// [`Error::Shape`] for more than one channel, floats, or sides beyond 32 bits,
/// [`Error::TooManyImages`] beyond 32 bits, [`Error::Write`] when the file cannot be written.
pub fn write_idx_images(path: impl AsRef<Path>, set: &ImageSet) -> Result<(), Error> {
    let shape = set.shape();
    if shape.channels != 1 {
        return Err(Error::Shape { shape, expected: "one channel: IDX images have no more" });
    }
    let Values::Bytes(pixels) = set.values() else {
        return Err(Error::Shape { shape, expected: "bytes: the images of this set are floats" });
    };
    let side = |n: usize| {
        u32::try_from(n).map_err(|_| Error::Shape { shape, expected: "sides of at most 32 bits" })
    };
    let sizes = [count(set.len())?, side(shape.height)?, side(shape.width)?];
    write(path.as_ref(), Kind::Images, &sizes, pixels)
}

/// Writes labels, `[N]`: gzip if the name ends in `.gz`, else plain; whole or not at all.
///
/// # Errors
/// [`Error::TooManyImages`] beyond 32 bits, [`Error::Write`] when the file cannot be written.
pub fn write_idx_labels(path: impl AsRef<Path>, labels: &[u8]) -> Result<(), Error> {
    write(path.as_ref(), Kind::Labels, &[count(labels.len())?], labels)
}

fn count(found: usize) -> Result<u32, Error> {
    u32::try_from(found).map_err(|_| Error::TooManyImages { found })
}

fn write(path: &Path, kind: Kind, sizes: &[u32], bytes: &[u8]) -> Result<(), Error> {
    let partial = partial_name(path);
    let written = write_file(&partial, path, kind, sizes, bytes);
    written.and_then(|()| fs::rename(&partial, path)).map_err(|e| {
        // Best effort: the write's own error is the one to report.
        let _ = fs::remove_file(&partial);
        Error::write(path, e)
    })
}

/// A name beside `path`, so that the rename stays on one disk. The process number keeps two
/// programs that write the same file apart.
fn partial_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

fn write_file(
    partial: &Path,
    path: &Path,
    kind: Kind,
    sizes: &[u32],
    bytes: &[u8],
) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(partial)?);
    if path.extension().is_some_and(|e| e == "gz") {
        let mut gzip = GzBuilder::new().mtime(0).write(&mut file, Compression::best());
        write_content(&mut gzip, kind, sizes, bytes)?;
        gzip.finish()?;
    } else {
        write_content(&mut file, kind, sizes, bytes)?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn write_content(out: &mut impl Write, kind: Kind, sizes: &[u32], bytes: &[u8]) -> io::Result<()> {
    out.write_all(&[0, 0, UNSIGNED_BYTE, kind.dimensions()])?;
    for size in sizes {
        out.write_all(&size.to_be_bytes())?;
    }
    out.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageShape, read_idx_labels};

    #[test]
    fn writes_the_bytes_of_the_format_description() {
        let folder = tempfile::tempdir().unwrap();
        let set =
            ImageSet::new(ImageShape::grey(1, 3), vec![1, 2, 3, 4, 5, 6], vec![0, 1]).unwrap();
        let path = folder.path().join("images");
        write_idx_images(&path, &set).unwrap();
        let header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3];
        assert_eq!(fs::read(&path).unwrap(), [&header[..], &[1, 2, 3, 4, 5, 6]].concat());
    }

    #[test]
    fn gzip_by_name_and_the_same_bytes_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one.gz", "two.gz"].map(|name| folder.path().join(name));
        write_idx_labels(&one, &[3; 100]).unwrap();
        write_idx_labels(&two, &[3; 100]).unwrap();
        let bytes = fs::read(&one).unwrap();
        assert_eq!(bytes, fs::read(&two).unwrap());
        // RFC 1952: no flags, so no name; a time of zero, so none.
        assert_eq!(bytes[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(read_idx_labels(&one).unwrap(), [3; 100]);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind_and_nothing_lost() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inside"), "kept").unwrap();
        let error = write_idx_labels(&taken, &[1]).unwrap_err();
        assert!(matches!(error, Error::Write { .. }), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(taken.join("inside")).unwrap(), "kept");
    }

    #[test]
    fn rejects_colour_images() {
        let shape = ImageShape { channels: 3, height: 1, width: 1 };
        let set = ImageSet::new(shape, vec![0; 3], vec![0]).unwrap();
        let error = write_idx_images("unused", &set).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
}
