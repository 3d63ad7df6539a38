//! Several samples of each row: the importance-weighted objective and its two gradients, in f64.

use approx::assert_relative_eq;
use autodecoder_models::{LatentModel, ModelSpec};
use autodecoder_training::{Error, Silent, Streams, Trainer, TrainingConfig, optimisers};
use tch::{Device, Kind, Tensor};

use crate::make::{auto_decoder, config, images, model, numbers, variational};
use crate::row_step::{Inputs, WEIGHT, double_model};

const SAMPLES: i64 = 3;
const LATENT_DIM: i64 = 3;
/// The regulariser's factor in the model: it is not 1, nor is its product with the weight a half.
const BETA: f64 = 0.6;

fn weighed(posterior: &str, beta: f64) -> LatentModel {
    double_model(ModelSpec { posterior: posterior.to_owned(), beta, ..variational() })
}

/// `−log 1/K Σ w` of each image at some rows, sample by sample and in numbers.
fn objectives(inputs: &Inputs, model: &LatentModel, rows: &Tensor) -> Vec<f64> {
    let log_weights: Vec<Vec<f64>> = (0..SAMPLES)
        .map(|sample| {
            let noise = inputs.noise.narrow(1, sample * LATENT_DIM, LATENT_DIM);
            let terms = model.terms(rows, &noise, &(&inputs.images).into());
            let z = model.posterior().rsample(rows, &noise);
            let log_q = model.posterior().log_prob(rows, &z).unwrap();
            let ratio = model.posterior().prior().log_prob(&z) - log_q;
            numbers(&(ratio * (WEIGHT * model.spec().beta) - terms.reconstruction))
        })
        .collect();
    (0..inputs.rows.size()[0] as usize)
        .map(|image| {
            let sum: f64 = log_weights.iter().map(|each| each[image].exp()).sum();
            -(sum / SAMPLES as f64).ln()
        })
        .collect()
}

#[test]
fn the_decoders_gradient_is_that_of_finite_differences() {
    let model = weighed("gaussian", BETA);
    let inputs = Inputs::with_samples(&model, 4, SAMPLES);
    let parameters: Vec<Tensor> =
        model.named_parameters().into_iter().map(|(_, p)| p.set_requires_grad(true)).collect();
    let (_, outcome) = inputs.step(&model, &parameters);
    let objective = || objectives(&inputs, &model, &inputs.rows).iter().sum::<f64>();
    assert_relative_eq!(outcome.sums.double_value(&[0]), objective(), max_relative = 1e-12);
    assert!(!outcome.sums.requires_grad());
    for (parameter, gradient) in parameters.iter().zip(&outcome.gradients) {
        let flat = parameter.detach().view([-1]);
        for index in (0..flat.size()[0]).step_by(5) {
            let moved = |offset: f64| {
                let _ = flat.get(index).g_add_scalar_(offset);
                objective()
            };
            let difference = (moved(1e-5) - moved(-2e-5)) / 2e-5;
            moved(1e-5);
            let found = gradient.view([-1]).double_value(&[index]);
            assert_relative_eq!(found, difference, epsilon = 1e-7, max_relative = 1e-6);
        }
    }
}

/// One row and image many times, with other noise each time: the mean over them of the rows' gradients is that
/// of the objective's, up to chance.
#[test]
fn the_rows_gradient_is_unbiased() {
    const COPIES: i64 = 40_000;
    let families = ["gaussian", "laplace", "logistic", "gumbel"].map(|posterior| (posterior, BETA));
    // The bound itself, and an exponent above 1.
    for (posterior, beta) in families.into_iter().chain([("gaussian", 2.0), ("gaussian", 3.2)]) {
        let model = weighed(posterior, beta);
        let one = Inputs::with_samples(&model, 1, SAMPLES);
        let mut rng = Streams::new(1).rng("test", &[]);
        let kind = model.posterior().noise();
        let (columns, device) = (SAMPLES * LATENT_DIM, Device::Cpu);
        let noise = autodecoder_training::latent_noise(kind, COPIES, columns, device, &mut rng);
        let inputs = Inputs {
            rows: one.rows.repeat([COPIES, 1]),
            noise: noise.to_kind(Kind::Double),
            images: one.images.repeat([COPIES, 1, 1, 1]),
        };
        let (gradient, _) = inputs.step(&model, &[]);
        let gradient = Tensor::from_slice(&gradient).reshape(inputs.rows.size());
        for column in 0..model.row_width() {
            let moved = |offset: f64| {
                let rows = inputs.rows.copy();
                let _ = rows.select(1, column).g_add_scalar_(offset);
                Tensor::from_slice(&objectives(&inputs, &model, &rows))
            };
            let slopes = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            let distance = gradient.select(1, column) - slopes;
            let error = distance.std(true).double_value(&[]) / (COPIES as f64).sqrt();
            let mean = distance.mean(Kind::Double).double_value(&[]);
            assert!(mean.abs() < 4.5 * error, "{posterior}, {column}: {mean} ± {error}");
        }
    }
}

#[test]
fn a_posterior_that_cannot_be_weighed_is_refused() {
    let images = images(4);
    let config = TrainingConfig { importance_samples: 2, ..config(1) };
    let uniform = ModelSpec { posterior: "uniform".to_owned(), ..variational() };
    for spec in [auto_decoder(), uniform] {
        let model = model(spec, &images);
        let error =
            Trainer::new(&model, &images, &config, &optimisers(), Streams::new(1)).unwrap_err();
        assert!(matches!(error, Error::NotWeighed { samples: 2, .. }), "{error}");
        assert!(error.to_string().contains("importance_samples = 2"), "{error}");
    }
}

/// A bound of more samples is higher: what training reports falls, at the same rows and decoder.
#[test]
fn more_samples_report_a_lower_objective() {
    let images = images(64);
    let first = |importance_samples| {
        let model = model(variational(), &images);
        let still = TrainingConfig { batch_size: 64, regulariser_warm_up: 0.0, ..config(1) };
        let config = TrainingConfig { importance_samples, latent_steps: 1, ..still };
        let mut trainer =
            Trainer::new(&model, &images, &config, &optimisers(), Streams::new(1)).unwrap();
        trainer.run(None, || false, &mut Silent).unwrap();
        trainer.history()[0].objective
    };
    let found = [1, 4, 64].map(first);
    assert!(found[0] > found[1] && found[1] > found[2], "{found:?}");
}
