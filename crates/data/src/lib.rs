//! Data sets as plain numbers: readers, masks, checksums, class-balanced subsets.
//!
//! The key type is [`ImageSet`]: images, their labels, and each image's index in the set that it was
//! first read from. The index stays with the image through every subset, so that a latent that was
//! fitted to an image can be traced back to it.
//!
//! A new data set is an implementation of [`Dataset`]; whatever lies in a folder in MNIST's layout
//! needs none, only [`MnistFolder`], and [`Files`] reads a user's own tables, arrays and pictures.
//!
//! **Architecture Invariant:** this crate knows nothing of tensors, and of no engine that makes them.
//! It builds and tests in seconds on a machine without libtorch. Bytes stay bytes here; the crates
//! that train turn them into numbers in [0, 1].
//!
//! **Files are not trusted.** Every count in a file is checked before memory is set aside for it, no
//! file makes a reader panic, and every [`Error`] says which file is wrong, where, and what to do.
//!
//! ```no_run
//! use autodecoder_data::{Dataset, MnistFolder, Split};
//!
//! let fashion = MnistFolder::fashion_mnist("external/fashion-mnist");
//! let train = fashion.load(Split::Train)?;
//! println!("{} images, the first shows: {}", train.len(), fashion.classes()[usize::from(train.labels()[0])]);
//! # Ok::<(), autodecoder_data::Error>(())
//! ```

pub mod checksum;
mod csv;
mod dataset;
mod error;
mod files;
mod idx;
mod image_set;
mod layout;
mod mask;
mod source;
mod subset;
mod values;

pub use csv::read_csv;
pub use dataset::{Dataset, FASHION_MNIST_CLASSES, MnistFolder, Split};
pub use error::Error;
pub use files::{
    Array, ColumnScale, Content, FileKind, FileOptions, Files, Numbers, OwnData, OwnDataError,
    PictureOptions, Scaling, Skipped, Table, file_kind, fill_table, holds_own_data, is_table, png,
    read_array, read_mask, read_own, read_table,
};
pub use idx::{IdxImages, read_idx_images, read_idx_labels, write_idx_images, write_idx_labels};
pub use image_set::{ImageSet, ImageShape};
pub use layout::{check_labels, load, load_with_classes};
pub use mask::Mask;
pub use subset::balanced_subset;
pub use values::Values;
