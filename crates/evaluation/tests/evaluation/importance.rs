//! Importance-weighted bounds against closed forms, quadrature and plain loops.

use std::f64::consts::TAU;

use approx::assert_relative_eq;
use autodecoder_data::{ImageSet, ImageShape, Mask};
use autodecoder_evaluation::{ImportanceBounds, ImportanceConfig, evaluate, importance_bounds};
use autodecoder_models::{LatentModel, ModelSpec};
use autodecoder_training::{DeviceImages, Error, Observer, Silent, Streams, latent_noise};
use tch::{Device, Kind, Tensor};

use crate::linear_gaussian::{
    LATENT_DIM, LinearGaussian, PIXELS, VARIANCE, copies, copies_set, first, kl,
};
use crate::make::{
    auto_decoder, evaluation, image_set, images, learned, model, numbers, variational, wave,
};

const GREYS: [[u8; PIXELS as usize]; 3] =
    [[0, 40, 90, 130, 200, 255], [255; PIXELS as usize], [128, 0, 128, 0, 255, 10]];

fn config(samples: u32) -> ImportanceConfig {
    ImportanceConfig { samples, ..ImportanceConfig::default() }
}

fn bounds(
    model: &LatentModel,
    rows: &Tensor,
    images: &DeviceImages,
    config: &ImportanceConfig,
) -> Option<ImportanceBounds> {
    let (streams, mut silent) = (Streams::new(1), Silent);
    importance_bounds(model, rows, images, config, &streams, "test", &mut silent).unwrap()
}

/// The same row for every image: a Gaussian of these means and variances `[LATENT_DIM]`.
fn rows(model: &LatentModel, count: usize, mean: &Tensor, variances: &Tensor) -> Tensor {
    let row = model.posterior().unconstrain(&[mean.shallow_clone(), variances.log()]);
    row.unsqueeze(0).repeat([count as i64, 1])
}

/// Copies of one image make the standard error over images that of the estimate itself.
#[test]
fn bounds_rise_to_the_true_likelihood_and_not_above_it() {
    let exact = LinearGaussian::correlated();
    let model = exact.model();
    for grey in GREYS {
        let images = copies(grey, 400);
        let x = first(&images);
        let truth = exact.log_likelihood(&x);
        let posterior = exact.posterior(&x);
        // Good, but not exact: off centre, without correlations, and a little too wide.
        let mean = &posterior.0 + Tensor::from_slice(&[0.1, -0.05, 0.1]);
        let variances = posterior.1.diag(0).reciprocal() * 1.4;
        let rows = rows(&model, 400, &mean, &variances);
        let found = bounds(&model, &rows, &images, &config(1000)).unwrap();
        assert_eq!((found.images, found.samples), (400, 1000));
        assert_eq!(found.bounds.iter().map(|b| b.samples).collect::<Vec<_>>(), [1, 10, 100, 1000]);
        for pair in found.bounds.windows(2) {
            assert!(pair[0].log_likelihood <= pair[1].log_likelihood, "{found:?}");
        }
        for bound in &found.bounds {
            let above = bound.log_likelihood - truth;
            assert!(above <= 3.0 * bound.standard_error, "{truth}: {bound:?}");
        }
        let elbo = truth - kl(&mean, &variances, &posterior);
        for (bound, expected) in [(found.bounds[0], elbo), (*found.tightest().unwrap(), truth)] {
            // Small beside the gap between the two, or the comparison would say nothing.
            assert!(bound.standard_error < 0.03 * (truth - elbo), "{truth}, {elbo}: {bound:?}");
            let error = (bound.log_likelihood - expected).abs();
            assert!(error <= 3.0 * bound.standard_error, "{expected}: {bound:?}");
        }
        assert!((1.0..1000.0).contains(&found.effective_samples), "{found:?}");
    }
}

#[test]
fn with_the_true_posterior_every_bound_is_exact() {
    let exact = LinearGaussian::diagonal();
    let model = exact.model();
    for grey in GREYS {
        let images = copies(grey, 3);
        let x = first(&images);
        let (mean, precision) = exact.posterior(&x);
        let rows = rows(&model, 3, &mean, &precision.diag(0).reciprocal());
        let found = bounds(&model, &rows, &images, &config(250)).unwrap();
        for bound in &found.bounds {
            let truth = exact.log_likelihood(&x);
            assert_relative_eq!(bound.log_likelihood, truth, epsilon = 1e-9);
            assert!(bound.standard_error < 1e-9, "{bound:?}");
        }
        assert_relative_eq!(found.effective_samples, 250.0, max_relative = 1e-9);
    }
}

