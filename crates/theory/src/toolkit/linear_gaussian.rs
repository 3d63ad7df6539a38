//! The latent-variable model in which everything is known: z ~ N(0, I), x = W z + b + σ ε.

use std::f64::consts::TAU;

use tch::{Kind, Tensor};

use super::gaussian::Gaussian;
use crate::Context;

/// A linear decoder with Gaussian noise: probabilistic principal components. A VAE's decoder
/// without its layers, whose log p(x) and posterior have closed forms.
#[derive(Debug)]
pub struct LinearGaussian {
    /// W, `[M, D]`: from D latents to M visible numbers.
    pub weights: Tensor,
    /// b, `[M]`.
    pub offset: Tensor,
    /// σ².
    pub noise_variance: f64,
}

impl LinearGaussian {
    /// A random model whose columns of W have lengths near 1.
    pub fn drawn(context: &Context, purpose: &str, size: [i64; 2], noise_variance: f64) -> Self {
        let scale = (size[0] as f64).sqrt();
        LinearGaussian {
            weights: context.normal(&format!("{purpose} weights"), &size) / scale,
            offset: context.normal(&format!("{purpose} offset"), &size[..1]),
            noise_variance,
        }
    }

    /// The same with columns of W of length 1 at right angles: whatever their number, x says equally
    /// much about each latent. At most as many latents as visible numbers.
    pub fn orthonormal(
        context: &Context,
        purpose: &str,
        size: [i64; 2],
        noise_variance: f64,
    ) -> Self {
        let drawn = Self::drawn(context, purpose, size, noise_variance);
        let (weights, _) = Tensor::linalg_qr(&drawn.weights, "reduced");
        LinearGaussian { weights, ..drawn }
    }

    /// Ancestral sampling: `latents` `[L, D]` from the prior, then noise `[L, M]` on what they
    /// decode to.
    pub fn sample(&self, latents: &Tensor, noise: &Tensor) -> Tensor {
        self.decode(latents) + noise * self.noise_variance.sqrt()
    }

    /// log p(x | z), `[L]`, of one `x` `[M]` under latents `[L, D]`.
    pub fn log_likelihood(&self, x: &Tensor, latents: &Tensor) -> Tensor {
        let squared = (x - self.decode(latents)).square().sum_dim_intlist(1, false, Kind::Double);
        squared * (-0.5 / self.noise_variance) + self.log_scale()
    }

    /// p(x) = N(b, W Wᵀ + σ² I).
    pub fn evidence(&self) -> Gaussian {
        self.evidence_with_noise(self.noise_variance)
    }

    /// p(x) if the noise had this variance.
    pub fn evidence_with_noise(&self, noise_variance: f64) -> Gaussian {
        let noise = noise_variance * identity(self.weights.size()[0]);
        Gaussian::new(
            self.offset.shallow_clone(),
            &(self.weights.matmul(&self.weights.tr()) + noise),
        )
    }

    /// log p(x) of one `x` `[M]`, a scalar.
    pub fn log_evidence(&self, x: &Tensor) -> Tensor {
        self.evidence().log_prob(&x.unsqueeze(0)).squeeze()
    }

    /// The inverse covariance of p(z | x), `I + Wᵀ W / σ²`, the same for every x.
    pub fn posterior_precision(&self) -> Tensor {
        let informed = self.weights.tr().matmul(&self.weights) / self.noise_variance;
        identity(self.weights.size()[1]) + informed
    }

    /// p(z | x) for one `x` `[M]`.
    pub fn posterior(&self, x: &Tensor) -> Gaussian {
        let covariance = Tensor::linalg_inv(&self.posterior_precision());
        let evidence = self.weights.tr().mv(&(x - &self.offset)) / self.noise_variance;
        Gaussian::new(covariance.mv(&evidence), &covariance)
    }

    /// E_q[log p(x | z)] in closed form, a scalar: the reconstruction term.
    pub fn reconstruction(&self, x: &Tensor, q: &Gaussian) -> Tensor {
        let missed = (x - self.decode(&q.mean.unsqueeze(0))).square().sum(Kind::Double);
        let spread = self.weights.matmul(&q.factor).square().sum(Kind::Double);
        (missed + spread) * (-0.5 / self.noise_variance) + self.log_scale()
    }

    fn decode(&self, latents: &Tensor) -> Tensor {
        latents.matmul(&self.weights.tr()) + &self.offset
    }

    /// ln of the constant in front of p(x | z).
    fn log_scale(&self) -> f64 {
        -0.5 * self.weights.size()[0] as f64 * (TAU * self.noise_variance).ln()
    }
}

/// The prior N(0, I) of `dimensions` latents.
pub fn standard_prior(dimensions: i64) -> Gaussian {
    let eye = identity(dimensions);
    Gaussian { mean: eye.get(0).zeros_like(), factor: eye }
}

fn identity(size: i64) -> Tensor {
    Tensor::eye(size, (Kind::Double, tch::Device::Cpu))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use autodecoder_training::Streams;

    use super::*;
    use crate::toolkit::compare::largest_difference;

    fn context() -> Context {
        Context { streams: Streams::new(1), sample: PathBuf::new(), data: None, full: false }
    }

    fn model() -> (LinearGaussian, Tensor) {
        let model = LinearGaussian::drawn(&context(), "test", [5, 3], 0.2);
        let x = model.sample(&context().normal("z", &[1, 3]), &context().normal("noise", &[1, 5]));
        (model, x.squeeze_dim(0))
    }

    #[test]
    fn evidence_is_joint_over_posterior_at_every_latent() {
        let (model, x) = model();
        let z = context().normal("any latents", &[10, 3]);
        let joint = model.log_likelihood(&x, &z) + standard_prior(3).log_prob(&z);
        let quotient = joint - model.posterior(&x).log_prob(&z);
        assert!(largest_difference(&quotient, &model.log_evidence(&x).expand([10], false)) < 1e-12);
    }

    #[test]
    fn evidence_is_the_integral_over_the_prior() {
        let model = LinearGaussian::drawn(&context(), "narrow", [4, 1], 0.3);
        let x = context().normal("x", &[4]);
        let grid = Tensor::linspace(-12.0, 12.0, 4001, (Kind::Double, tch::Device::Cpu));
        let z = grid.unsqueeze(1);
        let joint = model.log_likelihood(&x, &z) + standard_prior(1).log_prob(&z);
        let integral = joint.exp().sum(Kind::Double) * (24.0 / 4000.0);
        assert!(largest_difference(&integral.log(), &model.log_evidence(&x)) < 1e-10);
    }

    #[test]
    fn reconstruction_is_the_mean_of_the_log_likelihood() {
        let (model, x) = model();
        let q = model.posterior(&x);
        // Points that match mean and covariance make the mean of a quadratic exact.
        let axes = identity(3) * 3f64.sqrt();
        let z = q.sample(&Tensor::cat(&[&axes, &-&axes], 0));
        let mean = model.log_likelihood(&x, &z).mean(Kind::Double);
        assert!(largest_difference(&mean, &model.reconstruction(&x, &q)) < 1e-12);
    }
}
