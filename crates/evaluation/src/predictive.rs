//! What posteriors say of pixels: mean and standard deviation over samples.

use autodecoder_distributions::Noise;
use autodecoder_models::LatentModel;
use autodecoder_training::{Streams, latent_noise};
use tch::{Kind, Tensor};

/// Rows that are decoded at a time.
const CHUNK: i64 = 256;

/// Mean and standard deviation of every decoded value over posterior samples, f64, `[N, values]` each.
///
/// Under the true posterior the mean is the guess of least squared error; under a fitted one what the
/// posterior's mean decodes to can be better.
#[derive(Debug)]
pub struct Predictive {
    /// Mean over samples.
    pub mean: Tensor,
    /// Standard deviation over samples, over the number of samples and not one less.
    pub deviation: Tensor,
}

impl Predictive {
    /// Decodes `draws` samples of the posterior of each of `rows` `[N, row_width]`; a point's are all
    /// the same, and one is enough. Noise comes from the stream `name`.
    pub fn of(
        model: &LatentModel,
        rows: &Tensor,
        draws: u32,
        streams: &Streams,
        name: &str,
    ) -> Predictive {
        let noise = model.posterior().noise();
        let draws = if noise == Noise::None { 1 } else { draws.max(1) };
        let (mut means, mut deviations) = (Vec::new(), Vec::new());
        for (number, rows) in (0u64..).zip(rows.split(CHUNK, 0)) {
            let decode = |draw| {
                let mut rng = streams.rng(name, &[number, draw]);
                let (size, dim) = (rows.size()[0], model.spec().latent_dim);
                let noise = latent_noise(noise, size, dim, rows.device(), &mut rng);
                tch::no_grad(|| {
                    let decoded = model.decode(&model.posterior().rsample(&rows, &noise));
                    decoded.flatten(1, -1).to_kind(Kind::Double)
                })
            };
            let (mean, deviation) = moments(u64::from(draws), decode);
            means.push(mean);
            deviations.push(deviation);
        }
        Predictive { mean: Tensor::cat(&means, 0), deviation: Tensor::cat(&deviations, 0) }
    }
}

/// Welford's way: no sum of squares that cancels.
fn moments(draws: u64, decode: impl Fn(u64) -> Tensor) -> (Tensor, Tensor) {
    let mut mean = decode(0);
    let mut squares = mean.zeros_like();
    for draw in 1..draws {
        let decoded = decode(draw);
        let apart = &decoded - &mean;
        let _ = mean.g_add_(&(&apart / (draw + 1) as f64));
        let _ = squares.g_add_(&(apart * (decoded - &mean)));
    }
    (mean, (squares / draws as f64).sqrt())
}
