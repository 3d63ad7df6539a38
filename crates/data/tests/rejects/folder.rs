//! Files that are good by themselves, but not together.

use std::fs;

use autodecoder_data::{
    Error, ImageSet, ImageShape, Split, load, read_idx_labels, write_idx_images, write_idx_labels,
};
use tempfile::TempDir;

use crate::{IMAGES, LABELS, OneFile, refused};

#[test]
fn rejects_file_in_place_of_a_folder() {
    let file = OneFile::new(&IMAGES);
    let error = refused(&file.path, load(&file.path, Split::Train));
    is!(error, Error::NotAFolder { .. });
}

/// A folder with a training set of `labels.len()` labels and two images of 1 × 1.
fn pair(labels: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let set = ImageSet::new(ImageShape::grey(1, 1), vec![1, 2], vec![0, 0]).unwrap();
    write_idx_images(folder.path().join("train-images-idx3-ubyte"), &set).unwrap();
    write_idx_labels(folder.path().join("train-labels-idx1-ubyte"), labels).unwrap();
    folder
}

#[test]
fn rejects_count_mismatch() {
    let error = load(pair(&[1, 2, 3]).path(), Split::Train).unwrap_err();
    is!(error, Error::CountMismatch { images: 2, labels: 3, .. });
    let message = error.to_string();
    assert!(message.contains("train-images-idx3-ubyte holds 2 images"), "{message}");
    assert!(message.contains("train-labels-idx1-ubyte holds 3 labels"), "{message}");
}

#[test]
fn rejects_label_out_of_range() {
    assert_eq!(load(pair(&[0, 9]).path(), Split::Train).unwrap().labels(), [0, 9]);
    let error = load(pair(&[0, 10]).path(), Split::Train).unwrap_err();
    is!(error, Error::LabelOutOfRange { position: 1, label: 10, .. });
    assert!(error.to_string().contains("expected 0 to 9 for 10 classes"), "{error}");
}

#[test]
fn rejects_swapped_images_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t10k-images-idx3-ubyte"), LABELS).unwrap();
    fs::write(folder.path().join("t10k-labels-idx1-ubyte"), IMAGES).unwrap();
    let error = load(folder.path(), Split::Test).unwrap_err();
    is!(error, Error::Swapped { expected: "images", found: "labels", .. });
    assert!(error.to_string().contains("t10k-images-idx3-ubyte: expected images"), "{error}");
    let error = read_idx_labels(folder.path().join("t10k-labels-idx1-ubyte")).unwrap_err();
    is!(error, Error::Swapped { expected: "labels", found: "images", .. });
}

#[test]
fn rejects_half_a_pair() {
    let folder = pair(&[0, 0]);
    fs::remove_file(folder.path().join("train-labels-idx1-ubyte")).unwrap();
    // A CSV file beside it is not taken instead: it may be another set.
    fs::write(folder.path().join("train.csv"), format!("0{}", ",0".repeat(784))).unwrap();
    let error = load(folder.path(), Split::Train).unwrap_err();
    is!(error, Error::HalfAPair { missing: "labels", .. });
    assert!(error.to_string().contains("train-labels.idx1-ubyte.gz"), "{error}");
}

#[test]
fn rejects_folder_without_the_set() {
    let folder = pair(&[0, 0]);
    let error = refused(folder.path(), load(folder.path(), Split::Test));
    is!(error, Error::NoData { split: Split::Test, .. });
}

#[test]
fn rejects_set_without_images() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = [0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28];
    fs::write(folder.path().join("train-images-idx3-ubyte"), nothing).unwrap();
    write_idx_labels(folder.path().join("train-labels-idx1-ubyte"), &[]).unwrap();
    let error = load(folder.path(), Split::Train).unwrap_err();
    is!(error, Error::NoImages { .. });
}

#[test]
fn rejects_csv_label_out_of_range() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("test.csv"), format!("10{}", ",0".repeat(784))).unwrap();
    let error = load(folder.path(), Split::Test).unwrap_err();
    is!(error, Error::LabelOutOfRange { label: 10, .. });
}
