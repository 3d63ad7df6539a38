//! Latents on disk.

use std::collections::HashMap;
use std::path::Path;

use approx::assert_relative_eq;
use autodecoder_distributions::{Gaussian, Laplace, Point, Posterior};
use autodecoder_models::tensor_file;
use autodecoder_training::{Latents, read_latents, write_latents};
use tch::{Device, Kind, Tensor};

use crate::make::{numbers, wave};

fn write(path: &Path, posterior: &dyn Posterior) -> Latents {
    let rows = wave(&[4, posterior.row_width(3)], 0.0, Kind::Float) * 3.0;
    let keys = ["a.png", "b/\"c\".jpg", "ä", ""].map(str::to_owned).to_vec();
    let index = vec![7, 0, 59_999, u32::MAX];
    let latents = Latents { rows, index, images: "d1".into(), keys: Some(keys) };
    write_latents(path, posterior, &latents).unwrap();
    latents
}

#[test]
fn a_round_trip_keeps_rows_and_indices() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latents.safetensors");
    for posterior in [&Gaussian as &dyn Posterior, &Laplace, &Point] {
        let written = write(&path, posterior);
        let read = read_latents(&path, posterior, 3, Device::Cpu).unwrap();
        assert_eq!((&read.index, &read.images), (&written.index, &written.images));
        assert_eq!(read.keys, written.keys);
        assert_eq!(read.names()[1], "b/\"c\".jpg");
        for (found, expected) in numbers(&read.rows).into_iter().zip(numbers(&written.rows)) {
            assert_relative_eq!(found, expected, epsilon = 1e-5);
        }
    }
}

#[test]
fn parameters_lie_on_disk_in_their_constrained_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latents.safetensors");
    let rows = numbers(&write(&path, &Gaussian).rows);
    let mut file = tensor_file::read(&path).unwrap();
    let mean = numbers(&file.take("mean", &[4, 3], Device::Cpu).unwrap());
    let log_variance = numbers(&file.take("log_variance", &[4, 3], Device::Cpu).unwrap());
    assert_eq!(file.take_integers("index").unwrap(), [7, 0, 59_999, i64::from(u32::MAX)]);
    assert_eq!(file.metadata["images"], "d1");
    file.finish().unwrap();
    for (i, row) in rows.chunks(6).enumerate() {
        for j in 0..3 {
            assert_eq!(mean[3 * i + j], row[j]);
            let expected = 20.0 * (row[3 + j] / 20.0).tanh();
            assert_relative_eq!(log_variance[3 * i + j], expected, max_relative = 1e-5);
        }
    }
}

#[test]
fn files_of_another_model_or_damaged_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latents.safetensors");
    let refusal = |posterior: &dyn Posterior, latent_dim| {
        let message =
            read_latents(&path, posterior, latent_dim, Device::Cpu).unwrap_err().to_string();
        assert!(message.starts_with(&path.display().to_string()), "{message}");
        message
    };
    write(&path, &Gaussian);
    assert!(refusal(&Laplace, 3).contains("is missing"));
    assert!(refusal(&Point, 3).contains("the tensor z is missing"));
    assert!(refusal(&Gaussian, 4).contains("mean is Float [4, 3], expected Float [4, 4]"));
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    refusal(&Gaussian, 3);
    for index in [-1, i64::from(u32::MAX) + 1] {
        let tensors = [
            ("z".to_owned(), wave(&[1, 3], 0.0, Kind::Float)),
            ("index".to_owned(), Tensor::from_slice(&[index])),
        ];
        tensor_file::write(&path, &tensors, None).unwrap();
        assert!(refusal(&Point, 3).contains("index: out of range"));
    }
    let z = ("z".to_owned(), wave(&[1, 3], 0.0, Kind::Float));
    let index = ("index".to_owned(), Tensor::from_slice(&[0i64]));
    let extra = ("extra".to_owned(), Tensor::from_slice(&[0i64]));
    let mut tensors = vec![z, index];
    tensor_file::write(&path, &tensors, None).unwrap();
    assert!(refusal(&Point, 3).contains("the metadata images is missing"));
    tensors.push(extra);
    let metadata = HashMap::from([("images".to_owned(), "d1".to_owned())]);
    tensor_file::write(&path, &tensors, Some(metadata)).unwrap();
    assert!(refusal(&Point, 3).contains("unexpected tensors: extra"));
    tensor_file::write(&path, &[("z".to_owned(), wave(&[1, 3], 0.0, Kind::Float))], None).unwrap();
    assert!(refusal(&Point, 3).contains("the tensor index is missing"));
}
