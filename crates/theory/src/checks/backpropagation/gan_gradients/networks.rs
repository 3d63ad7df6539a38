//! A discriminator and a generator as document 004 has them: fully connected, without biases.

use tch::{Kind, Tensor};

use crate::Context;
use crate::toolkit::derivatives::gradients;

/// How many real images and how many noise vectors.
pub(super) const COUNT: i64 = 8;

/// Weights of both players, and what they see.
pub(super) struct Gan {
    /// W of each layer of the discriminator, `[out, in]`; tanh between, a sigmoid at the end.
    pub discriminator: Vec<Tensor>,
    /// W of each layer of the generator; tanh between, nothing at the end.
    pub generator: Vec<Tensor>,
    /// X: `[COUNT, 3]`.
    pub real: Tensor,
    /// Z: `[COUNT, 2]`.
    pub noise: Tensor,
}

impl Gan {
    /// Normal weights, images and noise.
    pub fn new(context: &Context) -> Gan {
        let normal =
            |name: &str, shape: &[i64]| context.normal(&format!("gan-gradients {name}"), shape);
        Gan {
            discriminator: vec![
                normal("W1", &[6, 3]),
                normal("W2", &[5, 6]) / 2.0,
                normal("W3", &[1, 5]),
            ],
            generator: vec![normal("V1", &[5, 2]), normal("V2", &[3, 5])],
            real: normal("X", &[COUNT, 3]),
            noise: normal("Z", &[COUNT, 2]),
        }
    }

    /// G(Z).
    pub fn fakes(&self) -> Tensor {
        output(&self.generator, &self.noise)
    }

    /// L = (1/n) Σ ln D(Xⁱ) + ln(1 − D(G(Zⁱ))).
    pub fn value(&self) -> Tensor {
        value(&self.discriminator, &self.generator, &self.real, &self.noise)
    }

    /// ∂L/∂W of every layer of the discriminator.
    pub fn discriminator_gradient(&self) -> Vec<Tensor> {
        let weights: Vec<&Tensor> = self.discriminator.iter().collect();
        gradients(&weights, |w| value(w, &self.generator, &self.real, &self.noise))
    }

    /// ∂L/∂V of every layer of the generator.
    pub fn generator_gradient(&self) -> Vec<Tensor> {
        let weights: Vec<&Tensor> = self.generator.iter().collect();
        gradients(&weights, |v| value(&self.discriminator, v, &self.real, &self.noise))
    }
}

/// L as a function of everything.
pub(super) fn value(
    discriminator: &[Tensor],
    generator: &[Tensor],
    real: &Tensor,
    noise: &Tensor,
) -> Tensor {
    let fakes = output(generator, noise);
    real_part(&output(discriminator, real)) + fake_part(&output(discriminator, &fakes))
}

/// (1/n) Σ ln D(Xⁱ), from the last pre-activations.
pub(super) fn real_part(score: &Tensor) -> Tensor {
    score.sigmoid().log().mean(Kind::Double)
}

/// (1/n) Σ ln(1 − D(G(Zⁱ))), from the last pre-activations.
pub(super) fn fake_part(score: &Tensor) -> Tensor {
    let rejected: Tensor = 1.0 - score.sigmoid();
    rejected.log().mean(Kind::Double)
}

/// The last pre-activations, a row per input.
pub(super) fn output(weights: &[Tensor], x: &Tensor) -> Tensor {
    continued(&weights[1..], x.matmul(&weights[0].tr()))
}

/// The same from the pre-activations of an earlier layer on: `weights` are those of the layers above.
pub(super) fn continued(weights: &[Tensor], z: Tensor) -> Tensor {
    weights.iter().fold(z, |z, w| z.tanh().matmul(&w.tr()))
}
