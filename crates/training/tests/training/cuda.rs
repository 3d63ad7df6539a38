//! Short runs on the CPU and on a CUDA device, where there is one.

use approx::assert_relative_eq;
use autodecoder_data::{ImageSet, Mask};
use autodecoder_models::ModelSpec;
use autodecoder_training::{DeviceImages, EpochRecord, Observer, Silent, Streams, TrainingConfig};
use serde_json::json;
use tch::{Cuda, Device};

use crate::make::{
    auto_decoder, autoencoder, config, image_set, model, numbers, part, variational,
    variational_autoencoder,
};
use crate::runs::trainer;

/// What is learned of `set` on `device`: rows, networks and the mean objective of each epoch.
fn learned(spec: &ModelSpec, set: &ImageSet, config: &TrainingConfig, device: Device) -> Vec<f64> {
    let images = DeviceImages::new(set, device);
    let model = model(spec.clone(), &images);
    let mut trainer = trainer(&model, &images, config, 1);
    assert_eq!(trainer.uses_kernels(), device == Device::Cpu);
    trainer.run(None, || false, &mut Silent).unwrap();
    assert_eq!(trainer.table().rows().device(), device);
    let mut all = numbers(trainer.table().rows());
    all.extend(model.named_parameters().iter().flat_map(|(_, tensor)| numbers(tensor)));
    all.extend(trainer.history().iter().map(|record| record.objective));
    all
}

fn assert_same_on_cuda(spec: &ModelSpec, set: &ImageSet, config: &TrainingConfig) {
    let [cpu, cuda] =
        [Device::Cpu, Device::Cuda(0)].map(|device| learned(spec, set, config, device));
    assert_eq!(cpu.len(), cuda.len());
    for (cpu, cuda) in cpu.iter().zip(&cuda) {
        assert_relative_eq!(cpu, cuda, epsilon = 1e-3, max_relative = 1e-3);
    }
}

#[test]
fn every_kind_of_model_learns_on_cuda_what_it_learns_on_the_cpu() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let uniform = ModelSpec { posterior: "uniform".to_owned(), ..variational() };
    let gaussian = part(json!({"kind": "gaussian", "variance": 0.1}));
    let gaussian = ModelSpec { likelihood: gaussian, ..variational() };
    for spec in
        [auto_decoder(), variational(), uniform, gaussian, autoencoder(), variational_autoencoder()]
    {
        assert_same_on_cuda(&spec, &image_set(10), &config(3));
    }
    let weighed = TrainingConfig { importance_samples: 3, ..config(3) };
    for spec in [variational(), variational_autoencoder()] {
        assert_same_on_cuda(&spec, &image_set(10), &weighed);
    }
}

#[test]
fn missing_values_count_on_cuda_as_on_the_cpu() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let set = image_set(10);
    let mut rng = Streams::new(7).rng("mask", &[]);
    let mask = Mask::at_random(10, set.shape(), 0.4, &mut rng).unwrap();
    let set = set.with_observed(mask).unwrap();
    for spec in [variational(), variational_autoencoder()] {
        assert_same_on_cuda(&spec, &set, &config(3));
    }
}

/// Stops in the middle of an epoch.
struct StopAt(u64, u64);

impl Observer for StopAt {
    fn step(&mut self, done: u64, _total: u64) {
        self.1 = done;
    }

    fn epoch(&mut self, _record: &EpochRecord) {}

    fn should_stop(&self) -> bool {
        self.1 >= self.0
    }
}

#[test]
fn a_run_on_cuda_goes_on_from_its_checkpoint() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let images = DeviceImages::new(&image_set(10), Device::Cuda(0));
    let (folder, config) = (tempfile::tempdir().unwrap(), config(4));
    let interrupted = model(variational(), &images);
    let mut first = trainer(&interrupted, &images, &config, 1);
    first.run(Some(folder.path()), || false, &mut StopAt(5, 0)).unwrap_err();
    let resumed = model(variational(), &images);
    let mut second = trainer(&resumed, &images, &config, 1);
    assert!(second.resume_newest(folder.path()).unwrap().is_empty());
    assert_eq!(second.position().step, 2);
    second.run(None, || false, &mut Silent).unwrap();
    let expected = learned(&variational(), &image_set(10), &config, Device::Cuda(0));
    let rows = numbers(second.table().rows());
    for (found, expected) in rows.iter().zip(&expected) {
        assert_relative_eq!(found, expected, epsilon = 1e-5);
    }
}
