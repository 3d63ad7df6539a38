//! Whole runs.

use approx::assert_relative_eq;
use autodecoder_models::{LatentModel, ModelSpec};
use autodecoder_training::{
    Adam, DeviceImages, EpochRecord, Error, Observer, OptimiserConfig, RowBatch, RowStep,
    ScheduleKind, Silent, StartConfig, StartKind, Streams, Trainer, TrainingConfig,
    latest_checkpoint, optimisers, row_step, standard_normal,
};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::make::{adam, auto_decoder, config, images, model, numbers, part, sample, variational};

/// A trainer at the beginning.
pub fn trainer<'a>(
    model: &'a LatentModel,
    images: &'a DeviceImages,
    config: &'a TrainingConfig,
    seed: u64,
) -> Trainer<'a> {
    Trainer::new(model, images, config, &optimisers(), Streams::new(seed)).unwrap()
}

/// What a run leaves: rows, their steps, the decoder, and the history without its times.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    rows: Vec<f64>,
    steps: Vec<f64>,
    decoder: Vec<f64>,
    history: Vec<EpochRecord>,
}

pub fn outcome(model: &LatentModel, trainer: &Trainer) -> Outcome {
    let timeless = |record: &EpochRecord| EpochRecord {
        seconds: 0.0,
        images_per_second: 0.0,
        ..record.clone()
    };
    Outcome {
        rows: numbers(trainer.table().rows()),
        steps: numbers(trainer.table().steps()),
        decoder: model.named_parameters().iter().flat_map(|(_, p)| numbers(p)).collect(),
        history: trainer.history().iter().map(timeless).collect(),
    }
}

fn run(spec: ModelSpec, config: &TrainingConfig, seed: u64) -> Outcome {
    let images = images(10);
    let model = model(spec, &images);
    let mut trainer = trainer(&model, &images, config, seed);
    trainer.run(None, || false, &mut Silent).unwrap();
    outcome(&model, &trainer)
}

/// Plain gradient descent at a constant rate.
pub fn sgd(rate: f64) -> OptimiserConfig {
    OptimiserConfig {
        optimiser: part(json!({"kind": "sgd", "momentum": 0})),
        rate,
        schedule: ScheduleKind::Constant,
        warm_up: 0.0,
    }
}

#[test]
fn a_step_moves_the_decoder_by_the_gradient_of_the_batchs_mean() {
    let images = images(10);
    let model = model(auto_decoder(), &images);
    let config = TrainingConfig {
        batch_size: 10,
        latent_steps: 1,
        regulariser_warm_up: 0.0,
        decoder: sgd(0.5),
        latents: sgd(0.0),
        ..config(1)
    };
    let mut trainer = trainer(&model, &images, &config, 1);
    let parameters: Vec<Tensor> =
        model.named_parameters().into_iter().map(|(_, p)| p.set_requires_grad(true)).collect();
    let rows = trainer.table().rows();
    let terms = model.terms(rows, &rows.zeros_like(), &images.range(0, 10));
    let mean = terms.objective(1.0).mean(Kind::Float);
    let gradients = Tensor::run_backward(&[mean], &parameters, false, false);
    let moved = |(p, g): (&Tensor, &Tensor)| numbers(&(p.detach() - g * 0.5));
    let expected: Vec<f64> = parameters.iter().zip(&gradients).flat_map(moved).collect();
    trainer.run(None, || false, &mut Silent).unwrap();
    for (found, expected) in parameters.iter().flat_map(numbers).zip(expected) {
        assert_relative_eq!(found, expected, epsilon = 1e-6);
    }
}

