//! Draws the small sample of Fashion-MNIST that the tests and the smoke preset use.
//!
//! ```sh
//! cargo run --release -p autodecoder-data --example make_sample -- FASHION_MNIST_FOLDER SAMPLE_FOLDER
//! ```
//!
//! The source must be the genuine set, which is checked by its checksums. The same seed gives the
//! same four files, byte for byte, with the crate versions that Cargo.lock names.
#![allow(clippy::print_stdout, reason = "the example is a program")]

use std::error::Error;
use std::path::{Path, PathBuf};

use autodecoder_data::{
    Split, balanced_subset, checksum, load, write_idx_images, write_idx_labels,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Any number would do; another one gives another sample.
const SEED: u64 = 2017;

/// What to draw: the half, its file names' prefix, and how many images.
const HALVES: [(Split, &str, usize); 2] = [(Split::Train, "train", 256), (Split::Test, "t10k", 64)];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [source, target] = arguments.as_slice() else {
        return Err(
            "expected two arguments: the folder of Fashion-MNIST, the folder to write to".into()
        );
    };
    if let Some(wrong) = checksum::verify(source).into_iter().find(|status| !status.is_ok()) {
        return Err(wrong.to_string().into());
    }
    std::fs::create_dir_all(target)?;
    for (split, prefix, count) in HALVES {
        draw(source, target, split, prefix, count)?;
    }
    Ok(())
}

/// Draws one half and prints its files with the SHA-256 of their content.
fn draw(
    source: &Path,
    target: &Path,
    split: Split,
    prefix: &str,
    count: usize,
) -> Result<(), Box<dyn Error>> {
    let whole = load(source, split)?;
    let sample = balanced_subset(&whole, count, &mut ChaCha8Rng::seed_from_u64(SEED))?;
    let images = target.join(format!("{prefix}-images-idx3-ubyte.gz"));
    let labels = target.join(format!("{prefix}-labels-idx1-ubyte.gz"));
    write_idx_images(&images, &sample)?;
    write_idx_labels(&labels, sample.labels())?;
    for path in [images, labels] {
        println!("{}  {}", checksum::content_sha256(&path)?, path.display());
    }
    Ok(())
}
