//! Metrics of whole sets against plain loops.

use approx::assert_relative_eq;
use autodecoder_evaluation::{EvaluationConfig, Metrics};
use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, Error, Observer, Silent, Streams, latent_noise};
use tch::Tensor;

use crate::make::{auto_decoder, evaluation, images, learned, model, numbers, variational, wave};

const COUNT: i64 = 10;
const BATCH: usize = 4;

/// The scores with the seed 1, undisturbed.
fn evaluate(
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    config: &EvaluationConfig,
    name: &str,
) -> Metrics {
    let (streams, mut silent) = (Streams::new(1), Silent);
    let found =
        autodecoder_evaluation::evaluate(model, rows, images, config, &streams, name, &mut silent);
    found.unwrap()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Squared errors of each image's pixels, decoded one by one from the posterior's mean.
fn squares(model: &LatentModel, rows: &Tensor) -> Vec<Vec<f64>> {
    let all = images(COUNT as usize);
    let square = |i| {
        let decoded = model.decode(&model.posterior().mean(&rows.narrow(0, i, 1)));
        let pairs = numbers(&decoded).into_iter().zip(numbers(&all.range(i, 1).pixels));
        pairs.map(|(a, b)| (a - b).powi(2)).collect()
    };
    (0..COUNT).map(square).collect()
}

#[test]
fn distances_equal_plain_loops_with_a_short_last_batch() {
    let images = images(COUNT as usize);
    for spec in [auto_decoder(), variational()] {
        let model = model(spec, &images);
        let rows = wave(&[COUNT, model.row_width()], 0.0);
        let found = evaluate(&model, &rows, &images, &evaluation(1), "test");
        let squares = squares(&model, &rows);
        let errors: Vec<f64> = squares.iter().map(|image| mean(image)).collect();
        let decibels: Vec<f64> = errors.iter().map(|mse| -10.0 * mse.log10()).collect();
        let course: Vec<f64> = squares
            .chunks(BATCH)
            .map(|batch| batch.iter().flatten().sum::<f64>().sqrt() / (12 * batch.len()) as f64)
            .collect();
        assert_eq!(course.len(), 3);
        assert_eq!(found.images, 10);
        assert_relative_eq!(found.mse, mean(&errors), max_relative = 1e-5);
        assert_relative_eq!(found.psnr, mean(&decibels), max_relative = 1e-5);
        assert_relative_eq!(found.reconstruction_loss, mean(&course), max_relative = 1e-5);
        assert_eq!(found.reconstruction_loss_batch_size, 4);
    }
}

/// Reconstruction and KL of every image, averaged over the draws that `evaluate` takes.
fn nats(model: &LatentModel, rows: &Tensor, draws: u64) -> (Vec<f64>, Vec<f64>) {
    let (all, streams) = (images(COUNT as usize), Streams::new(1));
    let (mut reconstructions, mut kls) = (vec![0.0; COUNT as usize], vec![0.0; COUNT as usize]);
    for (batch, start) in (0..COUNT).step_by(BATCH).enumerate() {
        let count = (COUNT - start).min(BATCH as i64);
        for draw in 0..draws {
            let mut rng = streams.rng("test", &[batch as u64, draw]);
            let kind = model.posterior().noise();
            let noise = latent_noise(kind, count, 3, tch::Device::Cpu, &mut rng);
            let terms =
                model.terms(&rows.narrow(0, start, count), &noise, &all.range(start, count));
            let add = |sums: &mut [f64], terms: &Tensor| {
                for (sum, value) in sums[start as usize..].iter_mut().zip(numbers(terms)) {
                    *sum += value / draws as f64;
                }
            };
            add(&mut reconstructions, &terms.reconstruction);
            add(&mut kls, terms.kl.as_ref().unwrap());
        }
    }
    (reconstructions, kls)
}

#[test]
fn the_negative_elbo_is_reconstruction_plus_kl_averaged_over_draws() {
    let images = images(COUNT as usize);
    for (posterior, draws) in [("gaussian", 1), ("gaussian", 5), ("logistic", 5)] {
        let spec = autodecoder_models::ModelSpec {
            posterior: posterior.to_owned(),
            beta: 3.0, // Weighs in training only.
            ..variational()
        };
        let model = model(spec, &images);
        let rows = wave(&[COUNT, 6], 0.0);
        let (reconstructions, kls) = nats(&model, &rows, u64::from(draws));
        let sums: Vec<f64> = reconstructions.iter().zip(&kls).map(|(r, kl)| r + kl).collect();
        let squares: f64 = sums.iter().map(|sum| (sum - mean(&sums)).powi(2)).sum();
        let found = evaluate(&model, &rows, &images, &evaluation(draws), "test");
        assert_eq!(found.draws, draws);
        assert_relative_eq!(found.reconstruction, mean(&reconstructions), max_relative = 1e-6);
        assert_relative_eq!(found.kl.unwrap(), mean(&kls), max_relative = 1e-6);
        assert_relative_eq!(found.negative_elbo.unwrap(), mean(&sums), max_relative = 1e-6);
        let error = (squares / 9.0).sqrt() / 10f64.sqrt();
        let found = found.negative_elbo_standard_error.unwrap();
        assert_relative_eq!(found, error, max_relative = 1e-4);
    }
}

#[test]
fn an_auto_decoder_has_no_elbo_and_needs_one_draw() {
    let images = images(COUNT as usize);
    let model = model(auto_decoder(), &images);
    let rows = wave(&[COUNT, 3], 0.0);
    let found = evaluate(&model, &rows, &images, &evaluation(16), "test");
    assert_eq!(
        (found.kl, found.negative_elbo, found.negative_elbo_standard_error),
        (None, None, None)
    );
    assert_eq!(found.draws, 1);
    let logits = model.decoder().forward(&rows);
    let nats = model.likelihood().negative_log_prob(&logits, &images.range(0, COUNT));
    assert_relative_eq!(found.reconstruction, mean(&numbers(&nats)), max_relative = 1e-5);
}

#[test]
fn scoring_changes_neither_model_nor_rows_and_hangs_on_the_stream() {
    let images = images(COUNT as usize);
    let model = model(variational(), &images);
    let rows = wave(&[COUNT, 6], 0.0);
    let (before, rows_before) = (learned(&model), numbers(&rows));
    let score = |name| evaluate(&model, &rows, &images, &evaluation(2), name);
    assert_eq!(score("one"), score("one"));
    assert_ne!(score("one").reconstruction, score("two").reconstruction);
    assert_eq!((learned(&model), numbers(&rows)), (before, rows_before));
}

#[test]
fn a_dimension_is_active_where_its_means_vary_enough() {
    let images = images(COUNT as usize);
    let model = model(variational(), &images);
    // Means alternate between ±s: their variance is s². Log-variances vary too, and do not count.
    let deviations = [0.0f32, 0.05, 0.2];
    let row = |i: i64| deviations.map(|s| if i % 2 == 0 { s } else { -s });
    let means: Vec<f32> = (0..COUNT).flat_map(row).collect();
    let means = Tensor::from_slice(&means).reshape([COUNT, 3]);
    let rows = Tensor::cat(&[means, wave(&[COUNT, 3], 0.0) * 3.0], 1);
    for (active_threshold, expected) in [(0.0, 2), (0.0024, 2), (0.0026, 1), (0.039, 1), (0.041, 0)]
    {
        let config = EvaluationConfig { active_threshold, ..evaluation(1) };
        let found = evaluate(&model, &rows, &images, &config, "test");
        assert_eq!(found.active_dimensions, expected, "threshold {active_threshold}");
    }
}

#[test]
fn a_single_image_has_finite_metrics() {
    let images = images(1);
    let model = model(variational(), &images);
    let rows = wave(&[1, 6], 0.0);
    let found = evaluate(&model, &rows, &images, &evaluation(2), "test");
    assert_eq!(found.negative_elbo_standard_error, Some(0.0));
    assert!(found.negative_elbo.unwrap().is_finite() && found.psnr.is_finite());
    assert_eq!(found.active_dimensions, 0);
}

/// Counts the batches, and asks for a stop after some of them.
struct StopAfter {
    batches: u64,
    seen: Vec<(u64, u64)>,
}

impl Observer for StopAfter {
    fn step(&mut self, done: u64, total: u64) {
        self.seen.push((done, total));
    }

    fn should_stop(&self) -> bool {
        self.seen.len() as u64 == self.batches
    }
}

#[test]
fn scoring_counts_its_batches_and_stops_when_asked() {
    let images = images(COUNT as usize);
    let model = model(variational(), &images);
    let rows = wave(&[COUNT, 6], 0.0);
    let score = |batches| {
        let mut observer = StopAfter { batches, seen: Vec::new() };
        let (config, streams) = (evaluation(2), Streams::new(1));
        let found = autodecoder_evaluation::evaluate(
            &model,
            &rows,
            &images,
            &config,
            &streams,
            "test",
            &mut observer,
        );
        (found, observer.seen)
    };
    let (found, seen) = score(2);
    assert!(matches!(found, Err(Error::Interrupted { place: "during scoring" })), "{found:?}");
    assert_eq!(seen, [(1, 3), (2, 3)]);
    let (found, seen) = score(4);
    assert_eq!(found.unwrap(), evaluate(&model, &rows, &images, &evaluation(2), "test"));
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
}
