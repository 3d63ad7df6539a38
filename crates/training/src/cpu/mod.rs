//! Steps on the CPU by the kernels, without autograd.
//!
//! A step is two parallel passes over memory that is allocated once: over groups of the batch's rows,
//! each of which is gathered, moved `latent_steps` times, and decoded on its own; then over blocks of
//! the decoder's weights, while the rows are scattered back. The decoder's parameters and the table stay
//! libtorch's tensors: everybody else sees them move. Where an encoder gives the rows, a group is encoded
//! first, and its rows' gradients go back through the encoder.

mod buffers;
mod encoding;
mod engine;
mod group;
mod images;
mod share;
mod side;
mod slices;
mod tables;
mod weighted;

pub(crate) use slices::floats_mut;

pub use engine::{CpuEngine, LatentStep};