/// What is missing is integrated out: its values, whatever they are, say nothing.
#[test]
fn missing_pixels_are_left_out() {
    let exact = LinearGaussian::correlated();
    let model = exact.model();
    let observed = [true, false, true, true, false, true];
    let mask = Mask::new(ImageShape::grey(2, 3), observed.repeat(400)).unwrap();
    let set = copies_set(GREYS[0], 400).with_observed(mask).unwrap();
    let images = DeviceImages::new(&set, Device::Cpu);
    let pixels = [0, 2, 3, 5];
    let x = first(&copies(GREYS[0], 1)).index_select(0, &Tensor::from_slice(&pixels));
    let exact = exact.of_pixels(&pixels);
    let (mean, precision) = exact.posterior(&x);
    let rows = rows(&model, 400, &mean, &(precision.diag(0).reciprocal() * 1.4));
    let found = bounds(&model, &rows, &images, &config(1000)).unwrap();
    let bound = found.tightest().unwrap();
    let error = (bound.log_likelihood - exact.log_likelihood(&x)).abs();
    assert!(bound.standard_error < 0.01 && error <= 3.0 * bound.standard_error, "{bound:?}");
}

/// The log weights of one image of the linear model, sample by sample, in plain f64.
fn plain_log_weights(
    exact: &LinearGaussian,
    x: &[f64],
    (mean, variances): (&[f64], &[f64]),
    noise: &[f64],
) -> Vec<f64> {
    let (weight, bias) = (numbers(&exact.weight), numbers(&exact.bias));
    let normal =
        |offset: f64, variance: f64| -0.5 * (offset * offset / variance + (TAU * variance).ln());
    let weigh = |noise: &[f64]| {
        let z: Vec<f64> =
            (0..noise.len()).map(|d| mean[d] + variances[d].sqrt() * noise[d]).collect();
        let pixel = |m: usize| {
            let decoded: f64 = z.iter().zip(&weight[m * z.len()..]).map(|(z, w)| z * w).sum();
            normal(x[m] - bias[m] - decoded, VARIANCE)
        };
        let prior = |d: usize| normal(z[d], 1.0) - normal(z[d] - mean[d], variances[d]);
        (0..x.len()).map(pixel).sum::<f64>() + (0..z.len()).map(prior).sum::<f64>()
    };
    noise.chunks(LATENT_DIM as usize).map(weigh).collect()
}

fn log_mean_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
    largest + (sum / values.len() as f64).ln()
}

/// More samples than are decoded at a time, and fewer: several calls per image, several images per
/// call.
#[test]
fn bounds_equal_plain_loops_however_the_work_is_cut() {
    let exact = LinearGaussian::correlated();
    let model = exact.model();
    let bytes: Vec<u8> = (0..4 * PIXELS).map(|i| (i * 67 % 256) as u8).collect();
    let shape = ImageShape::grey(2, 3);
    let set = ImageSet::new(shape, bytes, vec![0; 4]).unwrap();
    let images = DeviceImages::new(&set, Device::Cpu);
    let means = wave(&[4, LATENT_DIM], 0.3).to_kind(Kind::Double);
    let log_variances = wave(&[4, LATENT_DIM], 1.1).to_kind(Kind::Double) - 1.5;
    let rows =
        model.posterior().unconstrain(&[means.shallow_clone(), log_variances.shallow_clone()]);
    for samples in [7u32, 400, 2300] {
        let found = bounds(&model, &rows, &images, &config(samples)).unwrap();
        let weights = (0..4).map(|image| {
            let mut rng = Streams::new(1).rng("test", &[image as u64]);
            let kind = model.posterior().noise();
            let noise = latent_noise(kind, i64::from(samples), LATENT_DIM, Device::Cpu, &mut rng);
            let x = numbers(&images.range(image, 1).pixels);
            let (mean, variances) =
                (numbers(&means.get(image)), numbers(&log_variances.get(image).exp()));
            plain_log_weights(&exact, &x, (&mean, &variances), &numbers(&noise))
        });
        let weights: Vec<Vec<f64>> = weights.collect();
        for bound in &found.bounds {
            let k = bound.samples as usize;
            let each = weights.iter().map(|weights| {
                let blocks: Vec<f64> = weights.chunks_exact(k).map(log_mean_exp).collect();
                blocks.iter().sum::<f64>() / blocks.len() as f64
            });
            let each: Vec<f64> = each.collect();
            let mean = each.iter().sum::<f64>() / 4.0;
            let squares: f64 = each.iter().map(|value| (value - mean).powi(2)).sum();
            assert_relative_eq!(bound.log_likelihood, mean, max_relative = 1e-9);
            let error = (squares / 3.0).sqrt() / 2.0;
            assert_relative_eq!(bound.standard_error, error, max_relative = 1e-9);
        }
    }
}

