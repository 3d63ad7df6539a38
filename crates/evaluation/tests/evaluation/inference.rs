//! Inference: better rows, the same model.

use approx::assert_relative_eq;
use autodecoder_data::ImageSet;
use autodecoder_evaluation::{InferenceConfig, infer};
use autodecoder_models::{LatentModel, ModelSpec};
use autodecoder_training::{
    Adam, BatchRecord, DeviceImages, EngineKind, Error, Observer, Precision, RowBatch, RowStep,
    Silent, Streams, optimisers, row_step, standard_normal,
};
use tch::{Device, Kind, Tensor};

use crate::make::{
    auto_decoder, image_set, images, inference, learned, mlp, model, numbers, variational,
};

fn fit(model: &LatentModel, images: &DeviceImages, config: &InferenceConfig) -> Tensor {
    infer(model, images, config, &optimisers(), &Streams::new(5), &mut Silent).unwrap()
}

/// The objective of rows at the sample that `noise` gives, averaged over all images.
fn objective(model: &LatentModel, rows: &Tensor, images: &DeviceImages, noise: f64) -> f64 {
    let pixels = images.range(0, images.len());
    let noise = Tensor::full([images.len(), 3], noise, (Kind::Float, Device::Cpu));
    let objective = model.terms(rows, &noise, &pixels).objective(1.0);
    objective.mean(Kind::Double).double_value(&[])
}

/// Where inference begins: at the prior's mean.
fn start(model: &LatentModel, count: i64) -> Tensor {
    let posterior = model.posterior();
    let origin = Tensor::full([count, 3], posterior.prior().mean(), (Kind::Float, Device::Cpu));
    posterior.start(&origin, 0.2)
}

#[test]
fn the_model_stays_and_the_objective_improves() {
    let images = images(10);
    let uniform = ModelSpec { posterior: "uniform".to_owned(), ..variational() };
    // The noise that gives a posterior's centre.
    for (spec, centre) in [(auto_decoder(), 0.0), (variational(), 0.0), (uniform, 0.5)] {
        let model = model(spec, &images);
        let before = learned(&model);
        let rows = fit(&model, &images, &inference(60));
        assert_eq!(rows.size(), [10, model.row_width()]);
        assert!(!rows.requires_grad());
        assert_eq!(learned(&model), before);
        let first = objective(&model, &start(&model, 10), &images, centre);
        let last = objective(&model, &rows, &images, centre);
        assert!(last < first - 0.1, "{}: from {first} to {last}", model.posterior().name());
    }
}

#[test]
fn an_auto_decoders_row_does_not_see_the_rest_of_its_batch() {
    let set = image_set(6);
    let all = DeviceImages::new(&set, Device::Cpu);
    let model = model(auto_decoder(), &all);
    let together = fit(&model, &all, &inference(20));
    let fit_selected = |positions: &[usize]| {
        let selected: ImageSet = set.select(positions);
        fit(&model, &DeviceImages::new(&selected, Device::Cpu), &inference(20))
    };
    for position in 0..6 {
        let alone = fit_selected(&[position]);
        let beside = fit_selected(&[position, 5 - position, 0]);
        for (i, expected) in numbers(&together.get(position as i64)).into_iter().enumerate() {
            assert_relative_eq!(numbers(&alone)[i], expected, epsilon = 1e-4);
            assert_relative_eq!(numbers(&beside)[i], expected, epsilon = 1e-4);
        }
    }
}

/// With a linear decoder and a penalty on the rows the objective is strictly convex: the only point
/// without a gradient is the optimum.
#[test]
fn rows_reach_the_optimum_of_a_convex_objective() {
    let images = images(6);
    let spec = ModelSpec { decoder: mlp(&[]), l2: 0.1, ..auto_decoder() };
    let model = model(spec, &images);
    let rows = fit(&model, &images, &inference(400)).set_requires_grad(true);
    let objective = model.terms(&rows, &rows.zeros_like(), &images.range(0, 6)).objective(1.0);
    let gradient = Tensor::run_backward(&[objective.sum(Kind::Float)], &[&rows], false, false);
    for value in numbers(&gradient[0]) {
        assert!(value.abs() < 1e-3, "gradient {value}");
    }
}

