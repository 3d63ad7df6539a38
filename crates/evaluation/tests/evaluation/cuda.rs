//! Inference and scores on the CPU and on a CUDA device, where there is one.

use approx::assert_relative_eq;
use autodecoder_distributions::StandardNormal;
use autodecoder_evaluation::{
    ImportanceConfig, evaluate, fit_sampler, importance_bounds, infer, sample_quality, samplers,
};
use autodecoder_training::{DeviceImages, Silent, Streams, optimisers, standard_normal};
use tch::{Cuda, Device};

use crate::make::{evaluation, image_set, inference, model, numbers, variational};

#[test]
fn cuda_agrees_with_the_cpu() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let [(cpu_rows, cpu), (cuda_rows, cuda)] = [Device::Cpu, Device::Cuda(0)].map(|device| {
        let images = DeviceImages::new(&image_set(10), device);
        let model = model(variational(), &images);
        let streams = Streams::new(1);
        let config = inference(20);
        let rows = infer(&model, &images, &config, &optimisers(), &streams, &mut Silent).unwrap();
        let config = evaluation(3);
        let scores = evaluate(&model, &rows, &images, &config, &streams, "test", &mut Silent);
        (numbers(&rows), scores.unwrap())
    });
    for (cpu, cuda) in cpu_rows.iter().zip(&cuda_rows) {
        assert_relative_eq!(cpu, cuda, epsilon = 1e-3);
    }
    let elbo = cpu.negative_elbo.unwrap();
    assert_relative_eq!(elbo, cuda.negative_elbo.unwrap(), max_relative = 1e-3);
}

#[test]
fn samples_and_their_quality_agree_with_the_cpus() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    for name in samplers().names() {
        let [cpu, cuda] = [Device::Cpu, Device::Cuda(0)].map(|device| {
            let rng = |what| Streams::new(1).rng(what, &[]);
            let latents = standard_normal(600, 3, device, &mut rng("latents"));
            let family = samplers().get(name).unwrap();
            let sampler = fit_sampler(family.as_ref(), &latents, &mut rng("fit")).unwrap();
            let samples = sampler.sample(400, &StandardNormal, &mut rng("draw"));
            assert_eq!(samples.device(), device);
            (numbers(&samples), sample_quality(&samples, &latents).unwrap())
        });
        for (cpu, cuda) in cpu.0.iter().zip(&cuda.0) {
            assert_relative_eq!(cpu, cuda, epsilon = 1e-4);
        }
        assert_relative_eq!(cpu.1.frechet, cuda.1.frechet, epsilon = 1e-4);
        assert_relative_eq!(cpu.1.density, cuda.1.density, epsilon = 0.01);
    }
}

#[test]
fn importance_bounds_agree_with_the_cpus() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let [cpu, cuda] = [Device::Cpu, Device::Cuda(0)].map(|device| {
        let images = DeviceImages::new(&image_set(10), device);
        let model = model(variational(), &images);
        let (config, streams) = (inference(20), Streams::new(1));
        let rows = infer(&model, &images, &config, &optimisers(), &streams, &mut Silent).unwrap();
        let config = ImportanceConfig { samples: 100, ..ImportanceConfig::default() };
        let found =
            importance_bounds(&model, &rows, &images, &config, &streams, "test", &mut Silent);
        found.unwrap().unwrap()
    });
    for (cpu, cuda) in cpu.bounds.iter().zip(&cuda.bounds) {
        assert_relative_eq!(cpu.log_likelihood, cuda.log_likelihood, epsilon = 1e-3);
    }
}
