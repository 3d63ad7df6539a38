//! Which values of a set were observed.

use std::fmt;

use rand::Rng;

use crate::values::select;
use crate::{Error, ImageShape};

/// One flag for each value of a set, images one after another: whether it was observed.
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    observed: Vec<bool>,
    /// Values of one image.
    width: usize,
}

impl Mask {
    /// The flags `observed` of images of `shape`.
    ///
    /// # Errors
    /// [`Error::Shape`] for a shape without pixels, [`Error::Inconsistent`] where the last image is
    /// incomplete.
    pub fn new(shape: ImageShape, observed: Vec<bool>) -> Result<Mask, Error> {
        let width = shape.pixels();
        if width == 0 {
            return Err(Error::Shape { shape, expected: "at least one pixel" });
        }
        let (found, expected) = (observed.len(), observed.len().next_multiple_of(width));
        if found != expected {
            return Err(Error::Inconsistent { part: "flags of a mask", expected, found });
        }
        Ok(Mask { observed, width })
    }

    /// Missing completely at random: a pixel of each of `images` images is kept where a number drawn
    /// uniformly from [0, 1) is not below `ratio`. All channels of a pixel are kept or none.
    ///
    /// # Errors
    /// [`Error::Shape`] for a shape without pixels, [`Error::MaskSize`] for a ratio outside [0, 1].
    pub fn at_random<R: Rng + ?Sized>(
        images: usize,
        shape: ImageShape,
        ratio: f64,
        rng: &mut R,
    ) -> Result<Mask, Error> {
        if !(0.0..=1.0).contains(&ratio) {
            let (what, expected) = ("ratio", "from 0 to 1".to_owned());
            return Err(Error::MaskSize { what, expected, found: ratio.to_string() });
        }
        let area = shape.height * shape.width;
        let mut observed = Vec::with_capacity(images * shape.pixels());
        for _ in 0..images {
            let kept: Vec<bool> = (0..area).map(|_| rng.random::<f64>() >= ratio).collect();
            (0..shape.channels).for_each(|_| observed.extend_from_slice(&kept));
        }
        Mask::new(shape, observed)
    }

    /// Missing blocks: `count` rectangles of `height` × `width` pixels of each image are missing, in all
    /// channels, each where chance puts it, whole within the image. They may overlap.
    ///
    /// # Errors
    /// [`Error::Shape`] for a shape without pixels, [`Error::MaskSize`] for a rectangle without pixels or
    /// larger than the image.
    pub fn blocks<R: Rng + ?Sized>(
        images: usize,
        shape: ImageShape,
        [height, width]: [usize; 2],
        count: usize,
        rng: &mut R,
    ) -> Result<Mask, Error> {
        if !(1..=shape.height).contains(&height) || !(1..=shape.width).contains(&width) {
            return Err(Error::MaskSize {
                what: "block",
                expected: format!("1 × 1 to {} × {}", shape.height, shape.width),
                found: format!("{height} × {width}"),
            });
        }
        let mut observed = Vec::with_capacity(images * shape.pixels());
        for _ in 0..images {
            let mut kept = vec![true; shape.height * shape.width];
            for _ in 0..count {
                let top = rng.random_range(0..=shape.height - height);
                let left = rng.random_range(0..=shape.width - width);
                for line in kept.chunks_exact_mut(shape.width).skip(top).take(height) {
                    line[left..left + width].fill(false);
                }
            }
            (0..shape.channels).for_each(|_| observed.extend_from_slice(&kept));
        }
        Mask::new(shape, observed)
    }

    /// Takes each pixel of `channels` values away with probability `ratio`, as far as it is observed: what
    /// is left, and what was taken. One channel would tell of another.
    #[must_use]
    pub fn hide<R: Rng + ?Sized>(&self, channels: usize, ratio: f64, rng: &mut R) -> (Mask, Mask) {
        let area = self.width / channels.max(1);
        let mut taken: Vec<bool> = Vec::with_capacity(self.observed.len());
        for _ in 0..self.images() {
            let pixels: Vec<bool> = (0..area).map(|_| rng.random::<f64>() < ratio).collect();
            taken.extend(pixels.iter().cycle().take(self.width));
        }
        let hidden = self.observed.iter().zip(taken);
        let hidden: Vec<bool> = hidden.map(|(&observed, taken)| observed && taken).collect();
        let left =
            self.observed.iter().zip(&hidden).map(|(&observed, &hidden)| observed && !hidden);
        let left = Mask { observed: left.collect(), width: self.width };
        (left, Mask { observed: hidden, width: self.width })
    }

    /// What both masks call observed.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for masks of different sizes.
    pub fn and(&self, other: &Mask) -> Result<Mask, Error> {
        let (expected, found) = (self.observed.len(), other.observed.len());
        if expected != found || self.width != other.width {
            return Err(Error::Inconsistent { part: "flags of a mask", expected, found });
        }
        let both = self.observed.iter().zip(&other.observed).map(|(&one, &other)| one && other);
        Ok(Mask { observed: both.collect(), width: self.width })
    }

