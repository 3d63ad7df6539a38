//! Latents brought to the prior's scale: nothing decodes differently, and the KL term is at its lowest.

use approx::assert_relative_eq;
use autodecoder_models::{LatentModel, ModelSpec};
use autodecoder_training::{
    DeviceImages, EngineKind, Silent, Streams, Trainer, TrainingConfig, latest_checkpoint,
    optimisers,
};
use serde_json::json;
use tch::Tensor;

use crate::make::{
    auto_decoder, config, images, model, numbers, part, sample, variational,
    variational_autoencoder,
};

fn trainer<'a>(
    model: &'a LatentModel,
    images: &'a DeviceImages,
    config: &'a TrainingConfig,
) -> Trainer<'a> {
    Trainer::new(model, images, config, &optimisers(), Streams::new(1)).unwrap()
}

fn rescaling(epochs: u32) -> TrainingConfig {
    TrainingConfig { rescale: true, ..config(epochs) }
}

/// The model and the rows after a run.
fn run(spec: ModelSpec, images: &DeviceImages, config: &TrainingConfig) -> (LatentModel, Tensor) {
    let model = model(spec, images);
    let mut trainer = trainer(&model, images, config);
    trainer.run(None, || false, &mut Silent).unwrap();
    let rows = trainer.rows();
    drop(trainer);
    (model, rows)
}

/// Mean KL divergence of `N(m f, v f²)` from `N(0, 1)` over all rows of a coordinate, by the formula.
fn scaled_kl(means: &[f64], variances: &[f64], factor: f64) -> f64 {
    let kl = |(m, v): (&f64, &f64)| {
        let (m, v) = (m * factor, v * factor * factor);
        0.5 * (m * m + v - 1.0 - v.ln())
    };
    means.iter().zip(variances).map(kl).sum::<f64>() / means.len() as f64
}

#[test]
fn images_decode_as_before_at_the_lowest_kl_that_scaling_reaches() {
    let conv = json!({"kind": "conv", "channels": [4, 3]});
    let decoders = [
        (json!({"kind": "mlp", "hidden": [5], "activation": "glu"}), images(23)),
        (conv, sample()),
    ];
    for (decoder, images) in decoders {
        for engine in [EngineKind::Auto, EngineKind::Libtorch] {
            let spec = ModelSpec { decoder: part(decoder.clone()), ..variational() };
            let one = |rescale| TrainingConfig { engine, rescale, batch_size: 16, ..config(1) };
            // The scale is brought down at an epoch's end: until then the two runs are one.
            let (before, rows_before) = run(spec.clone(), &images, &one(false));
            let (after, rows_after) = run(spec, &images, &one(true));
            let decode = |model: &LatentModel, rows: &Tensor| {
                numbers(&model.decode(&model.posterior().mean(rows)))
            };
            for (before, after) in
                decode(&before, &rows_before).iter().zip(decode(&after, &rows_after))
            {
                assert_relative_eq!(*before, after, max_relative = 1e-4, epsilon = 1e-6);
            }
            let posterior = after.posterior();
            let (means, variances) = (posterior.mean(&rows_after), posterior.variance(&rows_after));
            let old_scales = numbers(&before.posterior().mean(&rows_before).std(true));
            assert_ne!(old_scales, numbers(&means.std(true)));
            for coordinate in 0..3 {
                let of = |values: &Tensor| numbers(&values.select(1, coordinate));
                let (means, variances) = (of(&means), of(&variances));
                let kl = |factor| scaled_kl(&means, &variances, factor);
                let other = [0.5, 0.9, 0.99, 1.01, 1.1, 2.0].map(kl);
                assert!(other.iter().all(|other| *other > kl(1.0)), "{} {other:?}", kl(1.0));
            }
        }
    }
}

/// A table so large that libtorch's threads share it.
#[test]
fn the_number_of_threads_changes_no_bit() {
    let threads = tch::get_num_threads();
    let images = images(30_000);
    let config = TrainingConfig { batch_size: 6000, ..rescaling(1) };
    let runs = [1, 2, 3].map(|threads| {
        tch::set_num_threads(threads);
        numbers(&run(variational(), &images, &config).1)
    });
    tch::set_num_threads(threads);
    assert!(runs[0] == runs[1] && runs[0] == runs[2]);
}

/// A point has no scale to be brought to, a Laplace posterior's KL is lowest at another one, and an encoder brings
/// its rows there by itself.
#[test]
fn other_models_are_left_alone() {
    let images = images(10);
    let laplace = ModelSpec { posterior: "laplace".to_owned(), ..variational() };
    for spec in [auto_decoder(), laplace, variational_autoencoder()] {
        let rows = |rescale| {
            let config = TrainingConfig { rescale, ..config(2) };
            numbers(&run(spec.clone(), &images, &config).1)
        };
        assert_eq!(rows(true), rows(false), "{:?}", spec.kind);
    }
}

#[test]
fn a_resumed_run_ends_where_an_uninterrupted_one_does() {
    let images = images(10);
    let config = rescaling(3);
    let (_, whole) = run(variational(), &images, &config);
    let folder = tempfile::tempdir().unwrap();
    let first = model(variational(), &images);
    let mut begun = trainer(&first, &images, &config);
    begun.advance(4, &mut Silent).unwrap();
    begun.write_checkpoint(folder.path()).unwrap();
    let second = model(variational(), &images);
    let mut resumed = trainer(&second, &images, &config);
    resumed.resume(&latest_checkpoint(folder.path()).unwrap().unwrap()).unwrap();
    resumed.run(None, || false, &mut Silent).unwrap();
    assert_eq!(numbers(&resumed.rows()), numbers(&whole));
    let other = TrainingConfig { rescale: false, ..config };
    let path = latest_checkpoint(folder.path()).unwrap().unwrap();
    let third = model(variational(), &images);
    assert!(trainer(&third, &images, &other).resume(&path).is_err());
}
