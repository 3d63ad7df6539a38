//! Posteriors without a kernel of their own.

use std::sync::Arc;

use autodecoder_kernels::Reparameterisation;
use tch::{Kind, Tensor};

use crate::{Noise, Posterior};

/// The kernel of `posterior`, or libtorch's operations and their gradients behind the same interface.
pub fn kernel(posterior: &Arc<dyn Posterior>) -> Box<dyn Reparameterisation> {
    posterior.kernel().unwrap_or_else(|| Box::new(ByAutograd(Arc::clone(posterior))))
}

#[derive(Debug)]
struct ByAutograd(Arc<dyn Posterior>);

impl ByAutograd {
    fn noise(&self, noise: &[f32], latent_dim: usize) -> Tensor {
        match self.0.noise() {
            Noise::None => Tensor::zeros([1, 1], (Kind::Float, tch::Device::Cpu)),
            Noise::Normal | Noise::Uniform => matrix(noise, latent_dim),
        }
    }
}

impl Reparameterisation for ByAutograd {
    fn sample(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        z: &mut [f32],
        kl: &mut [f32],
    ) {
        let _guard = tch::no_grad_guard();
        let (rows, noise) = (matrix(rows, rows.len() / kl.len()), self.noise(noise, latent_dim));
        copy(&self.0.rsample(&rows, &noise), z);
        match self.0.kl(&rows, &noise).value() {
            Some(value) => copy(value, kl),
            None => kl.fill(0.0),
        }
    }

    fn gradient(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        z_gradient: &[f32],
        kl_weight: f32,
        gradient: &mut [f32],
    ) {
        let width = rows.len() * latent_dim / z_gradient.len();
        let rows = matrix(rows, width).set_requires_grad(true);
        let noise = self.noise(noise, latent_dim);
        // The gradient of Σ z · c for a constant c is the chain rule's product with c.
        let product = self.0.rsample(&rows, &noise) * matrix(z_gradient, latent_dim);
        let mut objective = product.sum(None);
        if let Some(kl) = self.0.kl(&rows, &noise).value() {
            objective += kl.sum(None) * f64::from(kl_weight);
        }
        let gradients = Tensor::run_backward(&[&objective], &[&rows], false, false);
        copy(&gradients[0], gradient);
    }

    fn log_ratio(
        &self,
        rows: &[f32],
        noise: &[f32],
        latent_dim: usize,
        ratio: &mut [f32],
        z_gradient: &mut [f32],
    ) {
        let rows = matrix(rows, rows.len() / ratio.len());
        let z = self.0.rsample(&rows, &self.noise(noise, latent_dim)).set_requires_grad(true);
        let Some(value) = self.0.log_ratio(&rows, &z) else {
            ratio.fill(0.0);
            z_gradient.fill(0.0);
            return;
        };
        let gradients = Tensor::run_backward(&[&value.sum(None)], &[&z], false, false);
        copy(&value, ratio);
        copy(&gradients[0], z_gradient);
    }
}

fn matrix(values: &[f32], columns: usize) -> Tensor {
    Tensor::from_slice(values).reshape([-1, columns as i64])
}

fn copy(from: &Tensor, to: &mut [f32]) {
    from.contiguous().copy_data(to, to.len());
}
