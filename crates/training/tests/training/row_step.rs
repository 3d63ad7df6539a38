//! One step on a batch of rows: whose gradient goes where.

use approx::assert_relative_eq;
use autodecoder_models::{Decoder, LatentModel, ModelSpec, Parts};
use autodecoder_training::{RowBatch, RowStep, Sgd, StepOutcome, Streams, row_step};
use tch::{Device, Kind, Tensor};

use crate::make::{auto_decoder, images, model, numbers, variational, wave};

/// With it, the rows' change is their gradient.
const PLAIN: Sgd = Sgd { momentum: 0.0 };
pub const WEIGHT: f64 = 0.5;

/// A model in f64, for finite differences.
pub fn double_model(spec: ModelSpec) -> LatentModel {
    let single = model(spec.clone(), &images(1));
    let decoder = single.decoder();
    let mut named = decoder.named_parameters().into_iter();
    let take = |_: &str, _: &[i64]| Ok(named.next().unwrap().1.to_kind(Kind::Double));
    let decoder = Decoder::from_parameters(decoder.layers().to_vec(), 3, decoder.image(), take);
    LatentModel::with_decoder(spec, decoder.unwrap(), &Parts::standard(), Device::Cpu).unwrap()
}

/// Rows, noise of all their samples, images.
pub struct Inputs {
    pub rows: Tensor,
    pub noise: Tensor,
    pub images: Tensor,
}

impl Inputs {
    fn new(model: &LatentModel, count: i64) -> Inputs {
        Inputs::with_samples(model, count, 1)
    }

    pub fn with_samples(model: &LatentModel, count: i64, samples: i64) -> Inputs {
        Inputs {
            rows: wave(&[count, model.row_width()], 0.3, Kind::Double),
            noise: wave(&[count, 3 * samples], 1.3, Kind::Double),
            images: wave(&[count, 1, 3, 4], 2.3, Kind::Double).abs(),
        }
    }

    fn narrow(&self, start: i64, count: i64) -> Inputs {
        let narrow = |tensor: &Tensor| tensor.narrow(0, start, count);
        Inputs {
            rows: narrow(&self.rows),
            noise: narrow(&self.noise),
            images: narrow(&self.images),
        }
    }

    /// The gradients of the rows, and the outcome of the step.
    pub fn step(&self, model: &LatentModel, parameters: &[Tensor]) -> (Vec<f64>, StepOutcome) {
        let mut batch = RowBatch::fresh(self.rows.copy(), &PLAIN);
        let inputs = RowStep {
            images: &(&self.images).into(),
            noise: &self.noise,
            regulariser_weight: WEIGHT,
            rate: 1.0,
        };
        let outcome = row_step(model, &mut batch, &inputs, &PLAIN, parameters);
        assert!(!batch.rows.requires_grad());
        assert_eq!(numbers(&batch.steps), vec![1.0; self.rows.size()[0] as usize]);
        (numbers(&(&self.rows - batch.rows)), outcome)
    }

    fn objective(&self, model: &LatentModel, rows: &Tensor) -> f64 {
        let terms = model.terms(rows, &self.noise, &(&self.images).into());
        terms.objective(WEIGHT).sum(Kind::Double).double_value(&[])
    }
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_relative_eq!(found, expected, epsilon = tolerance, max_relative = tolerance);
    }
}

fn models() -> [LatentModel; 2] {
    [double_model(auto_decoder()), double_model(variational())]
}

#[test]
fn rows_move_by_the_gradient_of_finite_differences() {
    for model in models() {
        let inputs = Inputs::new(&model, 3);
        let (gradient, _) = inputs.step(&model, &[]);
        let rows = numbers(&inputs.rows);
        let at = |index: usize, offset: f64| {
            let mut moved = rows.clone();
            moved[index] += offset;
            inputs.objective(&model, &Tensor::from_slice(&moved).reshape(inputs.rows.size()))
        };
        let differences: Vec<f64> =
            (0..rows.len()).map(|i| (at(i, 1e-5) - at(i, -1e-5)) / 2e-5).collect();
        assert_close(&gradient, &differences, 1e-6);
    }
}

#[test]
fn a_row_does_not_see_the_other_images() {
    for model in models() {
        let all = Inputs::new(&model, 4);
        let (together, _) = all.step(&model, &[]);
        let width = model.row_width() as usize;
        for row in 0..4 {
            let (alone, _) = all.narrow(row, 1).step(&model, &[]);
            assert_close(&together[row as usize * width..][..width], &alone, 1e-12);
        }
        let mut other = Inputs::new(&model, 4);
        let _ = other.images.narrow(0, 1, 3).fill_(0.9);
        let _ = other.rows.narrow(0, 1, 3).fill_(-2.0);
        let (mixed, _) = other.step(&model, &[]);
        assert_eq!(mixed[..width], together[..width]);
        other.images = &other.images * 0.5;
        assert_ne!(other.step(&model, &[]).0[..width], together[..width]);
    }
}

#[test]
fn decoder_gradients_and_sums_are_sums_over_the_batch() {
    for model in models() {
        let parameters: Vec<Tensor> =
            model.named_parameters().into_iter().map(|(_, p)| p.set_requires_grad(true)).collect();
        let all = Inputs::new(&model, 3);
        let gradients = |outcome: &StepOutcome| -> Vec<f64> {
            outcome.gradients.iter().flat_map(numbers).collect()
        };
        let (_, outcome) = all.step(&model, &parameters);
        assert_eq!(outcome.gradients.len(), parameters.len());
        assert!(!outcome.sums.requires_grad());
        let mut gradient_sum = vec![0.0; gradients(&outcome).len()];
        let mut sums = [0.0; 3];
        for row in 0..3 {
            let single = all.narrow(row, 1);
            let (_, alone) = single.step(&model, &parameters);
            let alone = gradients(&alone);
            gradient_sum.iter_mut().zip(alone).for_each(|(sum, gradient)| *sum += gradient);
            let terms = model.terms(&single.rows, &single.noise, &(&single.images).into());
            sums[0] += numbers(&terms.objective(WEIGHT))[0];
            sums[1] += numbers(&terms.reconstruction)[0];
            sums[2] += terms.kl.map_or(0.0, |kl| numbers(&kl)[0]);
        }
        assert_close(&gradients(&outcome), &gradient_sum, 1e-10);
        assert_close(&numbers(&outcome.sums), &sums, 1e-10);
    }
}

#[test]
fn the_decoder_stays_where_no_parameters_are_given() {
    let model = model(variational(), &images(1));
    let values =
        || model.named_parameters().iter().flat_map(|(_, p)| numbers(p)).collect::<Vec<_>>();
    let before = values();
    let mut rng = Streams::new(3).rng("noise", &[]);
    let noise = autodecoder_training::standard_normal(2, 3, Device::Cpu, &mut rng);
    let mut batch = RowBatch::fresh(wave(&[2, 6], 0.1, Kind::Float), &PLAIN);
    let pixels = images(2).range(0, 2);
    let inputs = RowStep { images: &pixels, noise: &noise, regulariser_weight: 1.0, rate: 0.1 };
    let outcome = row_step(&model, &mut batch, &inputs, &PLAIN, &[]);
    assert!(outcome.gradients.is_empty());
    assert_eq!(values(), before);
}
