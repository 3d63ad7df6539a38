//! The kernels against libtorch's operations and autograd: the same steps, whatever the parts.

use approx::assert_relative_eq;
use autodecoder_models::{LatentModel, ModelKind, ModelSpec};
use autodecoder_training::{
    DeviceImages, EngineKind, OptimiserConfig, Precision, ScheduleKind, Silent, Streams, Trainer,
    TrainingConfig, optimisers,
};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::make::{
    auto_decoder, autoencoder, config, images, model, numbers, part, sample, variational,
    variational_autoencoder,
};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

/// Everything that a run leaves: rows, decoder, and the records' means.
fn run(spec: &ModelSpec, config: &TrainingConfig, engine: EngineKind) -> Vec<f64> {
    run_on(&images(37), spec, config, engine)
}

fn run_on(
    images: &DeviceImages,
    spec: &ModelSpec,
    config: &TrainingConfig,
    engine: EngineKind,
) -> Vec<f64> {
    let model = model(spec.clone(), images);
    let config = TrainingConfig { engine, ..config.clone() };
    let mut trainer = trainer(&model, images, &config);
    assert_eq!(trainer.uses_kernels(), engine == EngineKind::Auto);
    trainer.run(None, || false, &mut Silent).unwrap();
    let records = trainer.history().iter();
    let mut left: Vec<f64> = records
        .flat_map(|record| [record.objective, record.reconstruction, record.kl.unwrap_or(0.0)])
        .collect();
    left.extend(numbers(trainer.table().rows()));
    left.extend(model.named_parameters().iter().flat_map(|(_, tensor)| numbers(tensor)));
    left
}

fn trainer<'a>(
    model: &'a LatentModel,
    images: &'a DeviceImages,
    config: &'a TrainingConfig,
) -> Trainer<'a> {
    Trainer::new(model, images, config, &optimisers(), Streams::new(1)).unwrap()
}

fn assert_same(spec: &ModelSpec, config: &TrainingConfig) {
    let kernels = run(spec, config, EngineKind::Auto);
    let libtorch = run(spec, config, EngineKind::Libtorch);
    assert_eq!(kernels.len(), libtorch.len());
    for (kernels, libtorch) in kernels.iter().zip(libtorch) {
        assert_relative_eq!(*kernels, libtorch, max_relative = 1e-3, epsilon = 2e-4);
    }
}

fn sgd(rate: f64) -> OptimiserConfig {
    OptimiserConfig {
        optimiser: part(json!({"kind": "sgd", "momentum": 0.8})),
        rate,
        schedule: ScheduleKind::Constant,
        warm_up: 0.0,
    }
}

/// 37 images in batches of 20: groups of 16, 4, 16 and 1 rows on two threads, of 20 and 17 on one.
fn odd_batches() -> TrainingConfig {
    TrainingConfig { batch_size: 20, ..config(3) }
}

#[test]
fn every_posterior_moves_alike() {
    for posterior in ["gaussian", "laplace", "logistic", "gumbel", "uniform"] {
        let spec = ModelSpec { posterior: posterior.to_owned(), beta: 0.7, ..variational() };
        assert_same(&spec, &odd_batches());
    }
    assert_same(&auto_decoder(), &odd_batches());
}

#[test]
fn several_samples_of_each_row_move_alike() {
    let config = TrainingConfig { importance_samples: 3, ..odd_batches() };
    for posterior in ["gaussian", "laplace", "logistic", "gumbel"] {
        for base in [variational(), variational_autoencoder()] {
            let spec = ModelSpec { posterior: posterior.to_owned(), beta: 0.7, ..base };
            assert_same(&spec, &config);
        }
    }
    // Adam does not see the size of a gradient.
    let config = TrainingConfig { decoder: sgd(0.01), latents: sgd(0.02), ..config };
    for base in [variational(), variational_autoencoder()] {
        assert_same(&ModelSpec { beta: 0.7, ..base }, &config);
    }
}

#[test]
fn every_activation_moves_alike() {
    for activation in ["relu", "silu", "tanh", "glu"] {
        let decoder = part(json!({"kind": "mlp", "hidden": [5, 6], "activation": activation}));
        for base in [variational(), variational_autoencoder()] {
            assert_same(&ModelSpec { decoder: decoder.clone(), ..base }, &odd_batches());
        }
    }
}

#[test]
fn every_likelihood_with_a_kernel_moves_alike() {
    let sigmoid = part(json!({"kind": "gaussian", "variance": 0.1}));
    let identity = part(json!({"kind": "gaussian", "variance": 0.1, "mean": "identity"}));
    for gaussian in [sigmoid, identity] {
        for kind in [ModelKind::AutoDecoder, ModelKind::VariationalAutoDecoder] {
            let base = if kind == ModelKind::AutoDecoder { auto_decoder() } else { variational() };
            assert_same(&ModelSpec { likelihood: gaussian.clone(), ..base }, &odd_batches());
        }
    }
}

