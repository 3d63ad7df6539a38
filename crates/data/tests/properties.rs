//! What must hold for every file and every set, tried on random ones.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use autodecoder_data::{
    ImageSet, ImageShape, balanced_subset, read_csv, read_idx_images, read_idx_labels,
    write_idx_images, write_idx_labels,
};
use proptest::collection::vec;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Up to 12 images of up to 4 × 4 pixels, with labels of any value.
fn small_set() -> impl Strategy<Value = ImageSet> {
    (0..12_usize, 1..5_usize, 1..5_usize).prop_flat_map(|(count, height, width)| {
        (vec(any::<u8>(), count * height * width), vec(any::<u8>(), count)).prop_map(
            move |(pixels, labels)| {
                ImageSet::new(ImageShape::grey(height, width), pixels, labels).unwrap()
            },
        )
    })
}

/// Up to 60 images of one pixel, of up to 6 classes, some much smaller than others.
fn labelled_set() -> impl Strategy<Value = ImageSet> {
    vec(prop_oneof![4 => Just(0_u8), 2 => Just(1), 1 => 2..6_u8], 1..60).prop_map(|labels| {
        let pixels = (0..labels.len()).map(|i| i as u8).collect();
        ImageSet::new(ImageShape::grey(1, 1), pixels, labels).unwrap()
    })
}

fn name(gzip: bool) -> &'static str {
    if gzip { "images.gz" } else { "images" }
}

fn written(folder: &Path, set: &ImageSet, gzip: bool) -> Vec<u8> {
    let path = folder.join(name(gzip));
    write_idx_images(&path, set).unwrap();
    fs::read(path).unwrap()
}

fn class_counts(labels: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    counts
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(set in small_set(), gzip: bool) {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), &set, gzip);
        let images = read_idx_images(folder.path().join(name(gzip))).unwrap();
        prop_assert_eq!((images.len(), images.shape()), (set.len(), set.shape()));
        prop_assert_eq!(images.pixels(), set.pixels());

        let path = folder.path().join(if gzip { "labels.gz" } else { "labels" });
        write_idx_labels(&path, set.labels()).unwrap();
        prop_assert_eq!(read_idx_labels(&path).unwrap(), set.labels());
    }

    #[test]
    fn csv_and_idx_give_the_same_set(set in small_set(), header: bool) {
        prop_assume!(!set.is_empty());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.csv");
        let row = |i: usize| {
            let pixels: String = set.image(i).iter().map(|pixel| format!(",{pixel}")).collect();
            format!("{}{pixels}\n", set.labels()[i])
        };
        let mut text: String = (0..set.len()).map(row).collect();
        if header {
            let titles: String = (1..=set.shape().pixels()).map(|i| format!(",pixel{i}")).collect();
            text = format!("label{titles}\n{text}");
        }
        fs::write(&path, text).unwrap();
        prop_assert_eq!(read_csv(&path, set.shape()).unwrap(), set);
    }

    #[test]
    fn every_truncation_is_rejected(set in small_set(), gzip: bool, cut in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let bytes = written(folder.path(), &set, gzip);
        let path = folder.path().join("cut");
        fs::write(&path, &bytes[..cut.index(bytes.len())]).unwrap();
        prop_assert!(read_idx_images(&path).is_err());
    }

    /// Every bit of the first 24 bytes, which hold the header and some pixels. A flip in the header is
    /// always seen, because it changes the format or the promised length, unless both lengths are
    /// zero or it is a side that changes: then the product tells.
    #[test]
    fn flipped_header_bits_never_panic(set in small_set(), gzip: bool, position in 0..24_usize, bit in 0..8_u32) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = written(folder.path(), &set, gzip);
        let Some(byte) = bytes.get_mut(position) else { return Ok(()) };
        *byte ^= 1 << bit;
        let path = folder.path().join("flipped");
        fs::write(&path, bytes).unwrap();
        let result = read_idx_images(&path);
        if !gzip && position < 16 && !set.is_empty() {
            prop_assert!(result.is_err());
        }
    }

    /// Whatever the bytes are, each reader answers.
    #[test]
    fn any_bytes_never_panic(bytes in vec(any::<u8>(), 0..200), magic in 0..4_usize) {
        let start: &[u8] = [&[0, 0, 8, 3][..], &[0, 0, 8, 1], &[0x1f, 0x8b, 8, 0], &[]][magic];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, [start, &bytes].concat()).unwrap();
        let _ = read_idx_images(&path);
        let _ = read_idx_labels(&path);
        let _ = read_csv(&path, ImageShape::grey(1, 1));
    }

    #[test]
    fn a_subset_is_balanced_and_keeps_its_images_whole(
        set in labelled_set(),
        share in 0.0..=1.0_f64,
        seed: u64,
    ) {
        let count = (share * set.len() as f64).round() as usize;
        let subset = balanced_subset(&set, count, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
        prop_assert_eq!(subset.len(), count);
        prop_assert!(subset.index().is_sorted());
        prop_assert_eq!(subset.index().iter().collect::<HashSet<_>>().len(), count);
        for (i, &original) in subset.index().iter().enumerate() {
            prop_assert_eq!(subset.image(i), set.image(original as usize));
            prop_assert_eq!(subset.labels()[i], set.labels()[original as usize]);
        }
        // No class with images left may lie more than one behind another.
        let (given, there) = (class_counts(subset.labels()), class_counts(set.labels()));
        let most = given.iter().max().unwrap();
        for (given, there) in given.iter().zip(there) {
            prop_assert!(given + 1 >= *most || *given == there);
        }
    }

    #[test]
    fn a_subset_of_a_subset_keeps_the_first_index(set in labelled_set(), seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let half = balanced_subset(&set, set.len().div_ceil(2), &mut rng).unwrap();
        let quarter = balanced_subset(&half, half.len().div_ceil(2), &mut rng).unwrap();
        for (i, &original) in quarter.index().iter().enumerate() {
            prop_assert_eq!(quarter.image(i), set.image(original as usize));
        }
    }
}
