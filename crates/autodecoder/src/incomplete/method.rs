//! What fills in missing pixels.

use serde::{Deserialize, Serialize};

/// A way to reconstruct images from a part of their pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A posterior per image, fitted to its observed pixels.
    Vad,
    /// A VAE whose encoder sees 0 for what is missing.
    VaeZeroFilled,
    /// A VAE whose encoder also sees the mask, as a second channel.
    VaeMaskChannel,
    /// Every pixel's mean.
    PixelMean,
    /// The k nearest training images.
    NearestImages,
    /// Probabilistic PCA by expectation and maximisation.
    Pca,
}

impl Method {
    /// All of them, in the order of the tables.
    pub const ALL: [Method; 6] = [
        Method::Vad,
        Method::VaeZeroFilled,
        Method::VaeMaskChannel,
        Method::PixelMean,
        Method::NearestImages,
        Method::Pca,
    ];
    /// Those with an encoder.
    pub const VAES: [Method; 2] = [Method::VaeZeroFilled, Method::VaeMaskChannel];
    /// Those without a decoder that gradients train.
    pub const BASELINES: [Method; 3] = [Method::PixelMean, Method::NearestImages, Method::Pca];

    /// Its name in files, and of its model in an experiment.
    pub fn name(self) -> &'static str {
        match self {
            Method::Vad => "vad",
            Method::VaeZeroFilled => "vae-zero-filled",
            Method::VaeMaskChannel => "vae-mask-channel",
            Method::PixelMean => "pixel-mean",
            Method::NearestImages => "nearest-images",
            Method::Pca => "pca",
        }
    }

    /// Its name in figures and sentences.
    pub(super) fn title(self) -> &'static str {
        match self {
            Method::Vad => "VAD",
            Method::VaeZeroFilled => "VAE, zeros",
            Method::VaeMaskChannel => "VAE, mask",
            Method::PixelMean => "pixel mean",
            Method::NearestImages => "k-NN",
            Method::Pca => "PCA (EM)",
        }
    }

    /// Whether it is one of [`Method::BASELINES`].
    pub(super) fn is_baseline(self) -> bool {
        Method::BASELINES.contains(&self)
    }

    pub(super) fn has_encoder(self) -> bool {
        Method::VAES.contains(&self)
    }
}

/// What a method was trained on. It is always tested on incomplete images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Training {
    /// Images with the same share of missing pixels as the test images.
    Incomplete,
    /// Whole images; what is missing in the test images is unlike anything seen.
    Complete,
}

impl Training {
    /// Both, in the order of the tables.
    pub const ALL: [Training; 2] = [Training::Incomplete, Training::Complete];

    pub(super) fn title(self) -> &'static str {
        match self {
            Training::Incomplete => "trained on incomplete images",
            Training::Complete => "trained on complete images",
        }
    }

    /// Its name in the report's links.
    pub(super) fn id(self) -> &'static str {
        match self {
            Training::Incomplete => "incomplete",
            Training::Complete => "complete",
        }
    }
}
