//! Numbers that run away.

use super::experiments::{tiny_with, tiny_with_all};
use super::folder::Folder;
use super::program::{assert_says, error_of, sample};

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

#[test]
fn a_rate_of_zero_is_allowed() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", tiny_with("training.decoder.rate", "0.0"));
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    super::program::succeed(&["train", "--experiment", &experiment, "--data", data, "--run", &run]);
}
