//! Commands on runs that have not come so far.

use super::experiments::TINY;
use super::folder::{Folder, assert_same};
use super::program::{assert_says, error_of, run, sample, succeed};

const STEPS: [&str; 6] = ["evaluate", "compare", "sample", "interpolate", "tsne", "report"];

#[test]
fn every_command_needs_a_run() {
    let folder = Folder::new();
    let absent = folder.path("absent");
    for step in STEPS.into_iter().chain(["info"]) {
        assert_says(&error_of(&[step, "--run", &absent]), &[&absent, "no run here"]);
    }
    assert!(folder.contents().is_empty());
}

#[test]
fn every_step_says_which_one_comes_before_it() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    let (run_folder, data) = (folder.path("run"), sample().to_str().unwrap());
    succeed(&["train", "--experiment", &experiment, "--data", data, "--run", &run_folder]);
    let trained = folder.contents();
    for step in &STEPS[1..] {
        let message = error_of(&[step, "--run", &run_folder]);
        assert_says(&message, &["evaluate"]);
        println!("{message}");
        assert_same(&trained, &folder.contents());
    }
    let outcome = run(&["info", "--run", &run_folder]);
    assert_says(&outcome.stdout, &["ad: trained, not evaluated", "vad: trained, not evaluated"]);

    for model in ["ad", "vad"] {
        std::fs::remove_file(folder.path(&format!("run/models/{model}/model.json"))).unwrap();
    }
    let untrained = folder.contents();
    let message = error_of(&["evaluate", "--run", &run_folder]);
    assert_says(&message, &[&run_folder, "\"ad\"", "not trained yet", "autodecoder train"]);
    assert_same(&untrained, &folder.contents());
    let outcome = run(&["info", "--run", &run_folder]);
    assert_says(&outcome.stdout, &["ad: training was begun"]);
}

#[test]
fn damaged_artefacts_are_named() {
    let folder = Folder::new();
    super::folder::copy(super::shared_runs::tiny(), &folder.root().join("run"));
    let run_folder = folder.path("run");
    let train = "`autodecoder train` writes it again";
    let evaluate = "`autodecoder evaluate` infers them again";
    for (name, step, remedy) in [
        ("run/results.json", "tsne", "`autodecoder reproduce`"),
        ("run/models/ad/model.json", "sample", train),
        ("run/models/ad/decoder.safetensors", "sample", train),
        ("run/models/vad/latents-train.safetensors", "evaluate", train),
        ("run/models/vad/latents-test.safetensors", "interpolate", evaluate),
        ("run/experiment.toml", "info", "not a TOML file"),
    ] {
        let whole = std::fs::read(folder.path(name)).unwrap();
        // Cut between two lines, a TOML file would be a shorter TOML file.
        let half = &whole[..whole.len() / 2];
        let end = half.iter().rposition(|&byte| byte == b'=').map_or(half.len(), |at| at + 1);
        folder.write(name, &half[..end]);
        let before = folder.contents();
        assert_says(&error_of(&[step, "--run", &run_folder]), &[&folder.path(name), remedy]);
        assert_same(&before, &folder.contents());
        folder.write(name, whole);
    }
}
