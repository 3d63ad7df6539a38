use autodecoder_distributions::{Kl, Noise, Posterior, Prior, StandardNormal};
use tch::{Kind, Tensor};

/// `N(mean, σ² I)` with one σ for all rows and dimensions, as in the VAD paper (arXiv:1903.00840).
#[derive(Debug)]
pub struct FixedGaussian {
    pub sigma: f64,
}

impl Posterior for FixedGaussian {
    fn name(&self) -> &'static str {
        "fixed-gaussian"
    }

    fn parameter_names(&self) -> &'static [&'static str] {
        &["mean"]
    }

    fn noise(&self) -> Noise {
        Noise::Normal
    }

    fn constrain(&self, rows: &Tensor) -> Vec<Tensor> {
        vec![rows.shallow_clone()]
    }

    fn unconstrain(&self, parameters: &[Tensor]) -> Tensor {
        parameters[0].copy()
    }

    fn rsample(&self, rows: &Tensor, noise: &Tensor) -> Tensor {
        rows + noise * self.sigma
    }

    fn log_prob(&self, rows: &Tensor, z: &Tensor) -> Option<Tensor> {
        let standard = (z - rows) / self.sigma;
        let log_sigmas = rows.size()[1] as f64 * self.sigma.ln();
        Some(StandardNormal.log_prob(&standard) - log_sigmas)
    }

    fn kl(&self, rows: &Tensor, _noise: &Tensor) -> Kl {
        let variance = self.sigma * self.sigma;
        let each = (rows.square() + (variance - 1.0 - variance.ln())) * 0.5;
        Kl::Closed(each.sum_dim_intlist([1i64].as_slice(), false, None::<Kind>))
    }

    fn mean(&self, rows: &Tensor) -> Tensor {
        rows.shallow_clone()
    }

    fn variance(&self, rows: &Tensor) -> Tensor {
        rows.full_like(self.sigma * self.sigma)
    }

    fn prior(&self) -> &dyn Prior {
        &StandardNormal
    }

    fn start(&self, location: &Tensor, _spread: f64) -> Tensor {
        location.copy()
    }
}
