//! What can go wrong in training.

use std::path::PathBuf;

/// An error of this crate. The cause of an I/O error is in [`std::error::Error::source`], not in the
/// message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The objective, or what was learned, is NaN or infinite.
    #[error(
        "model {model}: the {what} became {value} in epoch {epoch}, batch {batch} of {batches}; \
         a checkpoint written before is kept. Lower training.decoder.rate or training.latents.rate \
         and start again with --force"
    )]
    Diverged {
        /// The model's name.
        model: String,
        /// What is not finite.
        what: &'static str,
        /// Epoch, from 1.
        epoch: u32,
        /// Batch, from 1.
        batch: usize,
        /// Batches in an epoch.
        batches: usize,
        /// The value found.
        value: f64,
    },
    /// The observer asked for a stop; the state is saved.
    #[error("stopped after {position}")]
    Stopped {
        /// The steps that are complete.
        position: crate::Position,
    },
    /// The observer asked for a stop, and what was begun is dropped: nothing of it is on disk.
    #[error("stopped {place}")]
    Interrupted {
        /// Where, such as `during inference`.
        place: &'static str,
    },
    /// A checkpoint belongs to another experiment.
    #[error("{path}: this checkpoint was written by other settings; use --force to begin anew")]
    OtherSettings {
        /// The checkpoint.
        path: PathBuf,
    },
    /// There are checkpoints, and each of them is damaged.
    #[error(
        "no checkpoint in {folder} is whole ({problem}); put back one from a copy, or remove that \
         folder to train the model from its first epoch on"
    )]
    NoWholeCheckpoint {
        /// The folder of the checkpoints.
        folder: PathBuf,
        /// What is wrong with the newest one.
        problem: String,
    },
    /// More principal components were asked for than there are pixels.
    #[error(
        "a start at {kind} scores gives at most {available} latent dimensions here, \
         but latent_dim is {latent_dim}; choose training.start.from = \"random\" or a smaller latent_dim"
    )]
    TooFewComponents {
        /// Name of the start.
        kind: &'static str,
        /// Components that the images give.
        available: i64,
        /// Components asked for.
        latent_dim: i64,
    },
    /// Only grey bytes say how probable white is.
    #[error(
        "images whose pixels are floats cannot be binarised; choose data.pixels = \"grey\", or images \
         of whole numbers from 0 to 255"
    )]
    NotGrey,
    /// bfloat16 was asked for where libtorch takes the steps.
    #[error(
        "{section}.precision = \"bf16\" is what the CPU's kernels offer, and they cannot take the steps of \
         model {model}: they need engine = \"auto\", the CPU, and networks, a likelihood and \
         optimisers that have one; choose \"f32\""
    )]
    NoBf16 {
        /// The section of the experiment.
        section: &'static str,
        /// The model's name.
        model: String,
    },
    /// Several samples of each row were asked for where they cannot be weighed.
    #[error(
        "{key} = {samples} needs a posterior with a continuous density, which \
         \"{posterior}\" does not have; choose 1, or a variational model with one such as \"gaussian\""
    )]
    NotWeighed {
        /// The setting that asks for them.
        key: &'static str,
        /// Samples asked for.
        samples: u32,
        /// The posterior's name.
        posterior: &'static str,
    },
    /// A set of images cannot be made.
    #[error(transparent)]
    Data(#[from] autodecoder_data::Error),
    /// A model's part or file is wrong.
    #[error(transparent)]
    Model(#[from] autodecoder_models::Error),
    /// An option of an optimiser is out of range.
    #[error(transparent)]
    Range(#[from] crate::RangeError),
    /// A part was asked for by a name that nobody registered.
    #[error(transparent)]
    UnknownName(#[from] autodecoder_distributions::UnknownName),
    /// A folder cannot be read or written.
    #[error("{path}: cannot be read or written")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}
