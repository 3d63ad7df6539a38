//! Samples that are drawn while a model is trained.

use std::path::Path;

use super::experiments::{assert_all_rejected, tiny_with};
use super::folder::{Contents, Folder, assert_same};
use super::program::{assert_says, sample, succeed};
use super::reproducible::timeless;
use super::shared_runs;

fn experiment() -> String {
    tiny_with("figures.epochs", "[0, 1, 3]")
}

fn reproduce(folder: &Folder) -> String {
    let experiment = folder.write("tiny.toml", experiment());
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    let words = ["reproduce", "--experiment", &experiment, "--data", data, "--run", &run];
    succeed(&[&words[..], &["--device", "cpu", "--threads", "1"]].concat()).stderr
}

fn sheet(model: &str, epoch: u32) -> String {
    format!("figures/{model}-samples-epoch-{epoch}.png")
}

fn files(run: &Path) -> Contents {
    let mut files = timeless(run);
    files.remove("experiment.toml");
    files
}

#[test]
fn sheets_are_drawn_at_the_epochs_asked_for_and_change_nothing_else() {
    let folder = Folder::new();
    reproduce(&folder);
    let mut found = files(&folder.root().join("run"));
    for model in ["ad", "vad"] {
        let [start, first, last] = [0, 1, 3].map(|epoch| found.remove(&sheet(model, epoch)));
        assert!(start.is_some() && first.is_some(), "{model}");
        assert!(start != first && first != last, "{model}: training changed no picture");
        // The latents are those of the sheet that is drawn after training.
        assert_eq!(last.as_ref(), found.get(&format!("figures/samples-{model}.png")), "{model}");
    }
    assert_same(&files(shared_runs::tiny()), &found);
    let report = std::fs::read_to_string(folder.path("run/report.html")).unwrap();
    assert_says(&report, &["before training.", "after 1 epoch.", "after 3 epochs."]);
}

/// Killed after the last checkpoint, and before the sheet that belongs to it.
#[test]
fn the_last_sheet_is_drawn_after_the_last_checkpoint_all_the_same() {
    let folder = Folder::new();
    reproduce(&folder);
    let run = folder.root().join("run");
    let before = files(&run);
    for lost in ["models/vad/model.json", "metrics.csv", &sheet("vad", 3)] {
        std::fs::remove_file(run.join(lost)).unwrap();
    }
    assert!(!reproduce(&folder).contains("epoch 3"), "it trained again");
    assert_same(&before, &files(&run));
}

#[test]
fn a_lost_sheet_is_said_and_ends_no_run() {
    let folder = Folder::new();
    reproduce(&folder);
    std::fs::remove_file(folder.path(&format!("run/{}", sheet("ad", 1)))).unwrap();
    assert_says(&reproduce(&folder), &["Nothing to do"]);
    succeed(&["report", "--run", &folder.path("run"), "--threads", "1"]);
    let report = std::fs::read_to_string(folder.path("run/report.html")).unwrap();
    assert_says(&report, &["the samples after epoch 1 are lost", "after 3 epochs."]);
}

#[test]
fn epochs_that_no_model_reaches_are_refused() {
    let allowed = "at most 20 rising numbers from 0 to 3";
    assert_all_rejected(&[
        ("figures.epochs", "[0, 4]", &["figures.epochs = [0, 4]", allowed]),
        ("figures.epochs", "[1, 1]", &["figures.epochs = [1, 1]", allowed]),
        ("figures.epochs", "[2, 1]", &["figures.epochs = [2, 1]", allowed]),
        ("figures.epochs", "[-1]", &["figures.epochs[0]", "-1"]),
        ("figures.epochs", "3", &["figures.epochs", "3"]),
    ]);
}
