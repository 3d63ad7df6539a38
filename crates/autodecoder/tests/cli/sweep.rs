//! A sweep over latent_dim, at a tiny size.

use std::path::Path;

use autodecoder::sweep::{Cell, Plan, Sweep};
use autodecoder::{Catalogue, choose_device};
use serde_json::Value;

use super::folder::{Folder, assert_same};
use super::program::{assert_says, error_of, sample, succeed};

const FILES: [&str; 5] =
    ["sweep.json", "sweep.csv", "sweep.html", "latent-dim.png", "latent-dim.svg"];

fn plan() -> Plan {
    Plan {
        dimensions: vec![2, 4],
        seeds: vec![1, 2],
        train: 120,
        test: 20,
        epochs: 2,
        steps: 5,
        ..Plan::standard()
    }
}

fn run(out: &Path, plan: Plan, force: bool) -> Result<String, String> {
    // As many as the program's are in these tests: sums depend on it.
    tch::set_num_threads(1);
    let (out, data) = (out.to_owned(), sample().to_owned());
    let sweep = Sweep { plan, out, data, classifier: None, force };
    let device = choose_device("cpu").unwrap();
    let answers = sweep.run(&device, &Catalogue::standard());
    answers.map(|answers| answers.inferred).map_err(|error| format!("{error:#}"))
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn cell(folder: &Folder, name: &str) -> Cell {
    serde_json::from_value(read(&folder.root().join("out/cells").join(name))).unwrap()
}

#[test]
fn what_was_measured_is_kept_and_not_measured_again() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    let answer = run(&out, plan(), false).unwrap();
    assert_says(
        &answer,
        &["From 2 to 4 dimensions accuracy rises", "of 6 cases", "Fewer than three"],
    );
    for file in FILES {
        assert!(out.join(file).exists(), "{file} is missing");
    }
    let before = folder.contents();
    let is_cell = |name: &&String| name.contains("cells/") && name.ends_with(".json");
    assert_eq!(before.keys().filter(is_cell).count(), 12);
    assert_eq!(run(&out, plan(), false).unwrap(), answer);
    assert_same(&before, &folder.contents());

    let lost = "vad-4-seed-2.json";
    let old = cell(&folder, lost);
    std::fs::remove_file(out.join("cells").join(lost)).unwrap();
    run(&out, plan(), false).unwrap();
    let new = cell(&folder, lost);
    assert_ne!(old.seconds, new.seconds, "it was not measured again");
    assert_eq!(Cell { seconds: old.seconds, ..new }, old);
    let mut after = folder.contents();
    let mut kept = before.clone();
    for files in [&mut after, &mut kept] {
        files.retain(|name, _| name.contains("cells/") && !name.ends_with(lost));
    }
    assert_same(&kept, &after);
}

