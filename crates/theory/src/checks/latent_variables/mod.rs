//! Latent-variable models: divergences, bounds, sampling, and what trained models do.

mod diffusion;
mod elbo_identity;
mod gaussian_kl;
mod gradient_estimators;
mod monte_carlo_evidence;

use crate::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "gaussian-kl",
        title: "KL divergence of two Gaussians, and of every posterior from its prior",
        measure: gaussian_kl::gaussian_kl,
    },
    Check {
        name: "monte-carlo-evidence",
        title: "Ancestral sampling, and why plain Monte Carlo does not find log p(x)",
        measure: monte_carlo_evidence::monte_carlo_evidence,
    },
    Check {
        name: "elbo-identity",
        title: "log p(x) = ELBO + KL(q ‖ posterior), and which way the bounds go",
        measure: elbo_identity::elbo_identity,
    },
    Check {
        name: "diffusion",
        title: "Diffusion: what training leaves out of log p(x₀)",
        measure: diffusion::diffusion,
    },
    Check {
        name: "gradient-estimators",
        title: "The reparameterisation gradient against the score-function gradient",
        measure: gradient_estimators::gradient_estimators,
    },
];