#[test]
fn every_latent_step_has_its_own_noise_and_every_batch_its_rate() {
    let images = images(1);
    let model = model(variational(), &images);
    let config = TrainingConfig { decoder: sgd(0.0), ..config(3) };
    let mut trainer = trainer(&model, &images, &config, 1);
    let (adam, streams) = (Adam { betas: [0.5, 0.9], ..Adam::default() }, Streams::new(1));
    let mut expected = RowBatch::fresh(trainer.table().rows().copy(), &adam);
    for (epoch, latent_step) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)] {
        let progress = epoch as f64 / 3.0;
        let mut rng = streams.rng("noise", &[epoch, 0, latent_step, 0]);
        let inputs = RowStep {
            images: &images.range(0, 1),
            noise: &standard_normal(1, 3, Device::Cpu, &mut rng),
            regulariser_weight: config.regulariser_weight(progress),
            rate: config.latents.rate_at(progress),
        };
        row_step(&model, &mut expected, &inputs, &adam, &[]);
    }
    trainer.run(None, || false, &mut Silent).unwrap();
    for (found, expected) in numbers(trainer.table().rows()).iter().zip(numbers(&expected.rows)) {
        assert_relative_eq!(*found, expected, max_relative = 1e-5);
    }
}

#[test]
fn every_image_is_used_in_every_epoch() {
    // 10 images in batches of 4: the last batch is short. Two latent steps a batch.
    for epochs in [1, 3] {
        let steps = run(variational(), &config(epochs), 1).steps;
        assert_eq!(steps, vec![f64::from(2 * epochs); 10]);
    }
}

#[test]
fn the_seed_decides_every_bit() {
    for spec in [auto_decoder(), variational()] {
        let config = config(3);
        assert_eq!(run(spec.clone(), &config, 1), run(spec.clone(), &config, 1));
        let (one, two) = (run(spec.clone(), &config, 1), run(spec, &config, 2));
        assert_ne!(one.rows, two.rows);
        assert_ne!(one.decoder, two.decoder);
    }
}

#[test]
fn the_objective_falls_on_real_images() {
    let images = sample();
    for spec in [auto_decoder(), variational()] {
        let decoder = part(json!({"kind": "mlp", "hidden": [64]}));
        let model = model(ModelSpec { latent_dim: 8, decoder, ..spec }, &images);
        let start =
            StartConfig { from: StartKind::Pca, scale: 2.0, spread: 0.2, variance_share: 1.0 };
        let config = TrainingConfig { batch_size: 32, start, decoder: adam(0.01), ..config(12) };
        let mut trainer = trainer(&model, &images, &config, 1);
        trainer.run(None, || false, &mut Silent).unwrap();
        let objectives: Vec<f64> =
            trainer.history().iter().map(|record| record.objective).collect();
        let (first, last) = (objectives[0], objectives[11]);
        // An untrained decoder pays log 2 for each of the 784 pixels: 543 nats.
        assert!((450.0..600.0).contains(&first), "{objectives:?}");
        assert!(last < 300.0, "{objectives:?}");
    }
}

/// Batches of 4, 4 and 2: a mean of the batches' means would count the last two images double.
#[test]
fn a_record_is_the_mean_over_images() {
    let images = images(10);
    let still = |spec: ModelSpec| {
        let model = model(spec, &images);
        let (decoder, latents) = (sgd(0.0), sgd(0.0));
        let config = TrainingConfig { regulariser_warm_up: 0.0, decoder, latents, ..config(1) };
        let mut trainer = trainer(&model, &images, &config, 1);
        trainer.run(None, || false, &mut Silent).unwrap();
        let rows = trainer.table().rows();
        let noise = Tensor::zeros([10, 3], (Kind::Float, Device::Cpu));
        (model.terms(rows, &noise, &images.range(0, 10)), trainer.history()[0].clone())
    };
    let mean = |nats: &Tensor| nats.mean(Kind::Double).double_value(&[]);
    let (terms, record) = still(auto_decoder());
    assert_relative_eq!(record.reconstruction, mean(&terms.reconstruction), max_relative = 1e-6);
    assert_relative_eq!(record.objective, mean(&terms.objective(1.0)), max_relative = 1e-6);
    // A closed divergence knows nothing of the noise; the reconstruction does.
    let (terms, record) = still(variational());
    let kl = mean(terms.kl.as_ref().unwrap());
    assert_relative_eq!(record.kl.unwrap(), kl, max_relative = 1e-6);
    let sum = record.reconstruction + kl;
    assert_relative_eq!(record.objective, sum, max_relative = 1e-6);
}