/// A decoder that is not linear, grey Bernoulli pixels, and one latent: `∫ p(x | z) p(z) dz` on a grid.
#[test]
fn a_bernoulli_decoder_agrees_with_quadrature() {
    let one = images(1);
    let model = model(ModelSpec { latent_dim: 1, ..variational() }, &one);
    let step = 1e-3;
    let grid = Tensor::arange_start_step(-8.0, 8.0, step, (Kind::Float, Device::Cpu)).unsqueeze(1);
    let logits = model.decoder().forward(&grid);
    let cost = logits.softplus() - &logits * &one.range(0, 1).pixels;
    let log_joint = -cost.flatten(1, -1).sum_dim_intlist(1, false, Kind::Double)
        + model.posterior().prior().log_prob(&grid);
    let truth = log_joint.logsumexp([0i64].as_slice(), false).double_value(&[]) + step.ln();

    let set = image_set(1);
    let same = ImageSet::new(set.shape(), set.pixels().repeat(300), vec![0; 300]);
    let images = DeviceImages::new(&same.unwrap(), Device::Cpu);
    // Wider than any posterior: weights stay bounded.
    let rows = Tensor::zeros([300, 2], (Kind::Float, Device::Cpu));
    let found = bounds(&model, &rows, &images, &config(1000)).unwrap();
    let bound = found.tightest().unwrap();
    assert!(bound.standard_error < 0.02, "{bound:?}");
    assert!(
        (bound.log_likelihood - truth).abs() <= 3.0 * bound.standard_error,
        "{truth}: {bound:?}"
    );
}

/// K = 1 is the ELBO, whose KL term has another formula.
#[test]
fn one_sample_gives_the_elbo_of_every_posterior() {
    let set = image_set(1);
    let same = ImageSet::new(set.shape(), set.pixels().repeat(50), vec![0; 50]);
    let images = DeviceImages::new(&same.unwrap(), Device::Cpu);
    for posterior in ["gaussian", "laplace", "logistic", "gumbel", "uniform"] {
        let spec = ModelSpec { posterior: posterior.to_owned(), ..variational() };
        let model = model(spec, &images);
        let rows = wave(&[1, 6], 0.4).repeat([50, 1]);
        let found = bounds(&model, &rows, &images, &config(100)).unwrap().bounds[0];
        let streams = Streams::new(2);
        let elbo = evaluate(&model, &rows, &images, &evaluation(100), &streams, "e", &mut Silent);
        let elbo = elbo.unwrap();
        let error = found.standard_error.hypot(elbo.negative_elbo_standard_error.unwrap());
        let difference = (found.log_likelihood + elbo.negative_elbo.unwrap()).abs();
        assert!(error > 0.0 && difference <= 3.0 * error, "{posterior}: {found:?}, {elbo:?}");
    }
}

#[test]
fn a_point_has_no_bound_and_no_samples_give_none() {
    let images = images(5);
    let point = model(auto_decoder(), &images);
    assert_eq!(bounds(&point, &wave(&[5, 3], 0.0), &images, &config(10)), None);
    let variational = model(variational(), &images);
    assert_eq!(bounds(&variational, &wave(&[5, 6], 0.0), &images, &config(0)), None);
}

#[test]
fn fewer_images_are_the_first_ones_and_nothing_is_changed() {
    let all = images(10);
    let model = model(variational(), &all);
    let rows = wave(&[10, 6], 0.0);
    let before = (learned(&model), numbers(&rows));
    let cut = |images| ImportanceConfig { images, ..config(30) };
    let some = bounds(&model, &rows, &all, &cut(Some(4))).unwrap();
    assert_eq!(some.images, 4);
    assert_eq!(bounds(&model, &rows.narrow(0, 0, 4), &images(4), &cut(None)), Some(some.clone()));
    let whole = bounds(&model, &rows, &all, &cut(None)).unwrap();
    assert_eq!(whole.each.len(), 10);
    assert_eq!(whole.each[..4], some.each);
    let mean = whole.each.iter().sum::<f64>() / 10.0;
    assert_relative_eq!(whole.tightest().unwrap().log_likelihood, mean, max_relative = 1e-12);
    assert_eq!(bounds(&model, &rows, &all, &cut(Some(500))), Some(whole));
    assert_eq!((learned(&model), numbers(&rows)), before);
}

/// Counts the decoder's calls, and asks for a stop after some of them.
struct StopAfter {
    calls: usize,
    seen: Vec<(u64, u64)>,
}

impl Observer for StopAfter {
    fn step(&mut self, done: u64, total: u64) {
        self.seen.push((done, total));
    }

    fn should_stop(&self) -> bool {
        self.seen.len() == self.calls
    }
}

#[test]
fn progress_is_counted_and_a_stop_heeded() {
    let images = images(5);
    let model = model(variational(), &images);
    let rows = wave(&[5, 6], 0.0);
    let run = |samples, calls| {
        let mut observer = StopAfter { calls, seen: Vec::new() };
        let (config, streams) = (config(samples), Streams::new(1));
        let found =
            importance_bounds(&model, &rows, &images, &config, &streams, "test", &mut observer);
        (found, observer.seen)
    };
    // Two images fit into a call of 1,000 inputs.
    let (found, seen) = run(500, 99);
    assert_eq!(found.unwrap().unwrap().images, 5);
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
    let (found, seen) = run(1500, 3);
    assert!(matches!(found, Err(Error::Interrupted { .. })), "{found:?}");
    assert_eq!(seen, [(1, 10), (2, 10), (3, 10)]);
}