#[test]
fn every_step_has_its_own_noise_and_rate() {
    let images = images(3);
    let model = model(variational(), &images);
    let (config, adam, streams) = (inference(3), Adam::default(), Streams::new(5));
    let mut expected = RowBatch::fresh(start(&model, 3), &adam);
    for step in 0..3 {
        let mut rng = streams.rng("inference", &[0, step, 0]);
        let inputs = RowStep {
            images: &images.range(0, 3),
            noise: &standard_normal(3, 3, Device::Cpu, &mut rng),
            regulariser_weight: 1.0,
            rate: config.latents.rate_at(step as f64 / 3.0),
        };
        row_step(&model, &mut expected, &inputs, &adam, &[]);
    }
    for (found, expected) in
        numbers(&fit(&model, &images, &config)).iter().zip(numbers(&expected.rows))
    {
        assert_relative_eq!(*found, expected, max_relative = 1e-4);
    }
}

/// More steps than are taken at a time, a short last batch: the kernels and libtorch agree.
#[test]
fn both_engines_fit_alike() {
    let images = images(9);
    for spec in [auto_decoder(), variational()] {
        let model = model(spec, &images);
        let rows = [EngineKind::Auto, EngineKind::Libtorch].map(|engine| {
            let config = InferenceConfig { engine, ..inference(50) };
            numbers(&fit(&model, &images, &config))
        });
        for (kernels, libtorch) in rows[0].iter().zip(&rows[1]) {
            assert_relative_eq!(*kernels, *libtorch, max_relative = 1e-3, epsilon = 1e-3);
        }
    }
}

#[test]
fn the_seed_decides_every_bit() {
    let images = images(5);
    let model = model(variational(), &images);
    let fit = |seed| {
        let streams = Streams::new(seed);
        let rows = infer(&model, &images, &inference(5), &optimisers(), &streams, &mut Silent);
        numbers(&rows.unwrap())
    };
    assert_eq!(fit(1), fit(1));
    assert_ne!(fit(1), fit(2));
}

#[derive(Default)]
struct Steps {
    steps: Vec<(u64, u64)>,
    batches: Vec<BatchRecord>,
}

impl Observer for Steps {
    fn step(&mut self, done: u64, total: u64) {
        self.steps.push((done, total));
    }

    fn batch(&mut self, record: &BatchRecord) {
        self.batches.push(record.clone());
    }
}

#[test]
fn libtorchs_progress_counts_every_step_of_every_batch() {
    for (count, batches) in [(4, 1), (9, 3)] {
        let images = images(count);
        let model = model(auto_decoder(), &images);
        let mut steps = Steps::default();
        let config = InferenceConfig { engine: EngineKind::Libtorch, ..inference(7) };
        let rows = infer(&model, &images, &config, &optimisers(), &Streams::new(1), &mut steps);
        assert_eq!(rows.unwrap().size(), [images.len(), 3]);
        let total = 7 * batches;
        assert_eq!(steps.steps, (1..=total).map(|done| (done, total)).collect::<Vec<_>>());
        assert_eq!(steps.batches.len(), batches as usize);
        assert!(steps.batches.iter().all(|batch| batch.images_per_second > 0.0));
    }
}

/// Twenty steps at a time, and what is left.
#[test]
fn the_kernels_progress_rises_to_the_last_step() {
    let images = images(9);
    let model = model(auto_decoder(), &images);
    let mut steps = Steps::default();
    let config = inference(25);
    let _ = infer(&model, &images, &config, &optimisers(), &Streams::new(1), &mut steps).unwrap();
    let expected = [20, 25, 45, 50, 70, 75].map(|done| (done, 75));
    assert_eq!(steps.steps, expected);
}