#[test]
fn a_record_says_what_was_in_force() {
    let (variational, auto) =
        (run(variational(), &config(4), 1), run(auto_decoder(), &config(4), 1));
    for (index, record) in variational.history.iter().enumerate() {
        let kl = record.kl.unwrap();
        assert_eq!(record.epoch as usize, index + 1);
        assert!(kl > 0.0);
        // The weight rises within an epoch, so the objective lies between the extremes.
        assert!(record.objective >= record.reconstruction - 1e-4);
        assert!(record.objective <= record.reconstruction + record.regulariser_weight * kl + 1e-4);
        // 12 pixels of about log 2 each.
        assert!(record.reconstruction > 2.0 && record.reconstruction < 12.0, "{record:?}");
    }
    // The last batch of epoch 1 begins at progress 2/3 of 1/4, a third of the warm-up of 1/2.
    let weights: Vec<f64> = variational.history.iter().map(|r| r.regulariser_weight).collect();
    let expected = [1.0 / 3.0, 5.0 / 6.0, 1.0, 1.0];
    assert!(weights.iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-12), "{weights:?}");
    assert!(auto.history.iter().all(|record| record.kl.is_none()));
    let rates: Vec<f64> = auto.history.iter().map(|record| record.latent_rate).collect();
    assert!(rates[1] > rates[2] && rates[2] > rates[3], "{rates:?}");
}

/// Writes down what it is told, and stops after an epoch.
#[derive(Default)]
struct Recorder {
    steps: Vec<(u64, u64)>,
    epochs: Vec<u32>,
    stop_after: Option<u32>,
}

impl Observer for Recorder {
    fn step(&mut self, done: u64, total: u64) {
        self.steps.push((done, total));
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.epochs.push(record.epoch);
    }

    fn should_stop(&self) -> bool {
        self.epochs.last().copied() == self.stop_after
    }
}

#[test]
fn observers_hear_of_every_step_and_epoch() {
    let (images, config) = (images(10), config(2));
    let model = model(auto_decoder(), &images);
    let mut recorder = Recorder { stop_after: Some(2), ..Recorder::default() };
    // A wish to stop after the last epoch is no interruption.
    trainer(&model, &images, &config, 1).run(None, || false, &mut recorder).unwrap();
    assert_eq!(recorder.steps, (1..=6).map(|step| (step, 6)).collect::<Vec<_>>());
    assert_eq!(recorder.epochs, [1, 2]);
}

#[test]
fn a_stop_leaves_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (images, config) = (images(10), config(4));
    let model = model(auto_decoder(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    let mut recorder = Recorder { stop_after: Some(2), ..Recorder::default() };
    let result = trainer.run(Some(folder.path()), || false, &mut recorder);
    let Err(Error::Stopped { position }) = result else { panic!("{result:?}") };
    assert_eq!((position.epoch, position.step), (2, 0));
    let path = latest_checkpoint(folder.path()).unwrap().unwrap();
    assert_eq!(path.file_name().unwrap(), "step-000000000000006.safetensors");
    assert!(model.named_parameters().iter().all(|(_, parameter)| !parameter.requires_grad()));
}

#[test]
fn settings_out_of_range_make_no_trainer() {
    let images = images(4);
    let model = model(auto_decoder(), &images);
    for config in [
        TrainingConfig { latents: adam(f64::NAN), ..config(1) },
        TrainingConfig { batch_size: 0, ..config(1) },
        TrainingConfig { latent_steps: 0, ..config(1) },
    ] {
        let result = Trainer::new(&model, &images, &config, &optimisers(), Streams::new(1));
        assert!(matches!(result, Err(Error::Range(_))), "{result:?}");
    }
}

/// It would train a decoder that is nobody's.
#[test]
#[should_panic(expected = "the model has another trainer since")]
fn a_trainer_whose_model_has_a_later_one_does_not_go_on() {
    let (images, config) = (images(10), config(2));
    let model = model(variational(), &images);
    let mut first = trainer(&model, &images, &config, 1);
    let _later = trainer(&model, &images, &config, 1);
    let _ = first.advance(1, &mut Silent);
}