    /// Everything else: what is missing here is observed there.
    #[must_use]
    pub fn inverted(&self) -> Mask {
        let observed = self.observed.iter().map(|observed| !observed).collect();
        Mask { observed, width: self.width }
    }

    /// All flags, images one after another.
    pub fn flags(&self) -> &[bool] {
        &self.observed
    }

    /// The flags of image `i`, in the order channel, row, column.
    ///
    /// # Panics
    /// When `i` is not below [`Mask::images`], as indexing a slice does.
    pub fn image(&self, i: usize) -> &[bool] {
        &self.observed[i * self.width..(i + 1) * self.width]
    }

    /// Number of images.
    pub fn images(&self) -> usize {
        self.observed.len() / self.width
    }

    /// Number of observed values.
    pub fn count(&self) -> usize {
        self.observed.iter().filter(|observed| **observed).count()
    }

    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.observed.iter().all(|observed| *observed)
    }

    /// The flags of the images at `positions`, in that order.
    ///
    /// # Panics
    /// When a position is not below [`Mask::images`], as indexing a slice does.
    #[must_use]
    pub fn select(&self, positions: &[usize]) -> Mask {
        Mask { observed: select(&self.observed, positions, self.width), width: self.width }
    }
}

/// Sizes only.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (images, width) = (self.images(), self.width);
        write!(f, "Mask {{ {images} × {width}, {} observed }}", self.count())
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const COLOUR: ImageShape = ImageShape { channels: 3, height: 20, width: 30 };

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(1)
    }

    /// 60,000 pixels: five standard deviations of the share are below 0.011.
    #[test]
    fn the_ratio_is_the_share_that_is_missing() {
        for ratio in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let mask = Mask::at_random(100, COLOUR, ratio, &mut rng()).unwrap();
            let missing = 1.0 - mask.count() as f64 / mask.flags().len() as f64;
            assert!((missing - ratio).abs() < 0.011, "{missing}, not {ratio}");
            assert_eq!(mask.is_complete(), ratio == 0.0);
        }
    }

    #[test]
    fn a_pixel_loses_all_its_channels_and_images_differ() {
        let mask = Mask::at_random(2, COLOUR, 0.5, &mut rng()).unwrap();
        let channels: Vec<_> = mask.image(0).chunks_exact(600).collect();
        assert!(channels[0] == channels[1] && channels[1] == channels[2]);
        assert_ne!(mask.image(0), mask.image(1));
        assert_eq!(mask, Mask::at_random(2, COLOUR, 0.5, &mut rng()).unwrap());
    }

    #[test]
    fn a_block_is_a_rectangle_within_the_image() {
        let mask = Mask::blocks(50, COLOUR, [4, 7], 1, &mut rng()).unwrap();
        let mut tops = Vec::new();
        for image in 0..50 {
            let missing: Vec<usize> = (0..600).filter(|&pixel| !mask.image(image)[pixel]).collect();
            let (top, left) = (missing[0] / 30, missing[0] % 30);
            let expected: Vec<usize> =
                (top..top + 4).flat_map(|y| (left..left + 7).map(move |x| y * 30 + x)).collect();
            assert_eq!(missing, expected);
            tops.push(top);
        }
        assert!(tops.contains(&0) && tops.contains(&16), "every place is possible: {tops:?}");
        assert_eq!(Mask::blocks(1, COLOUR, [20, 30], 1, &mut rng()).unwrap().count(), 0);
        for size in [[0, 1], [21, 1], [1, 31]] {
            let error = Mask::blocks(1, COLOUR, size, 1, &mut rng()).unwrap_err();
            assert!(matches!(error, Error::MaskSize { what: "block", .. }), "{error}");
        }
    }

    #[test]
    fn what_is_hidden_was_observed_and_is_gone() {
        let mask = Mask::at_random(20, COLOUR, 0.3, &mut rng()).unwrap();
        let (left, hidden) = mask.hide(3, 0.1, &mut ChaCha8Rng::seed_from_u64(2));
        assert_eq!(left.count() + hidden.count(), mask.count());
        assert_eq!(left.and(&hidden).unwrap().count(), 0);
        assert_eq!(mask.and(&hidden).unwrap(), hidden);
        // 8,400 observed pixels: five standard deviations are 0.0164.
        let share = hidden.count() as f64 / mask.count() as f64;
        assert!((share - 0.1).abs() < 0.0164, "{share}");
        let channels: Vec<_> = hidden.image(3).chunks_exact(600).collect();
        assert!(channels[0] == channels[1] && channels[1] == channels[2]);
    }

    #[test]
    fn rejects_what_is_no_mask() {
        let shape = ImageShape::grey(2, 2);
        assert!(matches!(
            Mask::new(shape, vec![true; 7]),
            Err(Error::Inconsistent { expected: 8, found: 7, .. })
        ));
        let one = Mask::new(shape, vec![true, false, true, true]).unwrap();
        assert_eq!(one.inverted().flags(), [false, true, false, false]);
        assert!(one.and(&Mask::new(shape, vec![true; 8]).unwrap()).is_err());
        for ratio in [-0.1, 1.1, f64::NAN] {
            assert!(Mask::at_random(1, shape, ratio, &mut rng()).is_err());
        }
    }
}
