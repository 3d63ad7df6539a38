//! IDX files, and what is true of every file.

use autodecoder_data::{
    Error, ImageShape, Split, load, read_csv, read_idx_images, read_idx_labels,
};

use crate::{IMAGES, LABELS, OneFile, gzip, refused};

fn images_error(bytes: &[u8]) -> Error {
    let file = OneFile::new(bytes);
    refused(&file.path, read_idx_images(&file.path))
}

fn with_byte(position: usize, value: u8) -> Vec<u8> {
    let mut bytes = IMAGES.to_vec();
    bytes[position] = value;
    bytes
}

#[test]
fn the_files_that_the_tests_spoil_are_good() {
    assert_eq!(read_idx_images(OneFile::new(&IMAGES).path).unwrap().pixels(), &IMAGES[16..]);
    assert_eq!(read_idx_images(OneFile::new(&gzip(&IMAGES)).path).unwrap().len(), 2);
    assert_eq!(read_idx_labels(OneFile::new(&LABELS).path).unwrap(), [3, 4]);
}

#[test]
fn rejects_wrong_magic() {
    for position in [0, 1] {
        let error = images_error(&with_byte(position, 1));
        is!(error, Error::Format { part: "magic number", .. });
    }
    let page = images_error(b"<!DOCTYPE html>").to_string();
    assert!(page.contains("a web page: the download failed"), "{page}");
    let twice = images_error(&gzip(&gzip(&IMAGES))).to_string();
    assert!(twice.contains("gzip inside gzip"), "{twice}");
}

#[test]
fn rejects_wrong_element_type() {
    let error = images_error(&with_byte(2, 0x0D));
    is!(error, Error::Format { part: "element type", .. });
    assert!(error.to_string().contains("found 0x0d (32-bit float)"), "{error}");
}

#[test]
fn rejects_wrong_dimension_count() {
    for dimensions in [0, 2, 4, 255] {
        let error = images_error(&with_byte(3, dimensions));
        is!(error, Error::Format { part: "number of dimensions", .. });
    }
}

#[test]
fn rejects_images_without_pixels() {
    for position in [11, 15] {
        let error = images_error(&with_byte(position, 0));
        is!(error, Error::Format { part: "image size", .. });
    }
}

#[test]
fn rejects_truncated_file() {
    let error = images_error(&IMAGES[..27]);
    is!(error, Error::Truncated { expected: 28, found: 27, .. });
    let error = images_error(&IMAGES[..9]);
    is!(error, Error::Truncated { expected: 16, found: 9, .. });
    let error = images_error(&IMAGES[..3]);
    is!(error, Error::Truncated { expected: 16, found: 3, .. });
    let error = images_error(&gzip(&IMAGES[..20]));
    is!(error, Error::Truncated { expected: 28, found: 20, .. });
}

#[test]
fn rejects_trailing_bytes() {
    let longer = [&IMAGES[..], &[0]].concat();
    for bytes in [gzip(&longer), longer] {
        let error = images_error(&bytes);
        is!(error, Error::TrailingBytes { expected: 28, .. });
    }
}

#[test]
fn rejects_corrupt_gzip() {
    let good = gzip(&IMAGES);
    // The last eight bytes are the checksum and the length; spoil one bit of the checksum.
    let mut bytes = good.clone();
    bytes[good.len() - 8] ^= 1;
    let error = images_error(&bytes);
    is!(error, Error::Gzip { .. });
    // Rubbish after the end is no second member.
    let error = images_error(&[&good[..], b"rubbish"].concat());
    is!(error, Error::Gzip { .. });
}

#[test]
fn rejects_truncated_gzip() {
    let good = gzip(&IMAGES);
    for length in 2..good.len() {
        let error = images_error(&good[..length]);
        assert!(matches!(error, Error::Gzip { .. }), "{length} bytes: {error}");
    }
}

#[test]
fn rejects_empty_file() {
    let file = OneFile::new(&[]);
    let errors = [
        refused(&file.path, read_idx_images(&file.path)),
        refused(&file.path, read_idx_labels(&file.path)),
        refused(&file.path, read_csv(&file.path, ImageShape::MNIST)),
    ];
    for error in errors {
        is!(error, Error::Empty { .. });
    }
}

#[test]
fn rejects_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere");
    let errors = [
        refused(&path, read_idx_images(&path)),
        refused(&path, read_idx_labels(&path)),
        refused(&path, read_csv(&path, ImageShape::MNIST)),
    ];
    for error in errors {
        is!(error, Error::Missing { .. });
    }
}

#[test]
fn rejects_folder_in_place_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let errors =
        [refused(path, read_idx_images(path)), refused(path, read_csv(path, ImageShape::MNIST))];
    for error in errors {
        is!(error, Error::NotAFile { .. });
    }
    std::fs::create_dir(path.join("train-images-idx3-ubyte")).unwrap();
    std::fs::write(path.join("train-labels-idx1-ubyte"), LABELS).unwrap();
    let error = load(path, Split::Train).unwrap_err();
    is!(error, Error::NotAFile { .. });
}

#[test]
fn rejects_overflowing_dimensions() {
    let mut bytes = IMAGES[..16].to_vec();
    bytes[4..].fill(0xff);
    let error = images_error(&bytes);
    is!(error, Error::TooLarge { .. });
    let product = "4294967295 × 4294967295 × 4294967295";
    assert!(error.to_string().contains(product), "{error}");
    // 2³¹ · 2³¹ · 4 = 2⁶⁴: in 64 bits without checks, a valid file of no pixels.
    bytes[4..].copy_from_slice(&[0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 4]);
    is!(images_error(&bytes), Error::TooLarge { .. });
    // 2¹⁶ · 2¹⁶ · 1 = 2³²: the same in 32 bits.
    bytes[4..].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    is!(images_error(&bytes), Error::Truncated { expected: 0x1_0000_0010, .. });
}
