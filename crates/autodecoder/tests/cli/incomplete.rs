//! The experiment on incomplete images, at a tiny size.

use std::path::Path;

use autodecoder::incomplete::{Cell, IncompleteData, Plan};
use autodecoder::{Catalogue, choose_device};
use serde_json::Value;

use super::folder::{Folder, assert_same};
use super::program::{assert_says, error_of, sample};

const FILES: [&str; 6] = [
    "incomplete.json",
    "incomplete.csv",
    "incomplete.html",
    "errors.png",
    "errors.svg",
    "images.png",
];

fn plan() -> Plan {
    Plan {
        missing: vec![30, 80],
        train: 120,
        test: 20,
        latent_dim: 4,
        epochs: 2,
        encoder_epochs: 2,
        steps: 5,
        neighbours: 3,
        rounds: 3,
        ..Plan::standard()
    }
}

fn run(out: &Path, plan: Plan, force: bool) -> Result<String, String> {
    // As many as the program's are in these tests: sums depend on it.
    tch::set_num_threads(1);
    let study = IncompleteData { plan, out: out.to_owned(), data: sample().to_owned(), force };
    let answers = study.run(&choose_device("cpu").unwrap(), &Catalogue::standard());
    answers.map(|answers| answers.incomplete).map_err(|error| format!("{error:#}"))
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn cell(folder: &Folder, name: &str) -> Cell {
    serde_json::from_value(read(&folder.root().join("out/cells").join(name))).unwrap()
}

#[test]
fn what_was_measured_is_kept_and_is_the_same_when_it_is_measured_again() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    let answer = run(&out, plan(), false).unwrap();
    assert_says(&answer, &["Trained on incomplete images", "from 0.3 to 0.8"]);
    for file in FILES {
        assert!(out.join(file).exists(), "{file} is missing");
    }
    let before = folder.contents();
    let is_cell = |name: &&String| name.contains("cells/") && name.ends_with(".json");
    // Six methods, on complete images and at two shares.
    assert_eq!(before.keys().filter(is_cell).count(), 18);
    assert_eq!(run(&out, plan(), false).unwrap(), answer);
    assert_same(&before, &folder.contents());

    for method in ["vad", "vae-mask-channel", "nearest-images", "pca"] {
        for trained in [0, 80] {
            let lost = format!("{method}-missing-{trained}-seed-1.json");
            let old = cell(&folder, &lost);
            std::fs::remove_file(out.join("cells").join(&lost)).unwrap();
            run(&out, plan(), false).unwrap();
            let new = cell(&folder, &lost);
            assert_ne!(old.seconds, new.seconds, "{lost} was not measured again");
            assert_eq!(Cell { seconds: old.seconds, ..new }, old, "{lost}");
        }
    }
    let after = folder.contents();
    for name in ["incomplete.csv", "errors.png", "images.png"] {
        let name = format!("out/{name}");
        assert!(before[&name] == after[&name], "{name} is another");
    }
}

