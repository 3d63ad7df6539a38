//! A data set's files, found by their usual names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{
    Error, FASHION_MNIST_CLASSES, ImageSet, ImageShape, Split, read_csv, read_idx_images,
    read_idx_labels,
};

/// Reads one half of Fashion-MNIST, or of another set of at most ten classes, from a folder.
///
/// Looked for, in this order, with `train` for the training set and `t10k` for the test set:
/// 1. IDX: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, each plain or with `.gz`, or with
///    a dot in place of the last hyphen but one (`train-images.idx3-ubyte`);
/// 2. CSV: `fashion-mnist_train.csv` (`fashion-mnist_test.csv`), then `train.csv` (`test.csv`), with
///    images of 28 × 28.
///
/// A part of the set under the same names is as good as the whole: counts need only match.
///
/// # Errors
/// [`Error::NotAFolder`]; [`Error::NoData`] with every name looked for; [`Error::HalfAPair`] when
/// only the images or only the labels are there; [`Error::CountMismatch`], [`Error::NoImages`],
/// [`Error::LabelOutOfRange`]; and all that [`read_idx_images`] and [`read_csv`] reject.
pub fn load(folder: impl AsRef<Path>, split: Split) -> Result<ImageSet, Error> {
    load_with_classes(folder, split, FASHION_MNIST_CLASSES.len())
}

/// As [`load`], for labels from 0 to `classes − 1`.
///
/// # Errors
/// As [`load`].
pub fn load_with_classes(
    folder: impl AsRef<Path>,
    split: Split,
    classes: usize,
) -> Result<ImageSet, Error> {
    let folder = folder.as_ref();
    if !folder.is_dir() {
        return Err(Error::NotAFolder { path: folder.to_owned() });
    }
    let (image_names, label_names, csv_names) =
        (idx_names(split, "images", 3), idx_names(split, "labels", 1), csv_names(split));
    match (find(folder, &image_names)?, find(folder, &label_names)?) {
        (Some(images), Some(labels)) => load_idx(&images, &labels, classes),
        (Some(found), None) => {
            Err(Error::HalfAPair { found, missing: "labels", looked_for: label_names })
        }
        (None, Some(found)) => {
            Err(Error::HalfAPair { found, missing: "images", looked_for: image_names })
        }
        (None, None) => match find(folder, &csv_names)? {
            Some(path) => load_csv(&path, classes),
            None => {
                let looked_for = [image_names, label_names, csv_names].concat();
                Err(Error::NoData { folder: folder.to_owned(), split, looked_for })
            }
        },
    }
}

/// Checks that every label names one of `classes` classes. `path` is where the labels come from, for
/// the message.
///
/// # Errors
/// [`Error::LabelOutOfRange`] for the first one that does not.
pub fn check_labels(path: impl AsRef<Path>, labels: &[u8], classes: usize) -> Result<(), Error> {
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        None => Ok(()),
        Some(position) => Err(Error::LabelOutOfRange {
            path: path.as_ref().to_owned(),
            position,
            label: labels[position],
            classes,
        }),
    }
}

fn load_idx(images_path: &Path, labels_path: &Path, classes: usize) -> Result<ImageSet, Error> {
    let images = read_idx_images(images_path)?;
    let labels = read_idx_labels(labels_path)?;
    if images.len() != labels.len() {
        return Err(Error::CountMismatch {
            images_path: images_path.to_owned(),
            labels_path: labels_path.to_owned(),
            images: images.len(),
            labels: labels.len(),
        });
    }
    if images.is_empty() {
        return Err(Error::NoImages { path: images_path.to_owned() });
    }
    check_labels(labels_path, &labels, classes)?;
    ImageSet::new(images.shape(), images.into_pixels(), labels)
}

fn load_csv(path: &Path, classes: usize) -> Result<ImageSet, Error> {
    let set = read_csv(path, ImageShape::MNIST)?;
    check_labels(path, set.labels(), classes)?;
    Ok(set)
}

/// Names of an IDX file, plain before gzip: where both are there, the plain one loads faster.
pub(crate) fn idx_names(split: Split, content: &str, dimensions: u8) -> Vec<String> {
    let prefix = match split {
        Split::Train => "train",
        Split::Test => "t10k",
    };
    let stem = |separator| format!("{prefix}-{content}{separator}idx{dimensions}-ubyte");
    ['-', '.'].into_iter().flat_map(|s| [stem(s), stem(s) + ".gz"]).collect()
}

fn csv_names(split: Split) -> Vec<String> {
    vec![format!("fashion-mnist_{split}.csv"), format!("{split}.csv")]
}

/// The first of `names` that is in `folder`.
pub(crate) fn find(folder: &Path, names: &[String]) -> Result<Option<PathBuf>, Error> {
    for name in names {
        let path = folder.join(name);
        match fs::metadata(&path) {
            Ok(_) => return Ok(Some(path)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::read(&path, e)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{write_idx_images, write_idx_labels};

    fn write_pair(folder: &Path, images: &str, labels: &str, pixel: u8) {
        let set = ImageSet::new(ImageShape::grey(1, 1), vec![pixel; 2], vec![3, 4]).unwrap();
        write_idx_images(folder.join(images), &set).unwrap();
        write_idx_labels(folder.join(labels), set.labels()).unwrap();
    }

    #[test]
    fn finds_every_spelling_plain_or_gzip() {
        let spellings = [
            ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
            ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"),
            ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte.gz"),
            ("t10k-images.idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
        ];
        for (images, labels) in spellings {
            let folder = tempfile::tempdir().unwrap();
            write_pair(folder.path(), images, labels, 7);
            let set = load(folder.path(), Split::Test).unwrap();
            assert_eq!((set.pixels(), set.labels()), (&[7, 7][..], &[3, 4][..]), "{images}");
            assert!(matches!(load(folder.path(), Split::Train), Err(Error::NoData { .. })));
        }
    }

    #[test]
    fn prefers_idx_to_csv_and_the_long_csv_name_to_the_short() {
        let folder = tempfile::tempdir().unwrap();
        let row = |label: u8| format!("{label}{}\n", ",0".repeat(784));
        let label = || load(folder.path(), Split::Train).unwrap().labels()[0];
        fs::write(folder.path().join("train.csv"), row(1)).unwrap();
        assert_eq!(label(), 1);
        fs::write(folder.path().join("fashion-mnist_train.csv"), row(2)).unwrap();
        assert_eq!(label(), 2);
        write_pair(folder.path(), "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 0);
        assert_eq!(label(), 3);
    }

    #[test]
    fn the_error_for_nothing_lists_all_that_was_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let message = load(folder.path(), Split::Test).unwrap_err().to_string();
        let names = [
            folder.path().to_str().unwrap(),
            "t10k-images-idx3-ubyte,",
            "t10k-images-idx3-ubyte.gz,",
            "t10k-images.idx3-ubyte,",
            "t10k-images.idx3-ubyte.gz,",
            "t10k-labels-idx1-ubyte,",
            "t10k-labels.idx1-ubyte.gz,",
            "fashion-mnist_test.csv, test.csv",
        ];
        for name in names {
            assert!(message.contains(name), "{name} in {message}");
        }
    }
}
