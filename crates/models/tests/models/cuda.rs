//! The same model on the CPU and on a CUDA device, where there is one.

use approx::assert_relative_eq;
use autodecoder_models::{Parts, load_model, save_model};
use tch::{Cuda, Device, Kind};

use crate::make::{conv, model, numbers, pixels, variational, wave};

#[test]
fn cuda_agrees_with_the_cpu() {
    if !Cuda::is_available() {
        println!("skipped: no CUDA device");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cpu = model(variational(conv()));
    save_model(&cpu, folder.path()).unwrap();
    let device = Device::Cuda(0);
    let cuda = load_model(folder.path(), &Parts::standard(), device).unwrap();
    let (rows, noise, images) = (wave(&[4, 6], Kind::Float), wave(&[4, 3], Kind::Float), pixels(4));
    let expected = numbers(&cpu.terms(&rows, &noise, &(&images).into()).objective(1.0));
    let images = images.to_device(device).into();
    let terms = cuda.terms(&rows.to_device(device), &noise.to_device(device), &images);
    for (found, expected) in numbers(&terms.objective(1.0)).into_iter().zip(expected) {
        assert_relative_eq!(found, expected, max_relative = 1e-4);
    }
}
