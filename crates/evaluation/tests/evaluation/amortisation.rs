//! Starts for inference against brute force, and per-image nats against their mean.

use approx::assert_relative_eq;
use autodecoder_evaluation::{LinearEncoder, best_of_prior, evaluate, infer, negative_elbos};
use autodecoder_training::{Pca, Silent, Streams, latent_noise, optimisers};
use tch::{Device, Kind, Tensor};

use crate::make::{auto_decoder, evaluation, images, inference, model, numbers, variational};

#[test]
fn the_search_finds_the_sample_that_explains_an_image_best() {
    let images = images(7);
    let model = model(variational(), &images);
    let streams = Streams::new(3);
    let found = best_of_prior(&model, &images, 40, &streams, &mut Silent).unwrap();
    let prior = model.posterior().prior();
    let mut rng = streams.rng("prior search", &[]);
    let z = prior.sample(&latent_noise(prior.noise(), 40, 3, Device::Cpu, &mut rng));
    for image in 0..7 {
        let nats = |draw: i64| {
            let logits = model.decoder().forward(&z.narrow(0, draw, 1));
            let nats = model.likelihood().negative_log_prob(&logits, &images.range(image, 1));
            nats.double_value(&[0])
        };
        let best = (0..40).min_by(|&a, &b| nats(a).total_cmp(&nats(b))).unwrap();
        assert_eq!(numbers(&found.narrow(0, image, 1)), numbers(&z.narrow(0, best, 1)));
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
