//! Three statements about VAEs, true or false: the posterior of one image is the prior; encoding an
//! image twice gives one reconstruction; the loss bounds −log p(x) from above.
//!
//! The first two are measured on a VAE with 8 latent dimensions, the third where −log p(x) can be
//! computed.

mod bound;

use anyhow::Result;
use autodecoder_data::Split;
use autodecoder_models::ModelKind;
use autodecoder_training::{DeviceImages, standard_normal};
use tch::{Device, Kind, Tensor};

use super::small_models::{Recipe, Trained};
use crate::toolkit::compare::largest_difference;
use crate::toolkit::numbers::fixed;
use crate::{Context, Finding, Outcome, Verdict};

const QUESTION: &str = "001, Unsupervised learning, question 2";

/// Trains two VAEs on the sample of images.
pub fn vae_statements(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let set = context.sample(Split::Train)?;
    let images = DeviceImages::new(&set, Device::Cpu);
    let vae = recipe(context, 8).with_encoder().train(&images)?;
    let pixels = images.range(0, images.len()).pixels;
    tch::no_grad(|| {
        outcome.findings.push(one_image(&vae));
        outcome.findings.extend(encoding_twice(context, &vae, &pixels));
    });
    bound::findings(context, &set, &mut outcome)?;
    Ok(outcome)
}

/// A variational model of `latent_dim` dimensions.
fn recipe(context: &Context, latent_dim: i64) -> Recipe {
    Recipe {
        kind: ModelKind::VariationalAutoDecoder,
        latent_dim,
        hidden: vec![64, 128],
        likelihood: "bernoulli",
        beta: 1.0,
        epochs: 60,
        batch_size: 32,
        streams: context.streams,
    }
}

fn one_image(vae: &Trained) -> Finding {
    let rows = &vae.rows;
    let posterior = vae.model.posterior();
    let kl = posterior.kl(rows, &rows.zeros_like());
    let kl = kl.value().map_or_else(|| Tensor::from(f64::NAN), Tensor::shallow_clone);
    let apart = kl.gt(0.1).sum(Kind::Int64).int64_value(&[]);
    // The variance of a draw from the posterior of a random image, by the law of total variance.
    let between = posterior.mean(rows).var_dim([0i64].as_slice(), false, false);
    let within = posterior.variance(rows).mean_dim([0i64].as_slice(), false, Kind::Float);
    let average = |values: &Tensor| values.mean(Kind::Double).double_value(&[]);
    let measured = format!(
        "so for {apart} images, {} nats on average; all images’ latents together have a variance of {} a \
         dimension",
        fixed(average(&kl), 1),
        fixed(average(&(within + between)), 2)
    );
    let claim = "False: the latent-space distribution for a specific input image is not necessarily \
                 N(0, I)";
    let expected = "a KL divergence from N(0, I) of more than 0.1 nats for each of 256 images";
    finding("one-image", [claim, expected], measured, apart == rows.size()[0])
}

fn encoding_twice(context: &Context, vae: &Trained, pixels: &Tensor) -> [Finding; 2] {
    let posterior = vae.model.posterior();
    let mut rng = context.rng("vae-statements draws");
    let mut draw = || {
        let noise = standard_normal(pixels.size()[0], 8, Device::Cpu, &mut rng);
        posterior.rsample(&vae.rows, &noise)
    };
    let (z, other) = (draw(), draw());
    let rms = |a: &Tensor, b: &Tensor| (a - b).square().mean(Kind::Double).double_value(&[]).sqrt();
    let first = vae.model.decode(&z);
    let between = rms(&first, &vae.model.decode(&other));
    let error = rms(&first, pixels);
    let again = vae.model.encode(&pixels.shallow_clone().into());
    let rows = again.map_or(f64::NAN, |again| largest_difference(&vae.rows, &again));
    let decoded = largest_difference(&first, &vae.model.decode(&z));
    let differ = format!(
        "{} between two reconstructions of an image, {} between one and the image",
        fixed(between, 3),
        fixed(error, 3)
    );
    let where_from = format!(
        "largest difference of two outputs for one z {decoded}; of two encodings’ μ and ln σ² {rows}; of \
         two z drawn from them {}",
        fixed(largest_difference(&z, &other), 1)
    );
    let claim = "False: the reconstructions from several encodings of one image are not the same";
    let expected = "a root mean square difference per pixel above 0.01";
    let reason = "They differ due to the stochasticity of the decoder’s output, which varies even for \
                  the same encoded input";
    let for_that = "a difference where one z is decoded twice";
    [
        finding("encoded-twice", [claim, expected], differ, between > 0.01),
        finding("decoder-noise", [reason, for_that], where_from, decoded > 0.0),
    ]
}

fn finding(id: &str, [claim, expected]: [&str; 2], measured: String, agrees: bool) -> Finding {
    Finding::exact(id, claim, QUESTION, expected, measured, Verdict::holds_if(agrees)).within(0.4)
}
