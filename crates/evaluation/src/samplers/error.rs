//! Latents that no density can be fitted to.

/// Why there is no sampler.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamplerError {
    /// There is no latent, or one is NaN or infinite.
    #[error("expected at least one latent, and all of them finite")]
    Latents,
    /// The fit of a density failed.
    #[error("the sampler {name:?} cannot be fitted: {problem}")]
    Fit {
        /// Name of the sampler.
        name: &'static str,
        /// What its library says.
        problem: String,
    },
    /// A file cannot be read or written, or is damaged.
    #[error(transparent)]
    File(#[from] autodecoder_models::Error),
}
