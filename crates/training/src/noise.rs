//! Noise for reparameterised samples, drawn on the CPU from a seeded stream.
//!
//! libtorch's generators cannot be saved and differ between CPU and CUDA; these numbers are the
//! same on every device. A batch of latents is small, so drawing it costs microseconds.

use autodecoder_distributions::Noise;
use rand::Rng;
use rand_distr::{Distribution, Open01, StandardNormal};
use tch::{Device, Kind, Tensor};

/// Noise `[rows, columns]` of the given kind on `device`; of one undefined value for
/// [`Noise::None`], which nobody reads.
pub fn latent_noise(
    kind: Noise,
    rows: i64,
    columns: i64,
    device: Device,
    rng: &mut impl Rng,
) -> Tensor {
    if kind == Noise::None {
        return Tensor::zeros([1, 1], (Kind::Float, device));
    }
    let mut values = vec![0.0f32; (rows * columns) as usize];
    draw(kind, rng, &mut values);
    placed(&values, [rows, columns], device)
}

/// Values on `device`. The CPU does not wait until a GPU has them: CUDA sets a small block aside and
/// returns at once, so that the next steps can be prepared while this one runs.
pub(crate) fn placed(values: &[f32], size: [i64; 2], device: Device) -> Tensor {
    let (non_blocking, copy) = (true, false);
    Tensor::from_slice(values).reshape(size).to_device_(device, Kind::Float, non_blocking, copy)
}

/// Fills `values` with noise of the given kind: zeros for [`Noise::None`].
pub(crate) fn draw(kind: Noise, rng: &mut impl Rng, values: &mut [f32]) {
    match kind {
        Noise::None => values.fill(0.0),
        Noise::Normal => values.iter_mut().for_each(|value| *value = StandardNormal.sample(rng)),
        Noise::Uniform => values.iter_mut().for_each(|value| *value = Open01.sample(rng)),
    }
}

/// Standard normals `[rows, columns]` on `device`.
pub fn standard_normal(rows: i64, columns: i64, device: Device, rng: &mut impl Rng) -> Tensor {
    latent_noise(Noise::Normal, rows, columns, device, rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Streams;

    #[test]
    fn normals_have_the_moments_of_a_standard_normal() {
        let mut rng = Streams::new(1).rng("test", &[]);
        let x = standard_normal(1000, 50, Device::Cpu, &mut rng);
        // Standard errors over 50,000 draws: 0.0045 for the mean, 0.0063 for the variance.
        assert!(x.mean(Kind::Double).double_value(&[]).abs() < 0.02);
        assert!((x.var(true).double_value(&[]) - 1.0).abs() < 0.03);
    }

    #[test]
    fn uniforms_stay_in_the_open_interval() {
        let mut rng = Streams::new(1).rng("test", &[]);
        let x = latent_noise(Noise::Uniform, 1000, 100, Device::Cpu, &mut rng);
        assert!(x.min().double_value(&[]) > 0.0);
        assert!(x.max().double_value(&[]) < 1.0);
        assert!((x.mean(Kind::Double).double_value(&[]) - 0.5).abs() < 0.005);
    }
}
