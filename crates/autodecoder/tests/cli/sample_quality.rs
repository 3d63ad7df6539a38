//! The commands `classifier` and `sample-quality`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use super::folder::{Folder, assert_same, contents, copy};
use super::program::{assert_says, error_of, sample, succeed};
use super::shared_runs;

const DOCUMENT: &str = include_str!("../../../../docs/experiments.md");
const SETTINGS: &str = "epochs = 6\nbatch_size = 32\nrate = 0.01\nwarm_up = 0.3\n\
                        channels = [4, 8]\nfeatures = 8\nshift = 1\nflip = true\n";

/// A small classifier of the sample, and [`shared_runs::tiny`] with its samples judged. Not to be
/// changed.
fn judged() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        let folder = shared_runs::tiny().with_file_name("judged");
        copy(shared_runs::tiny(), &folder.join("run"));
        std::fs::write(folder.join("settings.toml"), SETTINGS).unwrap();
        let [settings, out, run] =
            ["settings.toml", "classifier", "run"].map(|name| at(&folder, name));
        let data = sample().to_str().unwrap();
        let told = succeed(&["classifier", "--data", data, "--settings", &settings, "--out", &out]);
        assert_says(&told.stderr, &["6 epochs", "test accuracy", "percent on 64 images"]);
        let told = judge(&run, &out, "40");
        assert_says(&told, &["training images: Fréchet distance", "ad, mixture:", "vad, kde:"]);
        succeed(&["report", "--run", &run]);
        folder
    })
}

fn at(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

fn judge(run: &str, classifier: &str, samples: &str) -> String {
    let arguments =
        ["sample-quality", "--run", run, "--classifier", classifier, "--samples", samples];
    succeed(&[&arguments[..], &["--device", "cpu", "--threads", "1"]].concat()).stderr
}

fn results() -> Value {
    let text = std::fs::read_to_string(judged().join("run/results.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_number_is_there_in_its_range_and_documented() {
    let results = results();
    let mut places = vec![("samples.floor".to_owned(), &results["samples"]["floor"], 40)];
    for model in ["ad", "vad"] {
        let samples = &results["models"][model]["samples"];
        places.push((format!("{model} reconstructions"), &samples["reconstructions"], 20));
        for sampler in ["prior", "mixture", "kde"] {
            places.push((format!("{model} {sampler}"), &samples["samplers"][sampler], 40));
        }
    }
    for (place, quality, images) in places {
        assert_eq!(quality["images"], images, "{place}");
        assert!(quality["frechet"].as_f64().unwrap() > 0.0, "{place}: {quality}");
        for share in ["precision", "recall", "coverage"] {
            let value = quality[share].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&value), "{place}: {share} = {value}");
        }
        assert!(quality["density"].as_f64().unwrap() >= 0.0, "{place}: {quality}");
    }
    let accuracy = results["samples"]["classifier_accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.29, "accuracy {accuracy} is chance");
    assert_eq!(results["samples"]["features"], 8);
    let keys = [
        "samples.classifier_accuracy",
        "samples.features",
        "samples.test_to_nearest_train",
        "models.<name>.samples.samplers.<sampler>.to_nearest_train",
    ];
    let of_quality = results["samples"]["floor"].as_object().unwrap().keys();
    let all =
        keys.map(str::to_owned).into_iter().chain(of_quality.map(|k| format!("<quality>.{k}")));
    for key in all {
        assert!(DOCUMENT.contains(&format!("| `{key}` |")), "{key} is not documented");
    }
    for line in include_str!("../../../../assets/classifiers/standard.toml").lines().skip(1) {
        let (key, value) = line.split_once(" = ").unwrap();
        let start = format!("| `{key}` |");
        let mut rows = DOCUMENT.lines().filter(|row| row.starts_with(&start));
        assert!(rows.any(|row| row.contains(&format!("| `{value}` |"))), "{line}");
    }
}

#[test]
fn real_images_are_better_than_samples_of_models_that_learned_nothing() {
    let results = results();
    let floor = results["samples"]["floor"]["frechet"].as_f64().unwrap();
    for model in ["ad", "vad"] {
        let samplers = results["models"][model]["samples"]["samplers"].as_object().unwrap();
        for (name, quality) in samplers {
            let found = quality["frechet"].as_f64().unwrap();
            assert!(found > floor, "{model} {name}: {found}, floor {floor}");
        }
    }
}

#[test]
fn the_files_and_the_figure_are_there_and_the_report_tells() {
    let run = judged().join("run");
    for model in ["ad", "vad"] {
        for sampler in ["prior", "mixture", "kde"] {
            assert!(run.join(format!("models/{model}/sampler-{sampler}.safetensors")).exists());
        }
        let picture = std::fs::read(run.join(format!("figures/nearest-{model}.png"))).unwrap();
        assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.ends_with(b"IEND\xaeB`\x82"));
    }
    let report = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert_says(&report, &["How good the samples are", "are not FIDs", "nearest training image"]);
    let before = std::fs::read_to_string(shared_runs::tiny().join("report.html")).unwrap();
    assert!(!before.contains("How good the samples are"));
}

#[test]
fn the_same_command_gives_the_same_bytes_and_other_steps_keep_them() {
    let folder = Folder::new();
    copy(judged(), folder.root());
    let [run, classifier] = ["run", "classifier"].map(|name| folder.path(name));
    judge(&run, &classifier, "40");
    assert_same(&contents(judged()), &folder.contents());
    succeed(&["evaluate", "--run", &run, "--device", "cpu", "--threads", "1"]);
    assert_same(&contents(judged()), &folder.contents());
}

#[test]
fn what_is_missing_or_does_not_fit_is_named() {
    let folder = Folder::new();
    copy(judged(), folder.root());
    let [run, classifier, none] = ["run", "classifier", "none"].map(|name| folder.path(name));
    let error = |classifier: &str, samples: &str| {
        let arguments =
            ["sample-quality", "--run", &run, "--classifier", classifier, "--samples", samples];
        error_of(&arguments)
    };
    let before = folder.contents();
    assert_says(&error(&none, "40"), &["no classifier in", "`autodecoder classifier"]);
    assert_says(&error(&classifier, "5"), &["--samples", "6..=1000000"]);
    let data = sample().to_str().unwrap();
    let again = error_of(&["classifier", "--data", data, "--out", &classifier]);
    assert_says(&again, &["holds a classifier", "--out"]);
    assert_says(&error_of(&["classifier", "--out", &none]), &["--data"]);
    let settings = folder.path("settings.toml");
    let epochs = ["--settings", &settings, "--epochs", "0"];
    let zero = error_of(&[&["classifier", "--data", data, "--out", &none], &epochs[..]].concat());
    assert_says(&zero, &["epochs = 0: expected a value from 1"]);
    assert_same(&before, &folder.contents());
    std::fs::remove_file(folder.root().join("run/results.json")).unwrap();
    assert_says(&error(&classifier, "40"), &["evaluate first"]);
}
