//! The sample in assets/sample is what its README says, as other programs read it too.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::{Path, PathBuf};

use autodecoder_data::{
    Dataset, ImageSet, ImageShape, MnistFolder, Split, balanced_subset, checksum,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/sample")
}

fn load(split: Split) -> ImageSet {
    MnistFolder::fashion_mnist(folder()).load(split).unwrap()
}

fn class_counts(set: &ImageSet) -> [usize; 10] {
    let mut counts = [0; 10];
    set.labels().iter().for_each(|&label| counts[usize::from(label)] += 1);
    counts
}

fn pixel_sum(set: &ImageSet) -> u64 {
    set.pixels().iter().map(|&pixel| u64::from(pixel)).sum()
}

/// The expected values were read from the files with Python 3.11.7's gzip and struct modules.
#[test]
fn reads_as_python_reads_it() {
    let train = load(Split::Train);
    assert_eq!((train.len(), train.shape()), (256, ImageShape::MNIST));
    assert_eq!(train.labels()[..12], [6, 5, 6, 8, 0, 6, 5, 8, 9, 1, 7, 3]);
    assert_eq!(pixel_sum(&train), 14_292_014);
    // Image 5, row 14, columns 13 to 15.
    assert_eq!(train.image(5)[14 * 28 + 13..][..3], [192, 200, 192]);

    let test = load(Split::Test);
    assert_eq!((test.len(), test.shape()), (64, ImageShape::MNIST));
    assert_eq!(test.labels()[..12], [8, 7, 9, 5, 0, 2, 5, 8, 0, 2, 3, 5]);
    assert_eq!(pixel_sum(&test), 3_784_141);
    assert_eq!(test.image(5)[14 * 28 + 13..][..3], [235, 236, 236]);
}

#[test]
fn every_class_has_its_share() {
    for (split, count) in [(Split::Train, 25), (Split::Test, 6)] {
        let counts = class_counts(&load(split));
        assert!(counts.iter().all(|&given| given == count || given == count + 1), "{counts:?}");
    }
}

/// The README lists these sums; they are those of `gzip -dc FILE | sha256sum`.
#[test]
fn has_the_checksums_of_its_readme() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for (stem, genuine) in checksum::FASHION_MNIST {
        let sum = checksum::content_sha256(folder().join(format!("{stem}.gz"))).unwrap();
        assert!(readme.contains(&sum), "{stem}: {sum}");
        assert_ne!(sum, genuine);
    }
    assert!(checksum::verify(folder()).iter().all(|status| !status.is_ok()));
}

/// The indices were recorded when this was written: should a new version of `rand` draw others, the
/// subsets of every experiment move with them, and that must not pass unseen.
#[test]
fn a_subset_of_it_is_the_same_on_every_machine() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let subset = balanced_subset(&load(Split::Train), 20, &mut rng).unwrap();
    assert_eq!(class_counts(&subset), [2; 10]);
    let drawn =
        [12, 14, 18, 43, 50, 54, 59, 65, 72, 88, 91, 120, 125, 146, 149, 160, 166, 194, 210, 242];
    assert_eq!(subset.index(), drawn);
}
