//! Repeated estimates of log p(x) for one x.

use tch::{Kind, Tensor};

use super::{REPEATS, SAMPLES, WIDER, images, model};
use crate::Context;
use crate::toolkit::gaussian::Gaussian;
use crate::toolkit::linear_gaussian::standard_prior;

/// ln of the ratio of each estimate to p(x) over `samples` draws, `[50]`: the logarithm of a mean is
/// logsumexp − ln L.
pub(super) fn log_errors(log_weights: &Tensor, samples: i64, log_evidence: f64) -> Tensor {
    let first = log_weights.narrow(1, 0, samples);
    first.logsumexp([1], false) - (samples as f64).ln() - log_evidence
}

/// One model and one x, with the log weights of both estimators, `[50, 4096]`.
pub(super) struct Trial {
    pub(super) latent_dim: i64,
    pub(super) log_evidence: f64,
    /// ln p(x | z) for z from the prior.
    pub(super) plain: Tensor,
    /// ln p(x, z)/q(z) for z from q, wider than the posterior.
    pub(super) weighted: Tensor,
    /// The same for z from the posterior itself.
    pub(super) exact: Tensor,
}

impl Trial {
    pub(super) fn new(context: &Context, latent_dim: i64) -> Trial {
        let model = model(context, latent_dim);
        let x = images(context, &model, 1).squeeze_dim(0);
        let draws = REPEATS * SAMPLES[SAMPLES.len() - 1];
        let noise = context.normal(&format!("evidence {latent_dim} draws"), &[draws, latent_dim]);
        let posterior = model.posterior(&x);
        let wider = Gaussian {
            mean: posterior.mean.shallow_clone(),
            factor: &posterior.factor * WIDER.sqrt(),
        };
        let weights = |proposal: &Gaussian| {
            let z = proposal.sample(&noise);
            let joint = model.log_likelihood(&x, &z) + standard_prior(latent_dim).log_prob(&z);
            (joint - proposal.log_prob(&z)).reshape([REPEATS, -1])
        };
        Trial {
            latent_dim,
            log_evidence: model.log_evidence(&x).double_value(&[]),
            plain: model.log_likelihood(&x, &noise).reshape([REPEATS, -1]),
            weighted: weights(&wider),
            exact: weights(&posterior),
        }
    }

    /// The median of |ln p̂ − ln p| against the sample's size.
    pub(super) fn curve(&self, log_weights: &Tensor) -> Vec<(f64, f64)> {
        let error = |samples: &i64| {
            let errors = log_errors(log_weights, *samples, self.log_evidence);
            (*samples as f64, errors.abs().median().double_value(&[]))
        };
        SAMPLES.iter().map(error).collect()
    }

    /// The root mean square of p̂/p − 1 over the repeats.
    pub(super) fn relative_error(&self, log_weights: &Tensor, samples: i64) -> f64 {
        let ratio = log_errors(log_weights, samples, self.log_evidence).exp();
        (ratio - 1.0).square().mean(Kind::Double).sqrt().double_value(&[])
    }
}
