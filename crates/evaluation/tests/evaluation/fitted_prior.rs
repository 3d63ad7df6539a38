//! Inference and likelihoods under a prior that was fitted after training.

use std::f64::consts::TAU;
use std::sync::Arc;

use approx::assert_relative_eq;
use autodecoder_distributions::GaussianMixture;
use autodecoder_evaluation::{
    ImportanceConfig, InferenceConfig, evaluate, fit_sampler, importance_bounds, infer, samplers,
};
use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, EngineKind, Silent, Streams, optimisers};
use tch::{Device, Kind, Tensor};

use crate::linear_gaussian::{LATENT_DIM, LinearGaussian, PIXELS, VARIANCE, copies, first};
use crate::make::{evaluation, images, inference, model, numbers, variational, wave};

const DOUBLE: (Kind, Device) = (Kind::Double, Device::Cpu);

/// Two components: weights, means, and lower factors of their covariances.
fn components() -> [(f64, Tensor, Tensor); 2] {
    let factor = |values: [f64; 9]| Tensor::from_slice(&values).reshape([3, 3]);
    [
        (
            0.7,
            Tensor::from_slice(&[0.5, -1.0, 0.2]),
            factor([0.8, 0., 0., 0.3, 0.5, 0., 0.1, -0.2, 0.9]),
        ),
        (
            0.3,
            Tensor::from_slice(&[-1.5, 0.4, 1.0]),
            factor([0.4, 0., 0., 0.0, 0.7, 0., 0.2, 0.1, 0.3]),
        ),
    ]
}

fn mixture() -> Arc<GaussianMixture> {
    let parts = components();
    let stack =
        |of: fn(&(f64, Tensor, Tensor)) -> Tensor| Tensor::stack(&parts.each_ref().map(of), 0);
    let weights = Tensor::from_slice(&parts.each_ref().map(|part| part.0));
    let mixture = GaussianMixture::new(&weights, &stack(|p| p.1.copy()), &stack(|p| p.2.copy()));
    Arc::new(mixture.unwrap())
}

/// `log Σ_k w_k N(x; W m_k + b, W S_k Wᵀ + σ² I)`.
fn log_likelihood(exact: &LinearGaussian, x: &Tensor) -> f64 {
    let density = |(weight, mean, factor): &(f64, Tensor, Tensor)| {
        let loading = exact.weight.matmul(factor);
        let covariance = loading.matmul(&loading.tr()) + Tensor::eye(PIXELS, DOUBLE) * VARIANCE;
        let offset = x - &exact.bias - exact.weight.mv(mean);
        let square = offset.dot(&Tensor::linalg_inv(&covariance).mv(&offset));
        let twice = square + covariance.slogdet().1 + PIXELS as f64 * TAU.ln();
        weight * (-0.5 * twice.double_value(&[])).exp()
    };
    components().iter().map(density).sum::<f64>().ln()
}

#[test]
fn importance_weights_reach_the_likelihood_under_the_fitted_prior() {
    let exact = LinearGaussian::correlated();
    for grey in [[0, 40, 90, 130, 200, 255], [128, 0, 128, 0, 255, 10]] {
        let images = copies(grey, 400);
        let x = first(&images);
        let truth = log_likelihood(&exact, &x);
        // Not the model's own: what the prior says matters here.
        assert!((truth - exact.log_likelihood(&x)).abs() > 0.1);
        let model = exact.model().under_prior(mixture());
        // Wide enough for both components.
        let row = model.posterior().unconstrain(&[
            Tensor::zeros([LATENT_DIM], DOUBLE),
            Tensor::full([LATENT_DIM], 0.5, DOUBLE),
        ]);
        let rows = row.unsqueeze(0).repeat([400, 1]);
        let config = ImportanceConfig { samples: 3000, ..ImportanceConfig::default() };
        let streams = Streams::new(1);
        let bounds =
            importance_bounds(&model, &rows, &images, &config, &streams, "test", &mut Silent);
        let bound = *bounds.unwrap().unwrap().tightest().unwrap();
        assert!(bound.standard_error < 0.05, "{bound:?}");
        // A bound with so many samples is below the truth by about half the variance of its estimates.
        let variance = 400.0 * bound.standard_error * bound.standard_error;
        let error = (bound.log_likelihood + 0.5 * variance - truth).abs();
        assert!(error <= 3.0 * bound.standard_error, "{truth}: {bound:?}");
        assert!(bound.log_likelihood <= truth + 3.0 * bound.standard_error, "{truth}: {bound:?}");
    }
}