#[test]
fn tables_agree_with_the_cells() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    run(&out, Plan { seeds: vec![1, 2], ..plan() }, false).unwrap();
    let csv = std::fs::read_to_string(out.join("incomplete.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    // Two seeds, two trainings, six methods, two shares.
    assert_eq!(rows.len(), 1 + 48);
    let row = |training, seed| {
        let head = [training, "pca", seed, "80"];
        rows.iter().find(|row| row[..4] == head).unwrap()
    };
    let complete = cell(&folder, "pca-missing-0-seed-2.json");
    assert_eq!(complete.tests.iter().map(|test| test.missing).collect::<Vec<_>>(), [30, 80]);
    assert_eq!(row("complete", "2")[4], complete.tests[1].mse.missing.to_string());
    let of = |seed| cell(&folder, &format!("pca-missing-80-seed-{seed}.json")).tests[0].mse;
    assert_eq!(row("incomplete", "1")[6], of(1).observed.to_string());

    let json = read(&out.join("incomplete.json"));
    let points = json["points"].as_array().unwrap();
    assert_eq!(points.len(), 24);
    let point = points.iter().find(|point| {
        (&point["training"], &point["method"], &point["missing"])
            == (&"incomplete".into(), &"pca".into(), &80.into())
    });
    let found = &point.unwrap()["mse_missing"];
    let [a, b] = [1, 2].map(|seed| of(seed).missing);
    assert!((found["mean"].as_f64().unwrap() - (a + b) / 2.0).abs() < 1e-12);
    assert!((found["standard_error"].as_f64().unwrap() - (a - b).abs() / 2.0).abs() < 1e-12);
}

/// All pixels are the observed and the missing ones: their errors add up, for every method.
#[test]
fn errors_add_up() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    run(&out, plan(), false).unwrap();
    for method in ["vad", "vae-zero-filled", "vae-mask-channel", "pixel-mean", "pca"] {
        let mse = cell(&folder, &format!("{method}-missing-80-seed-1.json")).tests[0].mse;
        // A share between those of 20 images' 15,680 pixels, five standard deviations apart.
        let share = (mse.all - mse.observed) / (mse.missing - mse.observed);
        assert!((share - 0.8).abs() < 0.016, "{method}: {share}");
    }
}

#[test]
fn another_plan_is_replaced_only_by_force_and_another_study_is_told_apart() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    run(&out, plan(), false).unwrap();
    folder.write("out/mine.txt", "mine");
    let before = folder.contents();
    let other = || Plan { epochs: 1, ..plan() };
    let refused = run(&out, other(), false).unwrap_err();
    assert_says(&refused, &["another experiment on incomplete data", "--out", "--force"]);
    assert_same(&before, &folder.contents());
    run(&out, other(), true).unwrap();
    let after = folder.contents();
    let vad = "out/cells/vad-missing-30-seed-1.json";
    assert_ne!(before[vad], after[vad]);
    assert_eq!(after["out/mine.txt"], b"mine");
    // A sweep's plan is another plan, not a damaged one.
    folder.write("out/plan.json", r#"{"kinds": [], "dimensions": [2]}"#);
    assert_says(&run(&out, plan(), false).unwrap_err(), &["another experiment"]);
}

#[test]
fn the_program_says_what_it_needs() {
    assert_says(&error_of(&["incomplete", "--quick"]), &["--data DIR", "cargo xtask setup"]);
    let folder = Folder::new();
    let out = folder.path("out");
    let sample = sample().to_str().unwrap();
    let message = error_of(&["incomplete", "--out", &out, "--data", sample]);
    assert_says(&message, &["data.train = 5000", "there are 256"]);
    let twice = ["incomplete", "--seeds", "1,1", "--out", &out, "--data", sample];
    assert_says(&error_of(&twice), &["--seeds", "twice"]);
}

#[test]
fn every_key_of_incomplete_json_is_documented() {
    let folder = Folder::new();
    let out = folder.root().join("out");
    run(&out, plan(), false).unwrap();
    let document = include_str!("../../../../docs/experiments.md");
    let section = document.split("\n## ").find(|section| section.starts_with("Incomplete data"));
    let section = section.expect("a section on incomplete data");
    let json = read(&out.join("incomplete.json"));
    let mut keys: Vec<String> = vec!["format".to_owned(), "environment".to_owned()];
    for (list, parent) in [
        ("plan", &json["plan"]),
        ("answers", &json["answers"]),
        ("points", &json["points"][0]),
        ("models", &json["models"][0]),
    ] {
        keys.extend(parent.as_object().unwrap().keys().map(|key| format!("{list}.{key}")));
    }
    let csv = std::fs::read_to_string(out.join("incomplete.csv")).unwrap();
    keys.extend(csv.lines().next().unwrap().split(',').map(str::to_owned));
    let missing: Vec<&String> =
        keys.iter().filter(|key| !section.contains(&format!("| `{key}` |"))).collect();
    assert!(missing.is_empty(), "not in docs/experiments.md: {missing:#?}");
}
