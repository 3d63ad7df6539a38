//! What a model says of values that it was not shown.

use anyhow::Result;
use autodecoder_training::latent_noise;
use tch::{Device, Kind, Tensor};

use super::AppliedModel;

/// Rows that are decoded at a time.
const CHUNK: i64 = 256;

/// Mean and standard deviation of every value over posterior samples, images one after another.
#[derive(Debug)]
pub(super) struct Expected {
    pub mean: Vec<f64>,
    pub deviation: Vec<f64>,
}

/// Decodes `draws` samples of each row's posterior (a point's are all the same, and one is enough). Noise
/// comes from the stream `impute`.
pub(super) fn expected(applied: &AppliedModel, rows: &Tensor, draws: u32) -> Result<Expected> {
    let posterior = applied.model.posterior();
    let point = posterior.noise() == autodecoder_distributions::Noise::None;
    let draws = if point { 1 } else { draws };
    let latent_dim = applied.model.spec().latent_dim;
    let mut result = Expected { mean: Vec::new(), deviation: Vec::new() };
    for (number, rows) in (0u64..).zip(rows.split(CHUNK, 0)) {
        // Welford's way: no sum of squares that cancels.
        let mut moments: Option<(Tensor, Tensor)> = None;
        for draw in 0..u64::from(draws) {
            let mut rng = applied.streams.rng("impute", &[number, draw]);
            let size = rows.size()[0];
            let noise = latent_noise(posterior.noise(), size, latent_dim, applied.device, &mut rng);
            let decoded = tch::no_grad(|| {
                let decoded = applied.model.decode(&posterior.rsample(&rows, &noise));
                decoded.flatten(1, -1).to_kind(Kind::Double)
            });
            moments = Some(match moments {
                None => (decoded.shallow_clone(), decoded.zeros_like()),
                Some((mean, squares)) => {
                    let apart = &decoded - &mean;
                    let mean = mean + &apart / (draw + 1) as f64;
                    let squares = squares + apart * (decoded - &mean);
                    (mean, squares)
                }
            });
        }
        if let Some((mean, squares)) = moments {
            result.mean.extend(numbers(&mean)?);
            result.deviation.extend(numbers(&(squares / f64::from(draws)).sqrt())?);
        }
    }
    Ok(result)
}

fn numbers(values: &Tensor) -> Result<Vec<f64>> {
    Ok(Vec::try_from(values.reshape([-1]).to_device(Device::Cpu))?)
}
