//! Starts for inference against brute force, and per-image nats against their mean.

use approx::assert_relative_eq;
use autodecoder_evaluation::{
    InferenceConfig, LinearEncoder, best_of_prior, evaluate, infer, negative_elbos,
};
use autodecoder_models::{ModelSpec, Observation};
use autodecoder_training::{Pca, Silent, Streams, latent_noise, optimisers};
use tch::{Device, Kind, Tensor};

use crate::make::{auto_decoder, evaluation, images, inference, model, numbers, part, variational};

/// The Bernoulli's nats are an affine function of pixels, which is computed otherwise than the Gaussian's. More
/// draws than are decoded at a time.
#[test]
fn the_search_finds_the_sample_that_explains_an_image_best() {
    let images = images(7);
    for likelihood in ["bernoulli", "gaussian"] {
        let spec = ModelSpec { likelihood: part(likelihood), ..variational() };
        let model = model(spec, &images);
        let streams = Streams::new(3);
        for draws in [40, 100_000] {
            let found = best_of_prior(&model, &images, draws, &streams, &mut Silent).unwrap();
            let prior = model.posterior().prior();
            let mut rng = streams.rng("prior search", &[]);
            let z = prior.sample(&latent_noise(prior.noise(), draws, 3, Device::Cpu, &mut rng));
            let nats = |z: &Tensor, image: i64| {
                let logits = model.decoder().forward(z);
                let pixels = images.range(image, 1).pixels.expand_as(&logits);
                let image = Observation { pixels, observed: None };
                numbers(&model.likelihood().negative_log_prob(&logits, &image))
            };
            for image in 0..7 {
                let least = nats(&z, image).into_iter().fold(f64::INFINITY, f64::min);
                let reached = nats(&found.narrow(0, image, 1), image)[0];
                assert_relative_eq!(reached, least, epsilon = 1e-5);
            }
        }
    }
}

/// Rows that are not moved stay where inference begins. A uniform posterior cannot begin at the prior's ends.
#[test]
fn inference_begins_at_the_best_candidate_where_there_are_few_dimensions() {
    let images = images(6);
    for (posterior, latent_dim, searched) in
        [("gaussian", 3, true), ("uniform", 3, true), ("gaussian", 7, true), ("gaussian", 8, false)]
    {
        let spec = ModelSpec { latent_dim, posterior: posterior.to_owned(), ..variational() };
        let model = model(spec, &images);
        let streams = Streams::new(3);
        let mut config = InferenceConfig { candidates: 41, ..inference(1) };
        config.latents.rate = 0.0;
        let fitted = infer(&model, &images, &config, &optimisers(), &streams, &mut Silent).unwrap();
        let prior = model.posterior().prior();
        let mut rng = streams.rng("prior search", &[]);
        let noise = latent_noise(prior.noise(), 40, latent_dim, Device::Cpu, &mut rng);
        let mean = Tensor::zeros([1, latent_dim], (Kind::Float, Device::Cpu));
        let places = Tensor::cat(&[&mean, &prior.sample(&noise).to_kind(Kind::Float)], 0);
        let rows = model.posterior().start(&places, config.spread);
        let candidates = model.posterior().mean(&rows);
        let mut others = 0;
        for image in 0..6 {
            let nats = |place: i64| {
                let logits = model.decoder().forward(&candidates.narrow(0, place, 1));
                let image = images.range(image, 1);
                model.likelihood().negative_log_prob(&logits, &image).double_value(&[0])
            };
            let best = (0..41).min_by(|&a, &b| nats(a).total_cmp(&nats(b))).unwrap();
            others += i64::from(best != 0);
            let place = if searched { best } else { 0 };
            assert_eq!(numbers(&fitted.get(image)), numbers(&rows.get(place)));
        }
        assert!(others > 0, "the mean is the best candidate of every image: nothing was seen");
    }
}

/// Latents that are a linear function of the images' components are found again.
#[test]
fn a_linear_relation_is_recovered() {
    let images = images(60);
    let pca = Pca::fit(&images, 4);
    let scores = pca.whitened_scores(&images);
    let weights = Tensor::from_slice(&[1.0f32, -2.0, 0.5, 0.0, 3.0, 1.5, -1.0, 0.25]);
    let latents = scores.matmul(&weights.reshape([4, 2])) + 0.75;
    let found = LinearEncoder::fit(&pca, &images, &latents).latents(&images);
    for (found, expected) in numbers(&found).into_iter().zip(numbers(&latents)) {
        assert_relative_eq!(found, expected, epsilon = 2e-2);
    }
}

#[test]
fn nats_of_images_average_to_the_metric() {
    let images = images(9);
    let (config, streams) = (evaluation(3), Streams::new(5));
    let bound = model(variational(), &images);
    let rows = infer(&bound, &images, &inference(5), &optimisers(), &streams, &mut Silent).unwrap();
    let nats =
        negative_elbos(&bound, &rows, &images, &config, &streams, "some", &mut Silent).unwrap();
    let nats = nats.unwrap();
    assert_eq!((nats.size(), nats.kind()), (vec![9], Kind::Double));
    let metrics = evaluate(&bound, &rows, &images, &config, &streams, "some", &mut Silent).unwrap();
    let mean = numbers(&nats).iter().sum::<f64>() / 9.0;
    assert_relative_eq!(mean, metrics.negative_elbo.unwrap(), max_relative = 1e-12);
    let boundless = model(auto_decoder(), &images);
    let rows = Tensor::zeros([9, 3], (Kind::Float, Device::Cpu));
    let nats = negative_elbos(&boundless, &rows, &images, &config, &streams, "some", &mut Silent);
    assert!(nats.unwrap().is_none());
}