#[test]
fn both_networks_of_an_autoencoder_move_alike() {
    for posterior in ["gaussian", "laplace"] {
        let spec =
            ModelSpec { posterior: posterior.to_owned(), beta: 0.7, ..variational_autoencoder() };
        assert_same(&spec, &odd_batches());
    }
    assert_same(&autoencoder(), &odd_batches());
    let encoder = json!({"kind": "mlp", "hidden": [6], "input": "mask-channel"});
    let encoder = Some(serde_json::from_value(encoder).unwrap());
    assert_same(&ModelSpec { encoder, ..variational_autoencoder() }, &odd_batches());
}

#[test]
fn an_encoder_without_a_kernel_takes_libtorchs_way() {
    let encoder = json!({"kind": "conv", "channels": [2], "hidden": []});
    let encoder = Some(serde_json::from_value(encoder).unwrap());
    let images = sample();
    let model = model(ModelSpec { encoder, ..variational_autoencoder() }, &images);
    assert!(!trainer(&model, &images, &config(1)).uses_kernels());
}

#[test]
fn every_optimiser_moves_alike() {
    let config = TrainingConfig { decoder: sgd(0.01), latents: sgd(0.02), ..odd_batches() };
    assert_same(&variational(), &config);
}

/// Convolutions with overlap and padding; two of them, so that channels stay last between them. The
/// images must be square: those of the sample.
#[test]
fn a_convolutional_decoder_moves_alike() {
    let images = sample();
    let decoder = part(json!({"kind": "conv", "hidden": [7], "channels": [6, 5]}));
    let spec = ModelSpec { decoder, ..variational() };
    let config = TrainingConfig { batch_size: 50, ..config(1) };
    assert_convolutions_alike(&images, &spec, &config);
    // Adam makes much of gradients that are nothing but rounding.
    let (decoder, latents) = (sgd(0.001), sgd(0.002));
    let weighed = TrainingConfig { importance_samples: 2, decoder, latents, ..config };
    assert_convolutions_alike(&images, &spec, &weighed);
}

fn assert_convolutions_alike(images: &DeviceImages, spec: &ModelSpec, config: &TrainingConfig) {
    let left = [EngineKind::Auto, EngineKind::Libtorch].map(|engine| {
        let model = model(spec.clone(), images);
        let config = TrainingConfig { engine, ..config.clone() };
        let mut trainer = trainer(&model, images, &config);
        trainer.run(None, || false, &mut Silent).unwrap();
        let mut left = numbers(trainer.table().rows());
        left.extend(model.named_parameters().iter().flat_map(|(_, tensor)| numbers(tensor)));
        left
    });
    for (kernels, libtorch) in left[0].iter().zip(&left[1]) {
        assert_relative_eq!(*kernels, *libtorch, max_relative = 1e-3, epsilon = 5e-4);
    }
}

#[test]
fn rescaled_latents_move_alike() {
    assert_same(&variational(), &TrainingConfig { rescale: true, ..odd_batches() });
}

/// Work is cut into pieces of fixed size, or of a size that changes nothing, and summed in a fixed order.
#[test]
fn the_number_of_threads_changes_no_bit() {
    let threads = tch::get_num_threads();
    for (precision, importance_samples) in
        [(Precision::F32, 1), (Precision::Bf16, 1), (Precision::Bf16x3, 1), (Precision::Bf16, 3)]
    {
        let config = TrainingConfig { precision, importance_samples, ..odd_batches() };
        let runs = [1, 2, 3].map(|threads| {
            tch::set_num_threads(threads);
            run(&variational(), &config, EngineKind::Auto)
        });
        assert_eq!(runs[0], runs[1]);
        assert_eq!(runs[0], runs[2]);
    }
    tch::set_num_threads(threads);
}

/// Batches of 100: one group on one thread, two of 48 and one of 4 on two, three of 32 and one of 4 on three, where every part
/// has a kernel. Each is what libtorch gives, with the noise of the same groups of 16.
#[test]
fn large_groups_move_alike_on_any_number_of_threads() {
    let threads = tch::get_num_threads();
    let images = images(150);
    let config = TrainingConfig { batch_size: 100, ..config(2) };
    let posteriors = ["gaussian", "laplace", "logistic", "gumbel", "uniform"];
    let tables =
        posteriors.map(|posterior| ModelSpec { posterior: posterior.to_owned(), ..variational() });
    for spec in tables.into_iter().chain([auto_decoder(), variational_autoencoder()]) {
        let runs = [1, 2, 3].map(|threads| {
            tch::set_num_threads(threads);
            run_on(&images, &spec, &config, EngineKind::Auto)
        });
        assert_eq!(runs[0], runs[1], "{}", spec.posterior);
        assert_eq!(runs[0], runs[2], "{}", spec.posterior);
        let libtorch = run_on(&images, &spec, &config, EngineKind::Libtorch);
        for (kernels, libtorch) in runs[0].iter().zip(libtorch) {
            assert_relative_eq!(*kernels, libtorch, max_relative = 1e-3, epsilon = 5e-4);
        }
    }
    tch::set_num_threads(threads);
}

