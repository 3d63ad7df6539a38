//! The kinds of models.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// AD: a latent vector per image (GLO, arXiv:1707.05776; DeepSDF, arXiv:1901.05103).
    AutoDecoder,
    /// VAD: a posterior per image (arXiv:1903.00840).
    VariationalAutoDecoder,
    /// AE: an encoder gives an image its latent vector.
    Autoencoder,
    /// VAE: an encoder gives an image its posterior (arXiv:1312.6114).
    VariationalAutoencoder,
}

impl ModelKind {
    /// Whether latents have posteriors with a density, and the objective a KL term.
    pub fn is_variational(self) -> bool {
        matches!(self, ModelKind::VariationalAutoDecoder | ModelKind::VariationalAutoencoder)
    }

    /// Whether an encoder gives the rows, and not a latent table.
    pub fn has_encoder(self) -> bool {
        matches!(self, ModelKind::Autoencoder | ModelKind::VariationalAutoencoder)
    }

    /// `AD`, `VAD`, `AE` or `VAE`.
    pub fn abbreviation(self) -> &'static str {
        match self {
            ModelKind::AutoDecoder => "AD",
            ModelKind::VariationalAutoDecoder => "VAD",
            ModelKind::Autoencoder => "AE",
            ModelKind::VariationalAutoencoder => "VAE",
        }
    }
}

/// In words, with its article: `an auto-decoder`.
impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ModelKind::AutoDecoder => "an auto-decoder",
            ModelKind::VariationalAutoDecoder => "a variational auto-decoder",
            ModelKind::Autoencoder => "an autoencoder",
            ModelKind::VariationalAutoencoder => "a variational autoencoder",
        })
    }
}
