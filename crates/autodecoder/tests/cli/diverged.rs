//! Numbers that run away.

use autodecoder_models::tensor_file;
use tch::{Device, Tensor};

use super::experiments::{tiny_with, tiny_with_all};
use super::folder::{Folder, assert_same, copy};
use super::program::{assert_says, error_of, sample, succeed};
use super::shared_runs;

fn error_from(command: &str, experiment: &str) -> (String, Folder) {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", experiment);
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    let message = error_of(&[command, "--experiment", &experiment, "--data", data, "--run", &run]);
    (message, folder)
}

#[test]
fn training_that_diverges_names_the_model_the_epoch_and_the_batch() {
    let sgd =
        "{ optimiser = { kind = \"sgd\" }, rate = 100.0, warm_up = 0.0, schedule = \"constant\" }";
    let likelihood = "{ kind = \"gaussian\", variance = 1e-6 }";
    let (message, folder) = error_from(
        "train",
        &tiny_with_all(&[
            ("models.1.training.decoder", sgd),
            ("models.1.training.latents", sgd),
            ("models.1.likelihood", likelihood),
            ("models.1.training.epochs", "20"),
        ]),
    );
    assert_says(&message, &["model vad", "epoch ", "batch ", "of 3", "training.decoder.rate"]);
    // The model before it is whole, the diverged one is not taken for trained.
    assert!(folder.root().join("run/models/ad/model.json").exists());
    assert!(!folder.root().join("run/models/vad/model.json").exists());
}

#[test]
fn inference_that_diverges_is_an_error_and_leaves_no_latents() {
    let sgd =
        "{ optimiser = { kind = \"sgd\" }, rate = 100.0, warm_up = 0.0, schedule = \"constant\" }";
    let experiment = tiny_with_all(&[
        ("models.0.inference.latents", sgd),
        ("models.0.inference.steps", "60"),
        ("models.0.likelihood", "{ kind = \"gaussian\", variance = 1e-6 }"),
        ("models.0.l2", "1000.0"),
    ]);
    let (message, folder) = error_from("reproduce", &experiment);
    assert_says(&message, &["\"ad\"", "not finite", "inference.latents.rate"]);
    assert!(!folder.root().join("run/models/ad/latents-test.safetensors").exists());
    assert!(!folder.root().join("run/results.json").exists());
}

/// A comparison asks what happens; running away is an answer.
#[test]
fn a_variant_that_diverges_is_noted_and_the_run_goes_on() {
    let sgd =
        "{ optimiser = { kind = \"sgd\" }, rate = 100.0, warm_up = 0.0, schedule = \"constant\" }";
    let wild = format!(
        "{{ likelihood = {{ kind = \"gaussian\", variance = 1e-6 }}, \
         training = {{ epochs = 20, decoder = {sgd}, latents = {sgd} }} }}"
    );
    let rows = format!(
        "{{ likelihood = {{ kind = \"gaussian\", variance = 1e-6 }}, \
         inference = {{ steps = 60, latents = {sgd} }} }}"
    );
    let variants = format!(
        "[{{ name = \"wild\", set = {wild} }}, {{ name = \"rows\", set = {rows} }}, \
         {{ name = \"tame\" }}]"
    );
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", tiny_with("comparisons.0.variants", &variants));
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    let arguments = ["reproduce", "--experiment", &experiment, "--data", data, "--run", &run];
    assert_says(&succeed(&arguments).stderr, &["wild: diverged", "tame: negative ELBO"]);
    let results = std::fs::read_to_string(folder.path("run/results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    let variants = results["comparisons"][0]["variants"].as_array().unwrap();
    let scored: Vec<bool> = variants.iter().map(|variant| variant["test"].is_object()).collect();
    assert_eq!(scored, [false, false, true]);
    assert!(variants[0]["test"].is_null() && variants[0]["parameters"].is_number());
    let report = std::fs::read_to_string(folder.path("run/report.html")).unwrap();
    assert_says(&report, &["wild (diverged)", "A variant that diverged has no scores"]);
    assert_says(&succeed(&arguments).stderr, &["Nothing to do"]);
}

/// Latents whose squares overflow decode all the same.
#[test]
fn latents_out_of_all_bounds_are_an_error_and_no_null_in_the_results() {
    let folder = Folder::new();
    copy(shared_runs::tiny(), &folder.root().join("run"));
    let path = folder.root().join("run/models/ad/latents-train.safetensors");
    let mut file = tensor_file::read(&path).unwrap();
    let z = file.take("z", &[60, 2], Device::Cpu).unwrap().full_like(1e25);
    let index = Tensor::from_slice(&file.take_integers("index").unwrap());
    let tensors = [("z".to_owned(), z), ("index".to_owned(), index)];
    tensor_file::write(&path, &tensors, Some(file.metadata)).unwrap();
    let before = folder.contents();
    let message = error_of(&["evaluate", "--run", &folder.path("run")]);
    assert_says(&message, &["\"ad\"", "not finite", "training.latents.rate"]);
    assert_same(&before, &folder.contents());
}

#[test]
fn a_rate_of_zero_is_allowed() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", tiny_with("training.decoder.rate", "0.0"));
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    succeed(&["train", "--experiment", &experiment, "--data", data, "--run", &run]);
}