#[test]
fn a_part_without_a_kernel_leaves_the_steps_to_libtorch() {
    let images = images(5);
    for likelihood in [
        json!({"kind": "gaussian", "variance": "learned"}),
        json!({"kind": "continuous-bernoulli"}),
    ] {
        let model = model(ModelSpec { likelihood: part(likelihood), ..variational() }, &images);
        let config = config(1);
        assert!(!trainer(&model, &images, &config).uses_kernels());
    }
}

/// At the posterior's mean the loss needs no random numbers to be known.
#[test]
fn without_noise_a_step_is_taken_at_the_median() {
    let images = images(8);
    let config = TrainingConfig { batch_size: 8, latent_steps: 1, ..config(1) };
    for engine in [EngineKind::Auto, EngineKind::Libtorch] {
        let model = model(variational(), &images);
        let config = TrainingConfig { engine, ..config.clone() };
        let mut trainer = trainer(&model, &images, &config).without_noise();
        let rows = trainer.table().rows();
        let terms = model.terms(rows, &Tensor::zeros([8, 3], FLOAT), &images.range(0, 8));
        let expected = terms.reconstruction.mean(Kind::Double).double_value(&[]);
        trainer.run(None, || false, &mut Silent).unwrap();
        assert_relative_eq!(trainer.history()[0].reconstruction, expected, max_relative = 1e-5);
    }
}

/// A training in bfloat16 takes the way of the one in f32, and is not the same.
#[test]
fn bfloat16_trains_nearly_alike() {
    let cases = [auto_decoder(), variational(), variational_autoencoder()].map(|spec| (spec, 1));
    for (spec, importance_samples) in cases.into_iter().chain([(variational(), 3)]) {
        let single = TrainingConfig { batch_size: 20, importance_samples, ..config(8) };
        let half = TrainingConfig { precision: Precision::Bf16, ..single.clone() };
        let images = images(37);
        let objectives = [single, half].map(|config| {
            let model = model(spec.clone(), &images);
            let mut trainer = trainer(&model, &images, &config);
            trainer.run(None, || false, &mut Silent).unwrap();
            trainer.history().iter().map(|record| record.objective).collect::<Vec<_>>()
        });
        assert_ne!(objectives[0], objectives[1]);
        for (single, half) in objectives[0].iter().zip(&objectives[1]) {
            assert_relative_eq!(*single, *half, max_relative = 5e-3);
        }
    }
}

/// In two parts it cannot be told from f32, where the processor multiplies such at all; where nothing does, it is f32.
#[test]
fn sums_of_bfloat16_train_as_f32_does() {
    let single = TrainingConfig { batch_size: 20, ..config(8) };
    let sums = TrainingConfig { precision: Precision::Bf16x3, ..single.clone() };
    let images = images(37);
    for spec in [auto_decoder(), variational(), variational_autoencoder()] {
        let [single, kernels, libtorch] =
            [(&single, EngineKind::Auto), (&sums, EngineKind::Auto), (&sums, EngineKind::Libtorch)]
                .map(|(config, engine)| run_on(&images, &spec, config, engine));
        for ((single, kernels), libtorch) in single.iter().zip(&kernels).zip(&libtorch) {
            assert_relative_eq!(*single, *kernels, max_relative = 1e-3, epsilon = 5e-4);
            assert_relative_eq!(*single, *libtorch, max_relative = 1e-3, epsilon = 5e-4);
        }
        if Precision::Bf16x3.is_f32() {
            println!("skipped in part: without AMX sums of bfloat16 are f32");
        } else {
            assert_ne!(single, kernels);
        }
    }
}

/// libtorch's operations are f32, whoever asked for something else must hear of it.
#[test]
fn bfloat16_without_kernels_is_refused() {
    let images = images(5);
    let half = TrainingConfig { precision: Precision::Bf16, ..config(1) };
    let learned = part(json!({"kind": "gaussian", "variance": "learned"}));
    for (spec, engine) in [
        (variational(), EngineKind::Libtorch),
        (ModelSpec { likelihood: learned, ..variational() }, EngineKind::Auto),
    ] {
        let model = model(spec, &images);
        let config = TrainingConfig { engine, ..half.clone() };
        let error = Trainer::new(&model, &images, &config, &optimisers(), Streams::new(1));
        let message = error.unwrap_err().to_string();
        assert!(message.contains("training.precision = \"bf16\""), "{message}");
        assert!(message.contains("engine = \"auto\""), "{message}");
    }
}
