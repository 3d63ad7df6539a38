//! Smaller sets in which every class has its share.

use std::collections::BTreeMap;

use rand::Rng;
use rand::seq::SliceRandom;

use crate::{Error, ImageSet};

/// Draws `count` images without repetition, as evenly over the classes as the set allows.
///
/// The classes are the labels that occur in `set`. Each gives the same number of images; where
/// `count` is no multiple of the number of classes, classes drawn by `rng` give one more. A class
/// that has fewer gives all it has, and the others share the rest evenly: so any count up to the size
/// of the set can be met, and no class with images left gives fewer, by more than one, than any
/// other.
///
/// The result is in ascending order of the original index, and the same generator in the same state
/// draws the same images.
///
/// # Errors
/// [`Error::TooFewImages`] when `count` exceeds the size of the set.
pub fn balanced_subset<R: Rng + ?Sized>(
    set: &ImageSet,
    count: usize,
    rng: &mut R,
) -> Result<ImageSet, Error> {
    if count > set.len() {
        return Err(Error::TooFewImages { wanted: count, available: set.len() });
    }
    let mut classes = positions_by_class(set);
    // Shuffled, so that the classes that give one more are drawn, not always the first.
    classes.shuffle(rng);
    let quotas = quotas(&classes.iter().map(Vec::len).collect::<Vec<_>>(), count);
    let mut chosen = Vec::with_capacity(count);
    for (positions, quota) in classes.iter_mut().zip(quotas) {
        let (drawn, _) = positions.partial_shuffle(rng, quota);
        chosen.extend_from_slice(drawn);
    }
    chosen.sort_by_key(|&position| (set.index()[position], position));
    Ok(set.select(&chosen))
}

/// The places of every class's images, the classes in ascending order of their label.
fn positions_by_class(set: &ImageSet) -> Vec<Vec<usize>> {
    let mut classes: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for (position, &label) in set.labels().iter().enumerate() {
        classes.entry(label).or_default().push(position);
    }
    classes.into_values().collect()
}

/// How many images each class gives: `count` dealt one by one, round after round, to the classes
/// that have images left. `count` must not exceed the sum of `sizes`, or the dealing would not end.
fn quotas(sizes: &[usize], count: usize) -> Vec<usize> {
    let mut quotas = vec![0; sizes.len()];
    let mut left = count.min(sizes.iter().sum());
    while left > 0 {
        for (quota, &size) in quotas.iter_mut().zip(sizes) {
            if left > 0 && *quota < size {
                *quota += 1;
                left -= 1;
            }
        }
    }
    quotas
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::ImageShape;

    /// One pixel an image, which holds the image's index.
    fn set(labels: &[u8]) -> ImageSet {
        let pixels = (0..labels.len()).map(|i| i as u8).collect();
        ImageSet::new(ImageShape::grey(1, 1), pixels, labels.to_vec()).unwrap()
    }

    fn draw(set: &ImageSet, count: usize, seed: u64) -> ImageSet {
        balanced_subset(set, count, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
    }

    #[test]
    fn quotas_are_even_and_fill_up_from_classes_that_have_images_left() {
        assert_eq!(quotas(&[9, 9, 9], 6), [2, 2, 2]);
        assert_eq!(quotas(&[9, 9, 9], 8), [3, 3, 2]);
        assert_eq!(quotas(&[9, 1, 9], 8), [4, 1, 3]);
        assert_eq!(quotas(&[0, 2, 5], 7), [0, 2, 5]);
        assert_eq!(quotas(&[], 0), [0; 0]);
    }

    #[test]
    fn the_whole_set_comes_back_in_its_own_order() {
        let whole = set(&[5, 0, 5, 1, 0]);
        assert_eq!(draw(&whole, 5, 1), whole);
        assert_eq!(draw(&whole.select(&[3, 1, 4, 0, 2]), 5, 1), whole);
        assert!(draw(&whole, 0, 1).is_empty());
    }

    #[test]
    fn the_seed_decides() {
        let whole = set(&[0, 1].repeat(60));
        assert_eq!(draw(&whole, 20, 3), draw(&whole, 20, 3));
        assert_ne!(draw(&whole, 20, 3), draw(&whole, 20, 4));
    }

    #[test]
    fn rejects_more_images_than_there_are() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let error = balanced_subset(&set(&[0, 1]), 3, &mut rng).unwrap_err();
        assert!(matches!(error, Error::TooFewImages { wanted: 3, available: 2 }), "{error}");
    }

    /// Four of ten images from each of three classes, and one more from one class: every image is
    /// drawn with probability 13/30, and every class gets the extra with probability 1/3. Over 3,000
    /// seeds the bounds are five standard deviations wide.
    #[test]
    fn every_image_and_every_extra_is_equally_likely() {
        let whole = set(&[0, 1, 2].repeat(10));
        let (mut images, mut extras) = ([0_u32; 30], [0_u32; 3]);
        for seed in 0..3_000 {
            let subset = draw(&whole, 13, seed);
            subset.index().iter().for_each(|&i| images[i as usize] += 1);
            for class in 0..3_u8 {
                let given = subset.labels().iter().filter(|&&label| label == class).count();
                extras[usize::from(class)] += u32::from(given == 5);
            }
        }
        let (mean, deviation) = (1300.0, (3000.0_f64 * 13.0 / 30.0 * 17.0 / 30.0).sqrt());
        for count in images {
            assert!((f64::from(count) - mean).abs() < 5.0 * deviation, "{images:?}");
        }
        let deviation = (3000.0_f64 / 3.0 * 2.0 / 3.0).sqrt();
        for count in extras {
            assert!((f64::from(count) - 1000.0).abs() < 5.0 * deviation, "{extras:?}");
        }
    }
}
