//! What can go wrong with a classifier.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no image, or a label is not among the classes.
    #[error("{problem}")]
    Images {
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// The loss is NaN or infinite.
    #[error("the classifier's loss became {loss} in epoch {epoch}; lower rate = {rate}")]
    Diverged {
        /// Epoch, from 1.
        epoch: u32,
        /// The value found.
        loss: f64,
        /// Highest learning rate.
        rate: f64,
    },
    /// The observer asked for a stop; nothing is saved.
    #[error("the classifier's training was stopped")]
    Stopped,
    /// A setting is unknown or of the wrong type.
    #[error("the classifier's settings: {0}")]
    Settings(#[from] toml::de::Error),
    /// A setting is out of range.
    #[error(transparent)]
    Range(#[from] autodecoder_training::RangeError),
    /// The layers do not fit the images, or a file is wrong.
    #[error(transparent)]
    Model(#[from] autodecoder_models::Error),
}