#[test]
fn tables_hold_every_model_and_agree_with_the_cells() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    run(&out, plan(), false).unwrap();
    let csv = std::fs::read_to_string(out.join("sweep.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 13);
    let ad = rows.iter().find(|row| row[..3] == ["AD", "4", "2"]).unwrap();
    let measured = cell(&folder, "ad-4-seed-2.json");
    assert_eq!(ad[3], measured.inferred.knn.accuracy.to_string());
    assert_eq!(ad[6], measured.trained.linear.accuracy.to_string());
    assert_eq!((ad[7], ad[8]), ("", &*measured.test.mse.to_string()));
    assert_eq!(ad[9..11], ["", ""], "no samples were judged");

    let json = read(&out.join("sweep.json"));
    assert_eq!(json["cells"].as_array().unwrap().len(), 12);
    let curves = json["curves"].as_array().unwrap();
    // Seven measurements of three kinds; an auto-decoder has no ELBO.
    assert_eq!(curves.len(), 20);
    let nats = |seed| cell(&folder, &format!("vae-2-seed-{seed}.json")).test.negative_elbo.unwrap();
    let curve = curves.iter().find(|curve| {
        curve["measurement"] == "negative_elbo" && curve["kind"] == "variational-autoencoder"
    });
    let point = &curve.unwrap()["points"][0];
    assert_eq!(point["latent_dim"], 2);
    let mean = (nats(1) + nats(2)) / 2.0;
    assert!((point["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
    let error = (nats(1) - nats(2)).abs() / 2.0;
    assert!((point["standard_error"].as_f64().unwrap() - error).abs() < 1e-9);
}

/// The program, told to take the steps one by one, finds the same numbers, but for the rounding of rows
/// that are written to a file and read back.
#[test]
fn a_cell_is_what_an_ordinary_run_measures() {
    let folder = Folder::new();
    run(&folder.root().join("out"), plan(), false).unwrap();
    let experiment = plan().experiment(2, &Catalogue::standard()).unwrap();
    let experiment = folder.write("mine.toml", toml::to_string(&experiment).unwrap());
    let (ran, data) = (folder.path("run"), sample().to_str().unwrap());
    let compute = ["--data", data, "--device", "cpu", "--threads", "1", "--run", &ran];
    succeed(&[&["train", "--experiment", &experiment], &compute[..]].concat());
    succeed(&[&["evaluate"], &compute[..]].concat());
    let results = read(&folder.root().join("run/results.json"));
    for model in ["ad-4", "vad-2", "vae-4"] {
        let expected = &results["models"][model];
        let found = cell(&folder, &format!("{model}-seed-2.json"));
        assert_eq!(serde_json::to_value(found.trained).unwrap(), expected["probes"], "{model}");
        let expected = &expected["test"];
        for (key, found) in serde_json::to_value(&found.test).unwrap().as_object().unwrap() {
            let pair = [found, &expected[key]].map(Value::as_f64);
            let [Some(found), Some(expected)] = pair else {
                assert_eq!(pair[0], pair[1], "{model}: {key}");
                continue;
            };
            assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{model}: {key}: {pair:?}");
        }
    }
}

#[test]
fn samples_are_judged_where_there_is_a_classifier() {
    let folder = Folder::new();
    let (judge, sample_) = (folder.path("judge"), sample().to_str().unwrap());
    let compute = ["--data", sample_, "--device", "cpu", "--threads", "1"];
    succeed(&[&["classifier", "--epochs", "1", "--out", &judge], &compute[..]].concat());
    let small = Plan { seeds: vec![1], dimensions: vec![2], ..plan() };
    let out = folder.root().join("out");
    let (data, plan) = (sample().to_owned(), small.clone());
    let sweep = Sweep { plan, out: out.clone(), data, classifier: None, force: false };
    let sweep = sweep.judged_by(Path::new(&judge)).unwrap();
    sweep.run(&choose_device("cpu").unwrap(), &Catalogue::standard()).unwrap();
    for kind in ["ad", "vad", "vae"] {
        let frechet = cell(&folder, &format!("{kind}-2-seed-1.json")).frechet;
        assert!(frechet["prior"] > 0.0 && frechet["mixture"] > 0.0, "{kind}: {frechet:?}");
    }
    // Without the classifier it is another sweep.
    assert_says(&run(&out, small, false).unwrap_err(), &["another sweep"]);
    let missing = error_of(&["sweep", "latent-dim", "--data", sample_, "--classifier", "none"]);
    assert_says(&missing, &["no classifier in none"]);
}

#[test]
fn another_sweep_is_replaced_only_by_force_and_other_files_never() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    let small = || Plan { seeds: vec![1], dimensions: vec![2], ..plan() };
    run(&out, small(), false).unwrap();
    folder.write("out/mine.txt", "mine");
    folder.write("out/cells/mine.txt", "mine");
    let before = folder.contents();
    let other = || Plan { epochs: 3, ..small() };
    let refused = run(&out, other(), false).unwrap_err();
    assert_says(&refused, &["another sweep", "--out", "--force"]);
    assert_same(&before, &folder.contents());
    run(&out, other(), true).unwrap();
    let after = folder.contents();
    assert_ne!(before["out/cells/ad-2-seed-1.json"], after["out/cells/ad-2-seed-1.json"]);
    assert_eq!(after["out/mine.txt"], b"mine");
    assert_eq!(after["out/cells/mine.txt"], b"mine");
}

#[test]
fn a_folder_that_is_no_sweeps_is_refused_and_left_alone() {
    let folder = Folder::new();
    folder.write("out/notes.txt", "mine");
    let before = folder.contents();
    for force in [false, true] {
        let refused = run(&folder.root().join("out"), plan(), force).unwrap_err();
        assert_says(&refused, &["holds no sweep", "--out"]);
    }
    assert_same(&before, &folder.contents());
}

#[test]
fn a_damaged_cell_and_other_images_are_named() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    let small = || Plan { seeds: vec![1], dimensions: vec![2], ..plan() };
    run(&out, small(), false).unwrap();
    let text = std::fs::read_to_string(out.join("cells/ad-2-seed-1.json")).unwrap();
    folder.write("out/cells/ad-2-seed-1.json", &text[..100]);
    let error = run(&out, small(), false).unwrap_err();
    assert_says(&error, &["ad-2-seed-1.json", "damaged", "remove it"]);
    let digest = cell(&folder, "vad-2-seed-1.json").images.train;
    folder.write("out/cells/ad-2-seed-1.json", text.replace(&digest, "0"));
    std::fs::remove_file(out.join("cells/vad-2-seed-1.json")).unwrap();
    let error = run(&out, small(), false).unwrap_err();
    assert_says(&error, &["begun with other images", "--data"]);
}

#[test]
fn the_program_says_what_it_needs() {
    let message = error_of(&["sweep", "latent-dim", "--quick"]);
    assert_says(&message, &["--data DIR", "cargo xtask setup"]);
    let folder = Folder::new();
    let out = folder.path("out");
    let sample = sample().to_str().unwrap();
    let message = error_of(&["sweep", "latent-dim", "--out", &out, "--data", sample]);
    assert_says(&message, &["data.train = 5000", "there are 256"]);
}

#[test]
fn every_key_of_sweep_json_is_documented() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    run(&out, Plan { seeds: vec![1], dimensions: vec![2], ..plan() }, false).unwrap();
    let document = include_str!("../../../../docs/experiments.md");
    let json = read(&out.join("sweep.json"));
    let mut keys: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
    for (list, parent) in [("plan", &json["plan"]), ("curves", &json["curves"][0])] {
        keys.extend(parent.as_object().unwrap().keys().map(|key| format!("{list}.{key}")));
    }
    let point = &json["curves"][0]["points"][0];
    keys.extend(point.as_object().unwrap().keys().map(|key| format!("curves.points.{key}")));
    keys.extend(json["cells"][0].as_object().unwrap().keys().map(|key| format!("cells.{key}")));
    keys.extend(json["answers"].as_object().unwrap().keys().map(|key| format!("answers.{key}")));
    keys.retain(|key| !["plan", "curves", "cells", "answers", "curves.points"].contains(&&**key));
    let csv = std::fs::read_to_string(out.join("sweep.csv")).unwrap();
    keys.extend(csv.lines().next().unwrap().split(',').map(str::to_owned));
    let missing: Vec<&String> =
        keys.iter().filter(|key| !document.contains(&format!("| `{key}` |"))).collect();
    assert!(missing.is_empty(), "not in docs/experiments.md: {missing:#?}");
}
