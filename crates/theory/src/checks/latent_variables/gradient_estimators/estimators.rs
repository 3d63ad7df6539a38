//! Both estimators, one gradient per sample.

use tch::{Kind, Tensor};

use super::SAMPLES;
use crate::Context;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::gaussian::Gaussian;
use crate::toolkit::linear_gaussian::LinearGaussian;

/// f(z) = log p(x | z) under q = N(mean, diag(e^{2 log_deviation})): the VAE's reconstruction term.
pub(super) struct Setting {
    model: LinearGaussian,
    x: Tensor,
    /// μ, `[D]`.
    pub(super) mean: Tensor,
    /// ln σ, `[D]`.
    log_deviation: Tensor,
}

impl Setting {
    /// As many visible numbers as latents.
    pub(super) fn drawn(context: &Context, latent_dim: i64) -> Setting {
        let purpose = format!("gradients {latent_dim}");
        let model = LinearGaussian::orthonormal(context, &purpose, [latent_dim, latent_dim], 0.3);
        let normal = |what: &str| context.normal(&format!("{purpose} {what}"), &[1, latent_dim]);
        let x = model.sample(&normal("latents"), &normal("x noise")).squeeze_dim(0);
        let mean = normal("mean").squeeze_dim(0);
        let log_deviation = mean.full_like(0.5f64.ln());
        Setting { model, x, mean, log_deviation }
    }

    pub(super) fn noise(&self, context: &Context) -> Tensor {
        let latent_dim = self.mean.size()[0];
        context.normal(&format!("gradients {latent_dim} noise"), &[SAMPLES, latent_dim])
    }

    /// E f in closed form.
    pub(super) fn objective(&self) -> f64 {
        self.closed(&self.mean, &self.log_deviation).double_value(&[])
    }

    fn closed(&self, mean: &Tensor, log_deviation: &Tensor) -> Tensor {
        let q = Gaussian::independent(mean.shallow_clone(), &log_deviation.exp());
        self.model.reconstruction(&self.x, &q)
    }

    /// The gradient of E f in the means and the log standard deviations, `[2D]`.
    pub(super) fn exact(&self) -> Tensor {
        let parameters = [&self.mean, &self.log_deviation];
        Tensor::cat(&gradients(&parameters, |p| self.closed(&p[0], &p[1])), 0)
    }

    /// z = μ + σ ε.
    fn latents(&self, noise: &Tensor) -> Tensor {
        &self.mean + self.log_deviation.exp() * noise
    }

    /// f at each sample, `[L]`.
    pub(super) fn log_likelihood(&self, noise: &Tensor) -> Tensor {
        self.model.log_likelihood(&self.x, &self.latents(noise))
    }

    /// One gradient per row, `[L, 2D]`: each sample gets parameters of its own.
    fn per_sample(&self, samples: i64, function: impl Fn(&[Tensor]) -> Tensor) -> Tensor {
        let rows = [&self.mean, &self.log_deviation]
            .map(|parameter| parameter.unsqueeze(0).expand([samples, -1], false));
        let [mean, log_deviation] = &rows;
        Tensor::cat(&gradients(&[mean, log_deviation], function), 1)
    }

    /// ∂f(μ + σ ε)/∂(μ, ln σ): the derivative goes through the sample.
    pub(super) fn pathwise(&self, noise: &Tensor) -> Tensor {
        self.per_sample(noise.size()[0], |p| {
            let z = &p[0] + p[1].exp() * noise;
            self.model.log_likelihood(&self.x, &z).sum(Kind::Double)
        })
    }

    /// (f(z) − baseline) ∂log q(z)/∂(μ, ln σ): the sample and f are constants.
    pub(super) fn score(&self, noise: &Tensor, baseline: f64) -> Tensor {
        let z = self.latents(noise);
        let weight = (self.log_likelihood(noise) - baseline).unsqueeze(1);
        self.per_sample(noise.size()[0], |p| {
            let standardised = (&z - &p[0]) * (-&p[1]).exp();
            let log_q: Tensor = standardised.square() * -0.5 - &p[1];
            (&weight * log_q).sum(Kind::Double)
        })
    }
}
