//! Images, labels, and where each image came from.

use std::fmt;

use crate::{Error, Mask, Values, values};

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
/// Some of their values may be missing, and images may have keys, such as the names of their files.
///
/// The parts always have matching lengths, and no value is NaN or infinite; that is checked once,
/// where a set is made, so users of a set need not check again. A missing value is kept as 0,
/// whatever stood there: two sets that differ only in what is missing are the same.
#[derive(Clone, PartialEq)]
pub struct ImageSet {
    shape: ImageShape,
    values: Values,
    observed: Option<Mask>,
    labels: Vec<u8>,
    index: Vec<u32>,
    keys: Option<Vec<String>>,
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
        ImageSet::build(shape, Values::Bytes(pixels), labels, index)
    }

    /// A whole set of floats; NaN says that a value is missing.
    ///
    /// # Errors
    /// As [`ImageSet::new`], and [`Error::NotFinite`] for a value that is infinite.
    pub fn floats(shape: ImageShape, floats: Vec<f32>, labels: Vec<u8>) -> Result<Self, Error> {
        let (found, width) = (labels.len(), shape.pixels().max(1));
        let count = u32::try_from(found).map_err(|_| Error::TooManyImages { found })?;
        if let Some(place) = floats.iter().position(|value| value.is_infinite()) {
            return Err(Error::NotFinite { image: place / width, value: place % width });
        }
        let observed = floats.iter().map(|value| !value.is_nan()).collect();
        ImageSet::build(shape, Values::Floats(floats), labels, (0..count).collect())?
            .with_observed(Mask::new(shape, observed)?)
    }

    fn build(
        shape: ImageShape,
        values: Values,
        labels: Vec<u8>,
        index: Vec<u32>,
    ) -> Result<Self, Error> {
        if shape.pixels() == 0 {
            return Err(Error::Shape { shape, expected: "at least one pixel" });
        }
        check_length("pixels", labels.len().saturating_mul(shape.pixels()), values.len())?;
        check_length("indices", labels.len(), index.len())?;
        Ok(ImageSet { shape, values, observed: None, labels, index, keys: None })
    }

    /// The same set with fewer values: those stay that `mask` calls observed.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a mask of another size.
    pub fn with_observed(mut self, mask: Mask) -> Result<Self, Error> {
        check_length("flags of a mask", self.values.len(), mask.flags().len())?;
        let mask = match &self.observed {
            Some(observed) => observed.and(&mask)?,
            None => mask,
        };
        if !mask.is_complete() {
            self.values.clear_missing(mask.flags());
            self.observed = Some(mask);
        }
        Ok(self)
    }

    /// The same set with other pixels, one byte a value; what is missing stays so.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where there is not one byte a value.
    pub fn with_pixels(mut self, pixels: Vec<u8>) -> Result<Self, Error> {
        check_length("pixels", self.values.len(), pixels.len())?;
        self.values = Values::Bytes(pixels);
        if let Some(mask) = &self.observed {
            self.values.clear_missing(mask.flags());
        }
        Ok(self)
    }

    /// The same set with other class numbers.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where there is not one label an image.
    pub fn with_labels(mut self, labels: Vec<u8>) -> Result<Self, Error> {
        check_length("labels", self.labels.len(), labels.len())?;
        self.labels = labels;
        Ok(self)
    }

    /// The same set with a key an image, such as the name of its file.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where there is not one key an image.
    pub fn with_keys(mut self, keys: Vec<String>) -> Result<Self, Error> {
        check_length("keys", self.labels.len(), keys.len())?;
        self.keys = Some(keys);
        Ok(self)
    }

    /// The same images in colour, where they are grey and `channels` is 3; else as they are.
    #[must_use]
    pub fn with_channels(self, channels: usize) -> ImageSet {
        if self.shape.channels != 1 || channels != 3 {
            return self;
        }
        let width = self.shape.pixels();
        let planes: Vec<usize> = (0..self.len()).flat_map(|image| [image; 3]).collect();
        let flags = self.observed.map(|mask| values::select(mask.flags(), &planes, width));
        let shape = ImageShape { channels, ..self.shape };
        ImageSet {
            shape,
            values: self.values.select(&planes, width),
            observed: flags.and_then(|flags| Mask::new(shape, flags).ok()),
            ..self
        }
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
    /// When `i` is not below [`ImageSet::len`], as indexing a slice does, and as [`ImageSet::pixels`].
    pub fn image(&self, i: usize) -> &[u8] {
        let size = self.shape.pixels();
        &self.pixels()[i * size..(i + 1) * size]
    }

    /// All images of a set of bytes, one after another; 0 where a pixel is missing.
    ///
    /// # Panics
    /// Where the values are floats: [`ImageSet::values`] serves both.
    pub fn pixels(&self) -> &[u8] {
        match &self.values {
            Values::Bytes(bytes) => bytes,
            Values::Floats(_) => panic!("the pixels of this set are floats, not bytes"),
        }
    }

    /// All images, one after another; 0 where a value is missing.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Which values are observed; `None` where all are.
    pub fn observed(&self) -> Option<&Mask> {
        self.observed.as_ref()
    }

    /// Every image's key, such as the name of its file; `None` where images are known by their index.
    pub fn keys(&self) -> Option<&[String]> {
        self.keys.as_deref()
    }

    /// Image `i` as it is drawn, one byte a value: a float in [0, 1] becomes the nearest of 255 steps,
    /// and what is missing a middle grey.
    ///
    /// # Panics
    /// As [`ImageSet::image`] for an index.
    pub fn drawn(&self, i: usize) -> Vec<u8> {
        let size = self.shape.pixels();
        let range = i * size..(i + 1) * size;
        let mut drawn: Vec<u8> = match &self.values {
            Values::Bytes(bytes) => bytes[range].to_vec(),
            Values::Floats(floats) => {
                // The conversion saturates.
                floats[range].iter().map(|value| (value * 255.0).round() as u8).collect()
            }
        };
        if let Some(mask) = &self.observed {
            let missing = drawn.iter_mut().zip(mask.image(i)).filter(|(_, observed)| !**observed);
            missing.for_each(|(value, _)| *value = 127);
        }
        drawn
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
        let observed = self.observed.as_ref().map(|mask| mask.select(positions));
        let keys = self.keys.as_ref();
        ImageSet {
            shape: self.shape,
            values: self.values.select(positions, self.shape.pixels()),
            observed: observed.filter(|mask| !mask.is_complete()),
            labels: positions.iter().map(|&i| self.labels[i]).collect(),
            index: positions.iter().map(|&i| self.index[i]).collect(),
            keys: keys.map(|keys| positions.iter().map(|&i| keys[i].clone()).collect()),
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

    /// What a missing value holds is lost, and everything stays with its image.
    #[test]
    fn what_is_missing_is_nothing_at_all() {
        let shape = ImageShape::grey(1, 2);
        let mask = |flags: &[bool]| Mask::new(shape, flags.to_vec()).unwrap();
        let made = |hidden: u8| {
            let set = ImageSet::new(shape, vec![0, hidden, 10, 11], vec![7, 8]).unwrap();
            let keys = vec!["a.png".to_owned(), "b.png".to_owned()];
            set.with_observed(mask(&[true, false, true, true])).unwrap().with_keys(keys).unwrap()
        };
        let set = made(1);
        assert_eq!(set, made(200));
        assert_eq!((set.pixels(), set.drawn(0)), (&[0, 0, 10, 11][..], vec![0, 127]));
        let turned = set.select(&[1, 0]);
        assert_eq!(turned.observed().unwrap().flags(), [true, true, true, false]);
        assert_eq!(turned.keys().unwrap(), ["b.png", "a.png"]);
        assert!(set.select(&[1]).observed().is_none(), "nothing is missing there");
        let less = set.with_observed(mask(&[true, true, false, true])).unwrap();
        assert_eq!(less.observed().unwrap().flags(), [true, false, false, true]);
        assert_eq!(less.pixels(), [0, 0, 0, 11]);
    }

    #[test]
    fn a_nan_is_missing_and_infinity_is_an_error() {
        let shape = ImageShape::grey(1, 2);
        let floats = |values: &[f32]| ImageSet::floats(shape, values.to_vec(), vec![0, 0]);
        let set = floats(&[0.5, f32::NAN, 1.0, 2.0]).unwrap();
        assert_eq!(*set.values(), Values::Floats(vec![0.5, 0.0, 1.0, 2.0]));
        assert_eq!(set.observed().unwrap().flags(), [true, false, true, true]);
        assert_eq!((set.drawn(0), set.drawn(1)), (vec![128, 127], vec![255, 255]));
        assert!(floats(&[0.5, -1.0, 1.0, 2.0]).unwrap().observed().is_none());
        let error = floats(&[0.5, 0.0, 1.0, f32::INFINITY]).unwrap_err();
        assert!(matches!(error, Error::NotFinite { image: 1, value: 1 }), "{error}");
    }

    #[test]
    fn grey_becomes_colour_plane_by_plane() {
        let set = ImageSet::new(ImageShape::grey(1, 2), vec![0, 1, 10, 11], vec![7, 8]).unwrap();
        let mask = Mask::new(set.shape(), vec![true, true, false, true]).unwrap();
        let colour = set.with_observed(mask).unwrap().with_channels(3);
        assert_eq!(colour.shape(), ImageShape { channels: 3, height: 1, width: 2 });
        assert_eq!(colour.pixels(), [0, 1, 0, 1, 0, 1, 0, 11, 0, 11, 0, 11]);
        assert_eq!(colour.observed().unwrap().image(1), [false, true].repeat(3));
        assert_eq!(colour.clone().with_channels(1), colour);
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