/// What is told of a batch is its objective where the last step began.
#[test]
fn progress_tells_each_batchs_objective() {
    let images = images(6);
    let model = model(auto_decoder(), &images);
    let mut steps = Steps::default();
    let _ =
        infer(&model, &images, &inference(1), &optimisers(), &Streams::new(5), &mut steps).unwrap();
    let pixels = images.range(0, 6);
    let terms = model.terms(&start(&model, 6), &start(&model, 6), &pixels);
    let objectives = numbers(&terms.objective(1.0));
    let told: Vec<f64> = steps.batches.iter().map(|batch| batch.objective).collect();
    for (told, expected) in told.iter().zip(objectives.chunks(4)) {
        let expected = expected.iter().sum::<f64>() / expected.len() as f64;
        assert_relative_eq!(*told, expected, max_relative = 1e-5);
    }
    assert_eq!(told.len(), 2);
}

/// Asks for a stop after some steps.
struct StopAfter {
    steps: u64,
    seen: u64,
}

impl Observer for StopAfter {
    fn step(&mut self, done: u64, _total: u64) {
        self.seen = done;
    }

    fn should_stop(&self) -> bool {
        self.seen >= self.steps
    }
}

#[test]
fn inference_stops_when_asked() {
    let images = images(9);
    let model = model(auto_decoder(), &images);
    // In the middle of a batch, between two, and before the first step.
    for (engine, steps) in [3, 7, 0]
        .map(|steps| (EngineKind::Libtorch, steps))
        .into_iter()
        .chain([20, 25, 0].map(|steps| (EngineKind::Auto, steps)))
    {
        let mut observer = StopAfter { steps, seen: 0 };
        let all = if engine == EngineKind::Auto { 25 } else { 7 };
        let (config, streams) = (InferenceConfig { engine, ..inference(all) }, Streams::new(1));
        let stopped = infer(&model, &images, &config, &optimisers(), &streams, &mut observer);
        assert!(
            matches!(stopped, Err(Error::Interrupted { place: "during inference" })),
            "{stopped:?}"
        );
        assert_eq!(observer.seen, steps);
    }
}

/// Rows are fitted in the precision that was asked for, or not at all.
#[test]
fn bfloat16_fits_nearly_alike_and_by_kernels_alone() {
    let images = images(10);
    let model = model(variational(), &images);
    let single = inference(40);
    let half = InferenceConfig { precision: Precision::Bf16, ..single.clone() };
    let [single, fitted] = [&single, &half].map(|config| numbers(&fit(&model, &images, config)));
    assert_ne!(single, fitted);
    for (single, fitted) in single.iter().zip(&fitted) {
        assert_relative_eq!(*single, *fitted, epsilon = 0.05);
    }
    let libtorch = InferenceConfig { engine: EngineKind::Libtorch, ..half };
    let streams = Streams::new(5);
    let error = infer(&model, &images, &libtorch, &optimisers(), &streams, &mut Silent);
    assert!(matches!(error, Err(Error::NoBf16 { section: "inference", .. })));
}

/// Sums of two numbers in bfloat16 fit rows as f32 does, which takes their place where libtorch computes.
#[test]
fn sums_of_bfloat16_fit_alike() {
    let images = images(10);
    let model = model(variational(), &images);
    let single = inference(40);
    let sums = InferenceConfig { precision: Precision::Bf16x3, ..single.clone() };
    let libtorch = InferenceConfig { engine: EngineKind::Libtorch, ..sums.clone() };
    let [single, fitted, libtorch] =
        [&single, &sums, &libtorch].map(|config| numbers(&fit(&model, &images, config)));
    for ((single, fitted), libtorch) in single.iter().zip(&fitted).zip(&libtorch) {
        assert_relative_eq!(*single, *fitted, epsilon = 1e-3);
        assert_relative_eq!(*single, *libtorch, epsilon = 1e-3);
    }
}
