//! Finished runs that have lost a file: what is whole stays, what is missing comes back.

use std::path::Path;

use super::experiments::TINY;
use super::folder::{Folder, assert_same, copy};
use super::program::{assert_says, error_of, sample, succeed};
use super::reproducible::timeless;
use super::shared_runs;

struct Run {
    folder: Folder,
    experiment: String,
}

impl Run {
    /// A copy of the finished run.
    fn new() -> Run {
        let folder = Folder::new();
        copy(shared_runs::tiny(), &folder.root().join("run"));
        let experiment = folder.write("tiny.toml", TINY);
        Run { folder, experiment }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.root().join("run")
    }

    fn remove(&self, name: &str) {
        let path = self.path().join(name);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }

    fn arguments<'a>(&'a self, command: &'a str, run: &'a str) -> Vec<&'a str> {
        let data = sample().to_str().unwrap();
        let experiment = &self.experiment;
        let threads = ["--device", "cpu", "--threads", "1"];
        let words = [command, "--experiment", experiment, "--data", data, "--run", run];
        [&words[..], &threads].concat()
    }

    /// Runs the experiment's command; what it said.
    fn again(&self, command: &str) -> String {
        succeed(&self.arguments(command, self.path().to_str().unwrap())).stderr
    }

    fn error(&self, command: &str) -> String {
        error_of(&self.arguments(command, self.path().to_str().unwrap()))
    }
}

/// Everything but checkpoints is as in the run that lost nothing.
fn assert_whole(run: &Path) {
    let whole = |root: &Path| {
        let mut files = timeless(root);
        files.retain(|name, _| !name.contains("checkpoint"));
        files
    };
    assert_same(&whole(shared_runs::tiny()), &whole(run));
}

#[test]
fn a_trained_model_without_its_checkpoints_is_not_trained_again() {
    let run = Run::new();
    for lost in ["models/ad/checkpoint", "models/vad/checkpoint", "figures/samples.png"] {
        run.remove(lost);
    }
    let said = run.again("reproduce");
    assert!(!said.contains("epoch"), "it trained: {said}");
    assert_whole(&run.path());
    assert!(!run.path().join("models/ad/checkpoint").exists());
}

#[test]
fn lost_files_of_a_model_come_back_from_its_checkpoint() {
    for name in ["model.json", "decoder.safetensors", "latents-train.safetensors", "seconds.json"] {
        let run = Run::new();
        run.remove(&format!("models/vad/{name}"));
        let said = run.again("reproduce");
        assert!(!said.contains("epoch"), "{name}: it trained: {said}");
        assert_whole(&run.path());
    }
}

#[test]
fn lost_metrics_come_back_from_the_checkpoints() {
    let run = Run::new();
    run.remove("metrics.csv");
    run.again("train");
    assert_whole(&run.path());
    std::fs::write(run.path().join("metrics.csv"), "model,epoch\nad,x\n").unwrap();
    run.again("train");
    assert_whole(&run.path());

    run.remove("metrics.csv");
    run.remove("models/vad/checkpoint");
    let before = timeless(&run.path());
    assert_says(&run.error("train"), &["\"vad\"", "metrics.csv", "checkpoint", "--force"]);
    let mut after = timeless(&run.path());
    // The first model's epochs are there.
    assert!(after.remove("metrics.csv").is_some());
    assert_same(&before, &after);
}

#[test]
fn what_depends_on_a_model_that_is_trained_anew_is_computed_anew() {
    let run = Run::new();
    run.remove("models/ad/model.json");
    run.remove("models/ad/checkpoint");
    assert_says(&run.again("train"), &["train ad: epoch"]);
    assert!(!run.path().join("models/ad/latents-test.safetensors").exists());
    assert!(run.path().join("models/vad/latents-test.safetensors").exists());
    let results = std::fs::read_to_string(run.path().join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    assert!(results["models"]["ad"].is_null() && results["models"]["vad"].is_object());
    run.again("reproduce");
    assert_whole(&run.path());
}

#[test]
fn a_checkpoint_that_is_needed_and_damaged_is_an_error_that_says_what_to_do() {
    let run = Run::new();
    run.remove("models/ad/model.json");
    let checkpoint = run.path().join("models/ad/checkpoint/step-000000000000009.safetensors");
    let mut bytes = std::fs::read(&checkpoint).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&checkpoint, &bytes).unwrap();
    let before = run.folder.contents();
    let message = run.error("train");
    assert_says(&message, &[checkpoint.to_str().unwrap(), "checksum", "remove that folder"]);
    assert_same(&before, &run.folder.contents());
    // The model and its results were whole all the time.
    run.remove("models/ad/checkpoint");
    run.again("reproduce");
    assert_whole(&run.path());
}

