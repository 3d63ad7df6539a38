//! A family of posteriors held near another prior than its own.

use std::sync::Arc;

use tch::Tensor;

use crate::{Kl, Noise, Posterior, Prior};

/// The posteriors of a family, with another prior than the one that belongs to it. Rows mean what they
/// mean in the family; only the divergence is another, `log q(z) − log p(z)` at the reparameterised sample.
/// [`Posterior::start`] goes by the family's own prior.
#[derive(Debug, Clone)]
pub struct UnderPrior {
    family: Arc<dyn Posterior>,
    prior: Arc<dyn Prior>,
}

impl UnderPrior {
    /// The posteriors of `family` under `prior`, whose support must not be smaller than theirs.
    pub fn new(family: Arc<dyn Posterior>, prior: Arc<dyn Prior>) -> UnderPrior {
        UnderPrior { family, prior }
    }
}

impl Posterior for UnderPrior {
    fn name(&self) -> &'static str {
        self.family.name()
    }

    fn parameter_names(&self) -> &'static [&'static str] {
        self.family.parameter_names()
    }

    fn noise(&self) -> Noise {
        self.family.noise()
    }

    fn constrain(&self, rows: &Tensor) -> Vec<Tensor> {
        self.family.constrain(rows)
    }

    fn unconstrain(&self, parameters: &[Tensor]) -> Tensor {
        self.family.unconstrain(parameters)
    }

    fn rsample(&self, rows: &Tensor, noise: &Tensor) -> Tensor {
        self.family.rsample(rows, noise)
    }

    fn log_prob(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor> {
        self.family.log_prob(rows, z)
    }

    fn kl(&self, rows: &Tensor, noise: &Tensor) -> Kl {
        let z = self.rsample(rows, noise);
        match self.log_prob(rows, &z) {
            Some(log_q) => Kl::MonteCarlo(log_q - self.prior.log_prob(&z)),
            None => Kl::Undefined,
        }
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        self.family.mean(rows)
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        self.family.variance(rows)
    }

    fn has_continuous_density(&self) -> bool {
        self.family.has_continuous_density()
    }

    fn prior(&self) -> &dyn Prior {
        self.prior.as_ref()
    }

    fn start(&self, location: &Tensor, spread: f64) -> Tensor {
        self.family.start(location, spread)
    }
}
