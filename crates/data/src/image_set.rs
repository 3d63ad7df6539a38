//! Images, labels, and where each image came from.

use std::fmt;

use crate::Error;

/// Size of every image of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageShape {
    /// Colour channels: 1 for grey. The readers know no other.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
}

impl ImageShape {
    /// MNIST's and Fashion-MNIST's images: grey, 28 × 28.
    pub const MNIST: ImageShape = ImageShape::grey(28, 28);

    /// One channel, `height` × `width`.
    pub const fn grey(height: usize, width: usize) -> Self {
        ImageShape { channels: 1, height, width }
    }

    /// Bytes of one image: channels × height × width. A product beyond `usize` gives `usize::MAX`,
    /// which no image in memory can have.
    pub const fn pixels(&self) -> usize {
        self.channels.saturating_mul(self.height).saturating_mul(self.width)
    }
}

/// `1 × 28 × 28`: channels, height, width.
impl fmt::Display for ImageShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} × {}", self.channels, self.height, self.width)
    }
}

/// N images of one shape, with their labels and their indices in the set they were first read from.
///
/// The parts always have matching lengths; that is checked once, in [`ImageSet::new`] and
/// [`ImageSet::with_index`], so users of a set need not check again.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageSet {
    shape: ImageShape,
    pixels: Vec<u8>,
    labels: Vec<u8>,
    index: Vec<u32>,
}

impl ImageSet {
    /// A whole set: image `i` gets the index `i`.
    ///
    /// `pixels` holds the images one after another, each in the order channel, row, column, with
    /// values from 0 to 255; `labels` one class number an image.
    ///
    /// # Errors
    /// [`Error::Shape`] for a shape with a side of zero, [`Error::Inconsistent`] when `pixels` does
    /// not hold one image a label, [`Error::TooManyImages`] beyond 32-bit indices.
    pub fn new(shape: ImageShape, pixels: Vec<u8>, labels: Vec<u8>) -> Result<Self, Error> {
        let found = labels.len();
        let count = u32::try_from(found).map_err(|_| Error::TooManyImages { found })?;
        ImageSet::with_index(shape, pixels, labels, (0..count).collect())
    }

    /// A set whose images have the given indices in their original set.
    ///
    /// # Errors
    /// [`Error::Shape`] for a shape with a side of zero, [`Error::Inconsistent`] when `pixels` does
    /// not hold one image a label, or `index` not one number a label.
    pub fn with_index(
        shape: ImageShape,
        pixels: Vec<u8>,
        labels: Vec<u8>,
        index: Vec<u32>,
    ) -> Result<Self, Error> {
        if shape.pixels() == 0 {
            return Err(Error::Shape { shape, expected: "at least one pixel" });
        }
        check_length("pixels", labels.len().saturating_mul(shape.pixels()), pixels.len())?;
        check_length("indices", labels.len(), index.len())?;
        Ok(ImageSet { shape, pixels, labels, index })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Size of every image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Image `i` of this set, [`ImageShape::pixels`] bytes in the order channel, row, column.
    ///
    /// # Panics
    /// When `i` is not below [`ImageSet::len`], as indexing a slice does.
    pub fn image(&self, i: usize) -> &[u8] {
        let size = self.shape.pixels();
        &self.pixels[i * size..(i + 1) * size]
    }

    /// All images, one after another.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The class number of every image.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The index that every image has in the set it was first read from, from 0.
    pub fn index(&self) -> &[u32] {
        &self.index
    }

    /// The images at `positions` of this set, in that order; each keeps its original index.
    ///
    /// # Panics
    /// When a position is not below [`ImageSet::len`], as indexing a slice does.
    pub fn select(&self, positions: &[usize]) -> ImageSet {
        let mut pixels = Vec::with_capacity(positions.len() * self.shape.pixels());
        for &i in positions {
            pixels.extend_from_slice(self.image(i));
        }
        ImageSet {
            shape: self.shape,
            pixels,
            labels: positions.iter().map(|&i| self.labels[i]).collect(),
            index: positions.iter().map(|&i| self.index[i]).collect(),
        }
    }
}

/// Sizes only: nobody reads forty million pixels in a log.
impl fmt::Debug for ImageSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageSet")
            .field("shape", &self.shape)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

fn check_length(part: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Inconsistent { part, expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three images of 1 × 2 pixels.
    fn three() -> ImageSet {
        ImageSet::new(ImageShape::grey(1, 2), vec![0, 1, 10, 11, 20, 21], vec![7, 8, 9]).unwrap()
    }

    #[test]
    fn images_labels_and_indices_belong_together() {
        let set = three();
        assert_eq!(set.len(), 3);
        assert!(!set.is_empty());
        assert_eq!(set.image(1), [10, 11]);
        assert_eq!(set.labels(), [7, 8, 9]);
        assert_eq!(set.index(), [0, 1, 2]);
        assert_eq!(set.shape().to_string(), "1 × 1 × 2");
    }

    #[test]
    fn selecting_twice_keeps_the_original_index() {
        let once = three().select(&[2, 0, 2]);
        assert_eq!(once.pixels(), [20, 21, 0, 1, 20, 21]);
        assert_eq!(once.labels(), [9, 7, 9]);
        assert_eq!(once.index(), [2, 0, 2]);
        let twice = once.select(&[1]);
        assert_eq!((twice.image(0), twice.index()), (&[0, 1][..], &[0][..]));
        assert!(once.select(&[]).is_empty());
    }

    #[test]
    fn rejects_parts_of_different_lengths() {
        let shape = ImageShape::grey(1, 2);
        let pixels = ImageSet::new(shape, vec![0; 5], vec![0; 3]);
        assert!(matches!(
            pixels,
            Err(Error::Inconsistent { part: "pixels", expected: 6, found: 5 })
        ));
        let index = ImageSet::with_index(shape, vec![0; 6], vec![0; 3], vec![0; 2]);
        assert!(matches!(
            index,
            Err(Error::Inconsistent { part: "indices", expected: 3, found: 2 })
        ));
    }

    #[test]
    fn rejects_shapes_without_pixels_and_beyond_memory() {
        let flat = ImageSet::new(ImageShape::grey(0, 28), vec![], vec![0]);
        assert!(matches!(flat, Err(Error::Shape { .. })));
        let vast = ImageShape { channels: 1, height: usize::MAX, width: 2 };
        assert!(matches!(ImageSet::new(vast, vec![], vec![0, 0]), Err(Error::Inconsistent { .. })));
    }
}
