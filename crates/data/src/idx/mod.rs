//! IDX, the format of MNIST: a magic number, the sizes as big-endian 32-bit numbers, then the bytes.
//!
//! Source: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, section
//! "The IDX file format".

mod header;
mod read;
mod write;

pub use read::{IdxImages, read_idx_images, read_idx_labels};
pub use write::{write_idx_images, write_idx_labels};
