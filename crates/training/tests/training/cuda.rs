//! A short run on the CPU and on a CUDA device, where there is one.

use approx::assert_relative_eq;
use autodecoder_training::{DeviceImages, Silent};
use tch::{Cuda, Device};

use crate::make::{config, image_set, model, numbers, variational};
use crate::runs::trainer;

#[test]
fn cuda_agrees_with_the_cpu() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let rows = [Device::Cpu, Device::Cuda(0)].map(|device| {
        let (images, config) = (DeviceImages::new(&image_set(10), device), config(3));
        let model = model(variational(), &images);
        let mut trainer = trainer(&model, &images, &config, 1);
        trainer.run(None, || false, &mut Silent).unwrap();
        numbers(trainer.table().rows())
    });
    for (cpu, cuda) in rows[0].iter().zip(&rows[1]) {
        assert_relative_eq!(cpu, cuda, epsilon = 1e-3);
    }
}
