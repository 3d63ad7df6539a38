//! Inference by the importance-weighted bound: rows for bounds of many samples.

use approx::assert_relative_eq;
use autodecoder_evaluation::{
    ImportanceConfig, InferenceConfig, fit_rows, importance_bounds, infer,
};
use autodecoder_models::{LatentModel, ModelSpec};
use autodecoder_training::{DeviceImages, EngineKind, Error, Silent, Streams, optimisers};
use tch::{Kind, Tensor};

use crate::linear_gaussian::{LinearGaussian, copies, first};
use crate::make::{auto_decoder, images, inference, model, numbers, variational, wave};

fn of_samples(importance_samples: u32, steps: u32) -> InferenceConfig {
    InferenceConfig { importance_samples, ..inference(steps) }
}

fn fit(
    model: &LatentModel,
    images: &DeviceImages,
    rows: &Tensor,
    config: &InferenceConfig,
) -> Tensor {
    let streams = Streams::new(5);
    fit_rows(model, images, rows.copy(), config, &optimisers(), &streams, &mut Silent).unwrap()
}

/// More steps than are taken at a time, a short last batch.
#[test]
fn both_engines_fit_alike() {
    let images = images(9);
    let model = model(variational(), &images);
    let rows = [EngineKind::Auto, EngineKind::Libtorch].map(|engine| {
        let config = InferenceConfig { engine, ..of_samples(3, 25) };
        numbers(&fit(&model, &images, &wave(&[9, 6], 0.0), &config))
    });
    for (kernels, libtorch) in rows[0].iter().zip(&rows[1]) {
        assert_relative_eq!(*kernels, *libtorch, max_relative = 1e-3, epsilon = 1e-3);
    }
}

#[test]
fn the_first_images_are_fitted_where_there_are_more() {
    let (some, all) = (images(6), images(10));
    let model = model(variational(), &all);
    let rows = wave(&[6, 6], 0.0);
    let config = of_samples(2, 5);
    assert_eq!(
        numbers(&fit(&model, &all, &rows, &config)),
        numbers(&fit(&model, &some, &rows, &config))
    );
}

/// Of all posteriors without correlations the ELBO is highest for the variances 1 / Λ, which are those of each
/// coordinate given the others, Λ being the true posterior's precision. A proposal for many samples must cover
/// what the coordinate does while the others move: it is wider, and its bound is higher.
#[test]
fn posteriors_of_several_samples_are_wider_and_their_bounds_higher() {
    const COPIES: usize = 400;
    let exact = LinearGaussian::correlated();
    let model = exact.model();
    let images = copies([0, 40, 90, 130, 200, 255], COPIES);
    let x = first(&images);
    let (mean, precision) = exact.posterior(&x);
    let narrow = precision.diag(0).reciprocal();
    let row = model.posterior().unconstrain(&[mean, narrow.log()]);
    let rows = row.unsqueeze(0).repeat([COPIES as i64, 1]);
    let samples = ImportanceConfig { samples: 16, ..ImportanceConfig::default() };
    let [(elbo_variances, elbo), (variances, bound)] = [1, 16].map(|count| {
        let config = InferenceConfig { batch_size: 400, ..of_samples(count, 300) };
        let rows = fit(&model, &images, &rows, &config);
        let found = importance_bounds(
            &model,
            &rows,
            &images,
            &samples,
            &Streams::new(1),
            "test",
            &mut Silent,
        );
        let variances = model.posterior().variance(&rows).mean_dim(0, false, Kind::Double);
        (variances, *found.unwrap().unwrap().tightest().unwrap())
    });
    for (found, expected) in numbers(&elbo_variances).into_iter().zip(numbers(&narrow)) {
        assert_relative_eq!(found, expected, max_relative = 0.05);
    }
    for (wide, narrow) in numbers(&variances).into_iter().zip(numbers(&narrow)) {
        assert!(wide > 1.1 * narrow, "{wide}, {narrow}");
    }
    let error = elbo.standard_error + bound.standard_error;
    assert!(bound.log_likelihood > elbo.log_likelihood + 3.0 * error, "{bound:?}, {elbo:?}");
    let truth = exact.log_likelihood(&x);
    assert!(bound.log_likelihood < truth + 3.0 * bound.standard_error, "{truth}, {bound:?}");
}

#[test]
fn a_posterior_that_cannot_be_weighed_is_refused() {
    let images = images(4);
    let uniform = ModelSpec { posterior: "uniform".to_owned(), ..variational() };
    for spec in [auto_decoder(), uniform] {
        let model = model(spec, &images);
        let (config, streams) = (of_samples(2, 3), Streams::new(1));
        let error = infer(&model, &images, &config, &optimisers(), &streams, &mut Silent);
        assert!(matches!(error, Err(Error::NotWeighed { samples: 2, .. })), "{error:?}");
        let said = error.unwrap_err().to_string();
        assert!(said.contains("inference.importance_samples = 2"), "{said}");
    }
}
