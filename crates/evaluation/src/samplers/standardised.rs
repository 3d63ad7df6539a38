//! Latents brought to one scale, so that a fit need not know how wide a dimension is.

use tch::{Kind, Tensor};

/// Deviations below this are none: a dimension that all latents agree in.
const LEAST_DEVIATION: f64 = 1e-6;

/// Latents with mean 0 and variance 1 in each dimension, on the CPU in f64.
#[derive(Debug)]
pub(super) struct Standardised {
    /// `[N, latent_dim]`.
    pub values: Tensor,
    /// `[latent_dim]`.
    pub mean: Tensor,
    /// `[latent_dim]`.
    pub deviation: Tensor,
}

impl Standardised {
    /// Standardises `latents` `[N, latent_dim]`.
    pub fn new(latents: &Tensor) -> Standardised {
        let latents = latents.detach().to_device(tch::Device::Cpu).to_kind(Kind::Double);
        let mean = latents.mean_dim([0i64].as_slice(), false, None::<Kind>);
        let centred = latents - &mean;
        let variance = centred.square().mean_dim([0i64].as_slice(), false, None::<Kind>);
        let deviation = variance.sqrt().clamp_min(LEAST_DEVIATION);
        Standardised { values: centred / &deviation, mean, deviation }
    }
}
