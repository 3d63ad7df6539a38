//! The same numbers again: from the same seed, and from the same run.

use std::path::Path;

use super::experiments::{TINY, tiny_with};
use super::folder::{Contents, Folder, assert_same, contents, copy};
use super::program::{assert_says, sample, succeed};
use super::shared_runs;

/// A run's files without what takes time to be told: seconds, and what is drawn from them.
pub fn timeless(run: &Path) -> Contents {
    let mut files = contents(run);
    files.retain(|name, _| {
        name != "report.html"
            && !name.ends_with("seconds.json")
            && !name.contains("checkpoint/step")
    });
    for (name, strip) in
        [("results.json", without_seconds as fn(&str) -> String), ("metrics.csv", without_rates)]
    {
        if let Some(bytes) = files.get_mut(name) {
            *bytes = strip(std::str::from_utf8(bytes).unwrap()).into_bytes();
        }
    }
    files
}

/// results.json without its `seconds` objects.
fn without_seconds(text: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        inside |= line.contains("\"seconds\": {");
        let keep = !inside;
        inside &= !line.contains('}');
        keep
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// metrics.csv without its last two columns, `seconds` and `images_per_second`.
fn without_rates(text: &str) -> String {
    let cut = |line: &str| line.rsplitn(3, ',').last().unwrap().to_owned();
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// Runs an experiment in a folder of its own; the folder's `run`.
fn reproduce(folder: &Folder, experiment: &str) {
    let experiment = folder.write("tiny.toml", experiment);
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    succeed(&[
        "reproduce",
        "--experiment",
        &experiment,
        "--data",
        data,
        "--run",
        &run,
        "--device",
        "cpu",
        "--threads",
        "1",
    ]);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = Folder::new();
    reproduce(&folder, TINY);
    let (first, second) = (timeless(shared_runs::tiny()), timeless(&folder.root().join("run")));
    assert!(first.contains_key("results.json") && first.contains_key("figures/tsne-vad.png"));
    assert_same(&first, &second);
}

#[test]
fn another_seed_gives_other_numbers() {
    let folder = Folder::new();
    reproduce(&folder, &tiny_with("seed", "4"));
    let (first, second) = (timeless(shared_runs::tiny()), timeless(&folder.root().join("run")));
    for name in
        ["results.json", "metrics.csv", "models/ad/decoder.safetensors", "figures/samples.png"]
    {
        assert!(first[name] != second[name], "{name} does not depend on the seed");
    }
}

#[test]
fn measuring_again_changes_nothing() {
    let folder = Folder::new();
    copy(shared_runs::smoke(), folder.root());
    let before = folder.contents();
    let run = folder.path("");
    for step in ["evaluate", "compare", "sample", "interpolate", "tsne", "report"] {
        succeed(&[step, "--run", &run, "--data", sample().to_str().unwrap(), "--threads", "1"]);
        assert_same(&before, &folder.contents());
    }
}

/// Inference again, from the decoders on disk: the same rows, byte for byte, and nothing else moves.
#[test]
fn inferring_again_gives_the_same_rows_and_changes_no_model() {
    let folder = Folder::new();
    copy(shared_runs::smoke(), folder.root());
    let models = |folder: &Folder| {
        let mut files = folder.contents();
        files.retain(|name, _| name.starts_with("models/") && !name.ends_with("seconds.json"));
        files
    };
    let before = models(&folder);
    std::fs::remove_file(folder.path("results.json")).unwrap();
    for model in ["ad", "vad-gaussian"] {
        for file in ["decoder", "latents-train", "latents-test"] {
            assert!(before.contains_key(&format!("models/{model}/{file}.safetensors")));
        }
        let rows = folder.path(&format!("models/{model}/latents-test.safetensors"));
        std::fs::remove_file(rows).unwrap();
    }
    let (run, data) = (folder.path(""), sample().to_str().unwrap());
    let said =
        succeed(&["evaluate", "--run", &run, "--data", data, "--device", "cpu", "--threads", "1"]);
    assert_says(&said.stderr, &["infer ad", "infer vad-gaussian"]);
    assert_same(&before, &models(&folder));
}

#[test]
fn reproducing_a_finished_run_changes_nothing_and_says_so() {
    let folder = Folder::new();
    copy(shared_runs::smoke(), folder.root());
    let before = folder.contents();
    let (run, data) = (folder.path(""), sample().to_str().unwrap());
    let arguments = ["reproduce", "--experiment", "smoke", "--run", &run, "--data", data];
    for flags in [&["--threads", "1"][..], &["--threads", "2"], &["--resume"]] {
        let outcome = succeed(&[&arguments[..], flags].concat());
        assert_says(&outcome.stderr, &["Nothing to do", "finished", "report.html", "--force"]);
        assert!(!outcome.stderr.contains("epoch"), "it trained: {}", outcome.stderr);
        assert_same(&before, &folder.contents());
    }
}

#[test]
fn a_figure_that_went_missing_is_drawn_again() {
    let folder = Folder::new();
    copy(shared_runs::tiny(), &folder.root().join("run"));
    let before = timeless(&folder.root().join("run"));
    std::fs::remove_file(folder.path("run/figures/interpolation.png")).unwrap();
    reproduce(&folder, TINY);
    assert_same(&before, &timeless(&folder.root().join("run")));
}
