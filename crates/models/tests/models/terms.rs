//! The objective's terms against sums done by hand.

use approx::assert_relative_eq;
use autodecoder_models::{LatentModel, ModelSpec, Observation};
use tch::{Kind, Tensor};

use crate::make::{auto_decoder, conv, mlp, model, numbers, pixels, variational, wave};

fn assert_close(found: &Tensor, expected: &[f64]) {
    let found = numbers(found);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_relative_eq!(found, expected, max_relative = 1e-5);
    }
}

/// The likelihood's nats of latents `z`, given as numbers.
fn reconstruction(model: &LatentModel, z: &[f64], images: &Observation) -> Vec<f64> {
    let z = Tensor::from_slice(z).to_kind(Kind::Float).reshape([-1, 3]);
    numbers(&model.likelihood().negative_log_prob(&model.decoder().forward(&z), images))
}

#[test]
fn an_auto_decoder_has_a_reconstruction_and_perhaps_a_norm() {
    let (rows, images) = (wave(&[4, 3], Kind::Float) * 2.0, pixels(4).into());
    let z = numbers(&rows);
    for l2 in [0.0, 0.25] {
        let model = model(ModelSpec { l2, beta: 7.0, ..auto_decoder(conv()) });
        let terms = model.terms(&rows, &rows.zeros_like(), &images);
        let expected = reconstruction(&model, &z, &images);
        assert_close(&terms.reconstruction, &expected);
        assert!(terms.kl.is_none());
        assert!(terms.negative_elbo().is_none(), "an auto-decoder bounds nothing");
        let norms: Vec<f64> = z.chunks(3).map(|z| z.iter().map(|x| x * x).sum()).collect();
        for weight in [0.0, 0.5, 1.0] {
            let sums = expected.iter().zip(&norms).map(|(r, norm)| r + weight * l2 * norm);
            assert_close(&terms.objective(weight), &sums.collect::<Vec<_>>());
        }
        assert_eq!(terms.regulariser.is_some(), l2 > 0.0);
    }
}

#[test]
fn a_variational_one_decodes_a_sample_and_adds_beta_times_kl() {
    let (rows, noise) = (wave(&[4, 6], Kind::Float), wave(&[4, 3], Kind::Float).flip([0]));
    let images = pixels(4).into();
    let (row_numbers, noise_numbers) = (numbers(&rows), numbers(&noise));
    let (mut z, mut kl) = (Vec::new(), Vec::new());
    for (row, noise) in row_numbers.chunks(6).zip(noise_numbers.chunks(3)) {
        let (means, raw) = row.split_at(3);
        let log_variances: Vec<f64> = raw.iter().map(|raw| 20.0 * (raw / 20.0).tanh()).collect();
        let mut total = 0.0;
        for i in 0..3 {
            z.push(means[i] + (0.5 * log_variances[i]).exp() * noise[i]);
            total += means[i] * means[i] + log_variances[i].exp() - 1.0 - log_variances[i];
        }
        kl.push(0.5 * total);
    }
    for beta in [1.0, 4.0] {
        let model = model(ModelSpec { beta, l2: 9.0, ..variational(mlp()) });
        let terms = model.terms(&rows, &noise, &images);
        let expected = reconstruction(&model, &z, &images);
        assert_close(&terms.reconstruction, &expected);
        assert_close(terms.kl.as_ref().unwrap(), &kl);
        let sum = |weight: f64| {
            expected.iter().zip(&kl).map(|(r, kl)| r + weight * kl).collect::<Vec<_>>()
        };
        assert_close(&terms.objective(0.5), &sum(0.5 * beta));
        assert_close(&terms.negative_elbo().unwrap(), &sum(1.0));
    }
}

#[test]
fn decoding_gives_the_likelihoods_mean() {
    let model = model(auto_decoder(conv()));
    let z = wave(&[2, 3], Kind::Float);
    let logits = numbers(&model.decoder().forward(&z));
    let expected: Vec<f64> = logits.iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect();
    assert_close(&model.decode(&z), &expected);
}
