//! What posteriors are pulled to, and what new images are decoded from.

use std::fmt::Debug;

use tch::Tensor;

/// The kind of noise that a reparameterised sampler consumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// None: the distribution is a point.
    None,
    /// Independent standard normals.
    Normal,
    /// Independent uniforms from the open interval (0, 1).
    Uniform,
}

/// A distribution over latents. The coordinates of those that belong to a family of posteriors are independent
/// and identically distributed; those of a fitted one need not be.
pub trait Prior: Debug + Send + Sync {
    /// The name in reports, such as `N(0, I)`.
    fn name(&self) -> &'static str;

    /// The kind of noise that [`Prior::sample`] consumes.
    fn noise(&self) -> Noise;

    /// Turns noise `[B, latent_dim]` into samples `[B, latent_dim]`.
    fn sample(&self, noise: &Tensor) -> Tensor;

    /// Log density of `z` `[B, latent_dim]`, summed over coordinates, in nats, `[B]`; −∞ outside the
    /// support.
    fn log_prob(&self, z: &Tensor) -> Tensor;

    /// Mean of one coordinate, averaged over them where they differ.
    fn mean(&self) -> f64;

    /// Variance of one coordinate; where they differ, of one that is picked at random.
    fn variance(&self) -> f64;
}
