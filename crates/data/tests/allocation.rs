//! A header's promise sets no memory aside. Alone in its program, because it measures the program's
//! memory.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::io::Write;

use autodecoder_data::{Error, read_idx_images, read_idx_labels};

/// The most address space this process ever had, in bytes. It counts memory that was only asked for,
/// never touched.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// `bytes`, then `zeros` mebibytes of zeros, compressed piece by piece to keep the peak low.
fn gzip(bytes: &[u8], zeros: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    for _ in 0..zeros {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn promises_and_gzip_bombs_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    // 4 million images of 28 × 28, 3.1 GB: below the limit on sizes, so only the file's length tells.
    let images = [0, 0, 8, 3, 0, 0x3d, 0x09, 0, 0, 0, 0, 28, 0, 0, 0, 28];
    // 4,294,967,295 labels.
    let labels = [0, 0, 8, 1, 255, 255, 255, 255];
    // Four billion images of four billion pixels.
    let vast = [&[0, 0, 8, 3], &[255; 12][..]].concat();
    // One label, then 512 MiB of zeros in a few MB.
    let bomb = gzip(&[0, 0, 8, 1, 0, 0, 0, 1], 512);
    assert!(bomb.len() < 8 << 20, "{} bytes", bomb.len());

    let before = peak();
    for bytes in [images.to_vec(), gzip(&images, 0)] {
        fs::write(&path, bytes).unwrap();
        let error = read_idx_images(&path).unwrap_err();
        assert!(matches!(error, Error::Truncated { found: 16, .. }), "{error}");
    }
    for bytes in [labels.to_vec(), gzip(&labels, 0)] {
        fs::write(&path, bytes).unwrap();
        let error = read_idx_labels(&path).unwrap_err();
        assert!(matches!(error, Error::Truncated { found: 8, .. }), "{error}");
    }
    fs::write(&path, vast).unwrap();
    assert!(matches!(read_idx_images(&path).unwrap_err(), Error::TooLarge { .. }));
    fs::write(&path, bomb).unwrap();
    let error = read_idx_labels(&path).unwrap_err();
    assert!(matches!(error, Error::TrailingBytes { expected: 9, .. }), "{error}");

    let grown = peak() - before;
    assert!(grown < 256 << 20, "{grown} bytes");
}
