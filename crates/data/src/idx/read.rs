//! Reading IDX files that nobody vouches for.

use std::path::Path;

use super::header::{self, Kind};
use crate::source::Source;
use crate::{Error, ImageShape};

/// The images of an IDX file, which come without labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxImages {
    count: usize,
    shape: ImageShape,
    pixels: Vec<u8>,
}

impl IdxImages {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the file is a valid one without images.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Size of every image; one channel.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// All images, one after another, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels, to be kept.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

/// Reads a file of images, `[N, height, width]` unsigned bytes, plain or gzip.
///
/// Gzip is recognised by its content. No more memory is set aside than the file can fill, and no
/// more is decompressed than one byte beyond what the header promises.
///
/// # Errors
/// Everything that is not exactly such a file: [`Error::Missing`], [`Error::NotAFile`],
/// [`Error::Read`], [`Error::Empty`], [`Error::Gzip`], [`Error::Format`] (magic number, element
/// type, number of dimensions, a side of zero), [`Error::Swapped`] (labels), [`Error::TooLarge`],
/// [`Error::Truncated`], [`Error::TrailingBytes`].
pub fn read_idx_images(path: impl AsRef<Path>) -> Result<IdxImages, Error> {
    let (sizes, pixels) = read(path.as_ref(), Kind::Images)?;
    Ok(IdxImages { count: sizes[0], shape: ImageShape::grey(sizes[1], sizes[2]), pixels })
}

/// Reads a file of labels, `[N]` unsigned bytes, plain or gzip. The labels are not checked against a
/// number of classes: see [`check_labels`](crate::check_labels).
///
/// # Errors
/// As [`read_idx_images`], with [`Error::Swapped`] for images.
pub fn read_idx_labels(path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
    read(path.as_ref(), Kind::Labels).map(|(_, labels)| labels)
}

/// The sizes, one for each of the kind's dimensions, and the bytes.
fn read(path: &Path, kind: Kind) -> Result<(Vec<usize>, Vec<u8>), Error> {
    let mut source = Source::open(path)?;
    let header = header::read(&mut source, kind)?;
    let expected = source.consumed() + header.elements;
    // One byte more than promised, so that a file that goes on is noticed, and so that a gzip stream
    // is read to its end, where its checksum is.
    let bytes = source.read_at_most(header.elements + 1)?;
    let path = path.to_owned();
    if (bytes.len() as u64) < header.elements {
        return Err(Error::Truncated { path, expected, found: source.consumed() });
    }
    if bytes.len() as u64 > header.elements {
        return Err(Error::TrailingBytes { path, expected });
    }
    Ok((header.sizes.into_iter().map(|size| size as usize).collect(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_bytes_of_the_format_description() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("images");
        let header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3];
        std::fs::write(&path, [&header[..], &[1, 2, 3, 4, 5, 255]].concat()).unwrap();
        let images = read_idx_images(&path).unwrap();
        assert_eq!((images.len(), images.shape()), (2, ImageShape::grey(1, 3)));
        assert_eq!(images.pixels(), [1, 2, 3, 4, 5, 255]);

        let path = folder.path().join("labels");
        std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 2, 9, 0]).unwrap();
        assert_eq!(read_idx_labels(&path).unwrap(), [9, 0]);
    }

    #[test]
    fn a_file_that_promises_nothing_and_holds_nothing_is_valid() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 0]).unwrap();
        assert!(read_idx_labels(&path).unwrap().is_empty());
    }
}
