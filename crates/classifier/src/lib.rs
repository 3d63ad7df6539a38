//! A small convolutional classifier of a data set's own images.
//!
//! What it is for are the activations of its last hidden layer: features, in which images that look
//! alike to somebody who sorts clothes lie close together. Samples of generative models are judged by
//! them (`autodecoder-evaluation`, `sample_quality`).
//!
//! [`train_classifier`] fits a [`Classifier`] to [`LabelledImages`]; it is saved as `classifier.json`
//! and `classifier.safetensors`.

mod augmentation;
mod classifier;
mod config;
mod error;
mod files;
mod labelled;
mod train;

pub use augmentation::Augmentation;
pub use classifier::Classifier;
pub use config::ClassifierConfig;
pub use error::Error;
pub use files::{Description, load_classifier, save_classifier};
pub use labelled::LabelledImages;
pub use train::{Trained, train_classifier};