fn fit(model: &LatentModel, images: &DeviceImages, engine: EngineKind) -> Vec<f64> {
    let config = InferenceConfig { engine, ..inference(30) };
    let rows = infer(model, images, &config, &optimisers(), &Streams::new(5), &mut Silent);
    numbers(&rows.unwrap())
}

#[test]
fn both_engines_fit_the_same_rows_which_are_not_those_of_the_models_own_prior() {
    let images = images(10);
    let own = model(variational(), &images);
    let before = fit(&own, &images, EngineKind::Auto);
    let model = own.under_prior(mixture());
    let [kernels, libtorch] =
        [EngineKind::Auto, EngineKind::Libtorch].map(|engine| fit(&model, &images, engine));
    let mut apart = 0.0f64;
    for ((kernels, libtorch), before) in kernels.iter().zip(&libtorch).zip(&before) {
        assert_relative_eq!(kernels, libtorch, max_relative = 1e-3, epsilon = 1e-3);
        apart = apart.max((kernels - before).abs());
    }
    assert!(apart > 0.1, "{apart}");
}

/// The negative ELBO and its KL term are those under the fitted prior.
#[test]
fn scores_are_under_the_fitted_prior() {
    let images = images(10);
    let model = model(variational(), &images).under_prior(mixture());
    let rows = wave(&[10, model.row_width()], 0.0);
    let (config, streams) = (evaluation(1000), Streams::new(1));
    let metrics = evaluate(&model, &rows, &images, &config, &streams, "test", &mut Silent).unwrap();
    let kl = metrics.kl.unwrap();
    let nats = metrics.negative_elbo.unwrap();
    assert_relative_eq!(nats, metrics.reconstruction + kl, max_relative = 0.05);
    // By plain samples, drawn elsewhere.
    let posterior = model.posterior();
    let mut rng = Streams::new(9).rng("plain", &[]);
    let mut sum = 0.0;
    for _ in 0..1000 {
        let noise = autodecoder_training::standard_normal(10, LATENT_DIM, Device::Cpu, &mut rng);
        let z = posterior.rsample(&rows, &noise);
        let ratio = posterior.log_prob(&rows, &z).unwrap() - posterior.prior().log_prob(&z);
        sum += ratio.mean(Kind::Double).double_value(&[]) / 1000.0;
    }
    assert_relative_eq!(kl, sum, max_relative = 0.05);
}

#[test]
fn a_mixture_sampler_has_the_density_that_it_draws_from_and_others_have_none() {
    let latents = wave(&[400, 2], 0.3);
    let fitted = |name: &str| {
        let family = samplers().get(name).unwrap();
        fit_sampler(family.as_ref(), &latents, &mut Streams::new(1).rng("fit", &[])).unwrap()
    };
    assert!(fitted("prior").density().unwrap().is_none());
    assert!(fitted("kde").density().unwrap().is_none());
    let mixture = fitted("mixture");
    let density = mixture.density().unwrap().unwrap();
    // Mean log density of its own draws: the negative entropy, by both ways of drawing.
    let prior = autodecoder_distributions::StandardNormal;
    let mut rng = Streams::new(1).rng("draw", &[]);
    let drawn = mixture.sample(20_000, &prior, &mut rng);
    let noise = autodecoder_training::standard_normal(20_000, 2, Device::Cpu, &mut rng);
    let [one, other] = [drawn, density.sample(&noise)]
        .map(|z| density.log_prob(&z).mean(Kind::Double).double_value(&[]));
    assert_relative_eq!(one, other, epsilon = 0.05);
}