/// The checkpoint before the newest one is there for this.
#[test]
fn a_truncated_checkpoint_is_set_aside_with_a_warning_and_the_one_before_is_used() {
    let run = Run::new();
    for lost in ["models/vad", "results.json", "metrics.csv"] {
        run.remove(lost);
    }
    let path = run.path();
    let mut arguments = run.arguments("reproduce", path.to_str().unwrap());
    arguments.extend(["--resume", "--checkpoint-every", "0"]);
    succeed(&arguments);
    run.remove("models/vad/model.json");
    run.remove("metrics.csv");
    let checkpoint = path.join("models/vad/checkpoint/step-000000000000009.safetensors");
    let bytes = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    let said = succeed(&arguments).stderr;
    assert_says(&said, &["warning: a damaged checkpoint is set aside", "000009.safetensors"]);
    assert_says(&said, &["train vad: epoch 3"]);
    assert!(!said.contains("train vad: epoch 2"), "it trained more than the last step: {said}");
    assert!(path.join("models/vad/checkpoint/step-000000000000009.safetensors.damaged").exists());
    assert_whole(&path);
}

#[test]
fn every_figure_that_is_lost_is_drawn_again() {
    let run = Run::new();
    let figures: Vec<String> =
        run.folder.contents().into_keys().filter(|name| name.contains("figures/c")).collect();
    assert_eq!(figures.len(), 6, "{figures:?}");
    let maps = ["ad.png", "vad.svg"].map(|name| format!("run/figures/tsne-{name}"));
    for figure in figures.iter().chain(&maps) {
        std::fs::remove_file(run.folder.path(figure)).unwrap();
        let said = run.again("reproduce");
        assert!(!said.contains("Nothing to do"), "{figure}: {said}");
        assert_whole(&run.path());
    }
    assert_says(&run.again("reproduce"), &["Nothing to do"]);
}

#[test]
fn tsne_draws_a_lost_map_again() {
    let run = Run::new();
    run.remove("figures/tsne-ad.png");
    let said = succeed(&["tsne", "--run", run.path().to_str().unwrap(), "--threads", "1"]).stderr;
    assert_says(&said, &["tsne ad"]);
    assert!(!said.contains("tsne vad"), "the other map was made again: {said}");
    assert_whole(&run.path());
}

/// `kill -9` in the middle of a write leaves such files.
#[test]
fn half_written_files_of_a_killed_process_are_removed_and_no_others() {
    let run = Run::new();
    let half_written = [
        "experiment.toml.tmp",
        "results.json.tmp",
        "metrics.csv.tmp",
        "report.html.tmp",
        "figures/samples.png.partial",
        "figures/tsne-ad.svg.partial",
        "models/ad/decoder.safetensors.tmp",
        "models/vad/model.json.tmp",
        "models/vad/checkpoint/step-000000000000002.safetensors.tmp",
    ];
    let mine = ["notes.tmp", "notes.csv.tmp", "figures/mine.tmp", "mine/report.html.tmp"];
    for name in mine.iter().chain(&half_written) {
        run.folder.write(&format!("run/{name}"), "half");
    }
    run.again("reproduce");
    let after = run.folder.contents();
    let left = half_written.iter().find(|name| after.contains_key(&format!("run/{name}")));
    assert_eq!(left, None);
    assert!(mine.iter().all(|name| after.contains_key(&format!("run/{name}"))), "{after:?}");
}

/// A folder is a run's by what its `experiment.toml` says, not by having a file of that name.
#[test]
fn nothing_is_tidied_in_a_folder_that_is_no_runs() {
    let folder = Folder::new();
    folder.write("mine/experiment.toml", TINY);
    folder.write("mine/results.json.tmp", "mine");
    folder.write("mine/models/ad/decoder.safetensors.tmp", "mine");
    let before = folder.contents();
    error_of(&["evaluate", "--run", &folder.path("mine"), "--data", sample().to_str().unwrap()]);
    assert_same(&before, &folder.contents());
}

#[test]
fn an_old_run_beside_a_finished_one_is_mentioned_and_kept() {
    let run = Run::new();
    run.folder.write("run/.replaced-1/experiment.toml", "old");
    let said = run.again("reproduce");
    assert_says(&said, &["Nothing to do", "an old run lies in", ".replaced-1"]);
    assert!(run.path().join(".replaced-1/experiment.toml").exists());
}
