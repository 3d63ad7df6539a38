//! Latent-variable models: divergences, bounds, sampling, and what trained models do.

mod diffusion;
mod elbo_identity;
mod gaussian_kl;
mod gradient_estimators;
mod inductive_bias;
mod latent_dimension;
mod monte_carlo_evidence;
mod no_kl_term;
mod random_latents;
mod small_models;
mod vae_statements;

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
    Check {
        name: "no-kl-term",
        title: "A VAD and a VAE trained without the KL term",
        measure: no_kl_term::no_kl_term,
    },
    Check {
        name: "vae-statements",
        title: "Three statements about VAEs: one image’s posterior, encoding twice, the bound",
        measure: vae_statements::vae_statements,
    },
    Check {
        name: "random-latents",
        title: "Why decoding any random vector is not generation",
        measure: random_latents::random_latents,
    },
    Check {
        name: "latent-dimension",
        title: "A larger latent_dim: better classification, then worse?",
        measure: latent_dimension::latent_dimension,
    },
    Check {
        name: "inductive-bias",
        title: "Inductive bias: a CNN and an MLP of equal size on few and on many images",
        measure: inductive_bias::inductive_bias,
    },
];
