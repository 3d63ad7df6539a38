//! Models on disk: the same bytes and images again, and a clear error for every kind of damage.

use std::path::Path;

use autodecoder_models::{LatentModel, Parts, load_model, save_model, tensor_file};
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};

use crate::make::{
    auto_decoder, autoencoder, conv, learned_gaussian, mlp, model, numbers, pixels, variational,
    wave,
};

fn load(folder: &Path) -> Result<LatentModel, autodecoder_models::Error> {
    load_model(folder, &Parts::standard(), Device::Cpu)
}

#[test]
fn a_round_trip_gives_the_same_bytes_and_images() {
    for spec in [auto_decoder(mlp()), learned_gaussian(), autoencoder(conv())] {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let saved = model(spec.clone());
        for (_, mut parameter) in saved.named_parameters() {
            let _ = parameter.g_add_scalar_(0.125); // Fresh values could come from anywhere.
        }
        save_model(&saved, first.path()).unwrap();
        let loaded = load(first.path()).unwrap();
        assert_eq!(loaded.spec(), &spec);
        save_model(&loaded, second.path()).unwrap();
        let encoder = spec.encoder.iter().map(|_| "encoder.safetensors");
        for file in ["model.json", "decoder.safetensors"].into_iter().chain(encoder) {
            let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
            assert_eq!(read(first.path()), read(second.path()), "{file}");
        }
        let z = wave(&[3, 3], Kind::Float);
        assert_eq!(numbers(&saved.decode(&z)), numbers(&loaded.decode(&z)));
        let rows = |model: &LatentModel| model.encode(&pixels(2).into()).map(|rows| numbers(&rows));
        assert_eq!(rows(&saved), rows(&loaded));
    }
}

#[test]
fn model_json_says_all_that_another_program_needs() {
    let folder = tempfile::tempdir().unwrap();
    save_model(&model(variational(mlp())), folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("model.json")).unwrap();
    let found: Value = serde_json::from_str(&text).unwrap();
    let expected = json!({
        "format": 1, "name": "vad", "kind": "variational-auto-decoder", "latent_dim": 3,
        "posterior": "gaussian", "prior": "N(0, I)", "beta": 1.0, "l2": 0.0,
        "decoder": {"kind": "mlp", "hidden": [5]}, "likelihood": {"kind": "bernoulli"},
        "image": {"channels": 2, "height": 4, "width": 8}, "parameter_count": 404,
        "layers": ["linear 3 5", "relu", "linear 5 64", "reshape 2 4 8"],
    });
    assert_eq!(found, expected);
}

/// A saved model in a folder of its own.
fn saved() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    save_model(&model(learned_gaussian()), folder.path()).unwrap();
    folder
}

/// Loads and expects an error that names `file` and says `expected`.
fn assert_refused(folder: &Path, file: &str, expected: &str) {
    let message = load(folder).unwrap_err().to_string();
    let path = folder.join(file).display().to_string();
    assert!(message.starts_with(&path), "{message}\ndoes not start with {path}");
    assert!(message.contains(expected), "{message}\ndoes not say {expected}");
}

#[test]
fn missing_and_truncated_files_are_refused() {
    for file in ["model.json", "decoder.safetensors"] {
        let folder = saved();
        let path = folder.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 1, 10, whole.len() / 2, whole.len() - 2] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_refused(folder.path(), file, "");
        }
        std::fs::remove_file(&path).unwrap();
        assert_refused(folder.path(), file, "cannot be read");
        let error = load(folder.path()).unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("No such file"));
    }
}

#[test]
fn a_changed_description_is_refused() {
    for (key, value, expected) in [
        ("format", json!(2), "format 2, expected 1"),
        ("kind", json!("auto-encoder"), "unknown variant `auto-encoder`"),
        ("kind", json!("auto-decoder"), "an auto-decoder needs a point"),
        ("posterior", json!("cauchy"), "unknown posterior \"cauchy\""),
        ("likelihood", json!({"kind": "poisson"}), "unknown likelihood \"poisson\""),
        ("likelihood", json!({"kind": "gaussian", "sigma": 1}), "unknown field `sigma`"),
        ("latent_dim", json!(4), "cannot take input of shape [4]"),
        ("latent_dim", json!(-4), "latent_dim = -4: expected a size"),
        ("image", json!({"channels": 2, "height": 4, "width": 4}), "[2, 4, 4]"),
        ("image", json!({"channels": 2, "height": 0, "width": 8}), "height = 0: expected a size"),
        ("layers", json!(["linear 3"]), "cannot read the layer \"linear 3\""),
        ("layers", json!(["pool 2"]), "cannot read the layer \"pool 2\""),
        ("layers", json!([]), "layer 0 (output)"),
    ] {
        let folder = saved();
        let path = folder.path().join("model.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut description: Value = serde_json::from_str(&text).unwrap();
        description[key] = value;
        std::fs::write(&path, description.to_string()).unwrap();
        assert_refused(folder.path(), "model.json", expected);
    }
}

/// Rewrites the tensors of a saved model.
fn assert_tensors_refused(change: impl Fn(&mut Vec<(String, Tensor)>), expected: &str) {
    let folder = saved();
    let mut tensors = model(learned_gaussian()).named_parameters();
    change(&mut tensors);
    let file = "decoder.safetensors";
    tensor_file::write(&folder.path().join(file), &tensors, None).unwrap();
    assert_refused(folder.path(), file, expected);
}

#[test]
fn tensors_that_model_json_does_not_describe_are_refused() {
    assert_tensors_refused(
        |tensors| drop(tensors.remove(1)),
        "the tensor layers.0.bias is missing",
    );
    assert_tensors_refused(
        |tensors| drop(tensors.pop()),
        "the tensor likelihood.raw_log_variance is missing",
    );
    assert_tensors_refused(
        |tensors| tensors.push(("layers.9.bias".to_owned(), Tensor::from_slice(&[0.0f32]))),
        "unexpected tensors: layers.9.bias",
    );
    assert_tensors_refused(
        |tensors| tensors[0].1 = tensors[0].1.tr().contiguous(),
        "layers.0.weight is Float [3, 4], expected Float [4, 3]",
    );
    assert_tensors_refused(
        |tensors| tensors[1].1 = tensors[1].1.to_kind(Kind::Int64),
        "layers.0.bias is Int64 [4], expected Float [4]",
    );
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let message = save_model(&model(auto_decoder(mlp())), &missing).unwrap_err().to_string();
    assert!(message.contains("missing"), "{message}");
    assert!(load(&missing).is_err());
}
