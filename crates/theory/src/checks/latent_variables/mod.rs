//! Latent-variable models: divergences, bounds, sampling, and what trained models do.

mod gaussian_kl;

use crate::Check;

pub(super) const CHECKS: &[Check] = &[Check {
    name: "gaussian-kl",
    title: "KL divergence of two Gaussians, and of every posterior from its prior",
    measure: gaussian_kl::gaussian_kl,
}];
