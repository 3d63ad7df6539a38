//! What can go wrong with models and their files.

use std::path::PathBuf;

use autodecoder_distributions::UnknownName;

use crate::ModelKind;
use crate::layer_stack::MAX_PARAMETERS;

/// An error of this crate. The cause of an I/O error is in [`std::error::Error::source`], not in the
/// message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part was asked for by a name that nobody registered.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// The options of a part are not what its family takes.
    #[error("{part} {name:?}: {problem}")]
    Options {
        /// What it is, such as `decoder`, `encoder`, `likelihood` or `optimiser`.
        part: &'static str,
        /// Name of the family.
        name: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A size that a model is built from is impossible.
    #[error("{key} = {value}: expected a size from 1 to 65536")]
    Size {
        /// What it is the size of, such as `latent_dim`.
        key: &'static str,
        /// The value found.
        value: i64,
    },
    /// The kind of the model and its posterior do not go together.
    #[error("posterior {posterior:?}: {expected}")]
    Posterior {
        /// Name of the posterior.
        posterior: String,
        /// What the kind of model needs.
        expected: &'static str,
    },
    /// An encoder is there that the kind of model has no use for, or one is missing.
    #[error("{kind} {}", if kind.has_encoder() { "needs an encoder" } else { "has no encoder" })]
    Encoder {
        /// The kind of model.
        kind: ModelKind,
    },
    /// Two neighbouring layers do not fit, or the last one does not end in the wanted shape.
    #[error("{network} layer {index} ({layer}): cannot take input of shape {input:?}; {expected}")]
    LayerShape {
        /// The network, such as `decoder`.
        network: &'static str,
        /// Position in the list of layers.
        index: usize,
        /// The layer as text.
        layer: String,
        /// Shape that arrives, without the batch dimension.
        input: Vec<i64>,
        /// What the layer takes.
        expected: String,
    },
    /// A network is larger than memory is likely to be.
    #[error(
        "the {network} would have {count} parameters, expected at most {MAX_PARAMETERS}; choose smaller \
         layers"
    )]
    TooManyParameters {
        /// The network, such as `decoder`.
        network: &'static str,
        /// Its learned values; `i64::MAX` also stands for more.
        count: i64,
    },
    /// The text of a layer is not understood.
    #[error("cannot read the layer {text:?}: expected something like {expected:?}")]
    LayerText {
        /// The text found.
        text: String,
        /// A well-formed example.
        expected: &'static str,
    },
    /// A file cannot be read or written.
    #[error("{path}: cannot be read or written")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file is not a whole safetensors or JSON file, or holds something else than expected.
    #[error("{path}: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

impl Error {
    /// Wraps an I/O error with the path it happened at.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
