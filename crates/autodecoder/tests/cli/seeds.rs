//! Means over seeds.

use serde_json::Value;
use toml::Table;

use super::experiments::{TINY, tiny_with_all};
use super::folder::Folder;
use super::program::{assert_says, error_of, run, sample, succeed};

/// An experiment with the seeds 3 and 4, trained and evaluated; the folders of both runs.
fn runs(folder: &Folder, experiment: &str) -> [String; 2] {
    let experiment = folder.write("tiny.toml", experiment);
    let data = sample().to_str().unwrap();
    ["3", "4"].map(|seed| {
        let run = folder.path(&format!("seed-{seed}"));
        let train = ["train", "--experiment", &experiment, "--data", data, "--run", &run];
        succeed(&[&train[..], &["--seed", seed, "--threads", "1"]].concat());
        succeed(&["evaluate", "--run", &run, "--threads", "1"]);
        run
    })
}

fn number(run: &str, path: &str) -> f64 {
    let text = std::fs::read_to_string(format!("{run}/results.json")).unwrap();
    let results: Value = serde_json::from_str(&text).unwrap();
    results.pointer(path).and_then(Value::as_f64).unwrap()
}

/// Mean and standard error of two numbers: half their sum, and half their distance.
#[test]
fn tables_hold_means_with_their_standard_errors() {
    let folder = Folder::new();
    let [first, second] = runs(&folder, TINY);
    let text = run(&["seeds", &first, &second]).stdout;
    let nats = [&first, &second].map(|run| number(run, "/models/vad/test/negative_elbo"));
    assert_ne!(nats[0], nats[1], "the seeds give different models");
    let (mean, error) = ((nats[0] + nats[1]) / 2.0, (nats[0] - nats[1]).abs() / 2.0);
    let row = text.lines().find(|line| line.starts_with("| vad |")).unwrap();
    assert_says(row, &[&format!("| {mean:.2} ± {error:.2} |")]);
    assert_says(&text, &["tiny, seeds 3, 4", "| ad |", "negative ELBO", "| – |"]);
    assert!(!text.contains("Fréchet"), "nothing was judged: {text}");
}

/// Both sets of bounds, and how far a model is ahead of the first that has some.
#[test]
fn bounds_on_the_likelihood_have_their_tables() {
    let folder = Folder::new();
    let importance = "{ samples = 10, images = 5, proposal_samples = 2 }";
    let table = tiny_with_all(&[("evaluation.importance", importance)]);
    let mut table: Table = table.parse().unwrap();
    let models = table["models"].as_array_mut().unwrap();
    let mut other = models[1].clone();
    other.as_table_mut().unwrap().insert("name".to_owned(), "vad-2".into());
    other.as_table_mut().unwrap().insert("beta".to_owned(), 2.0.into());
    models.push(other);
    let runs = runs(&folder, &table.to_string());
    let text = run(&["seeds", &runs[0], &runs[1]]).stdout;
    let tables =
        [("The same with proposals fitted", "importance_fitted"), ("at least", "importance")];
    for (title, key) in tables {
        let found = &text[text.find(title).unwrap()..];
        for (model, value) in [
            ("vad", "bounds/1/log_likelihood"),
            ("vad-2", "bounds/1/log_likelihood"),
            ("vad-2", "difference/log_likelihood"),
        ] {
            let path = format!("/models/{model}/{key}/{value}");
            let [a, b] = runs.each_ref().map(|run| number(run, &path));
            let mean = format!("{:.2} ± {:.2} |", (a + b) / 2.0, (a - b).abs() / 2.0);
            let row = found.lines().find(|line| line.starts_with(&format!("| {model} |")));
            assert_says(row.unwrap(), &[&mean.replace('-', "−")]);
        }
    }
}

#[test]
fn refuses_runs_that_are_no_siblings() {
    let folder = Folder::new();
    let [first, second] = runs(&folder, TINY);
    let other = folder.path("other");
    let experiment = folder.write("other.toml", TINY.replace("epochs = 3", "epochs = 2"));
    let data = sample().to_str().unwrap();
    let train = ["train", "--experiment", &experiment, "--data", data, "--run", &other];
    succeed(&[&train[..], &["--seed", "9", "--threads", "1"]].concat());
    let nothing = folder.path("nothing");
    let missing = error_of(&["seeds", &first, &other]);
    assert_says(&missing, &[&other, "no results.json yet", "evaluate"]);
    succeed(&["evaluate", "--run", &other, "--threads", "1"]);
    for (runs, said) in [
        ([&first, &first], "both have the seed 3"),
        ([&first, &other], "differ in more than their seeds"),
        ([&second, &nothing], "no run here"),
    ] {
        assert_says(&error_of(&["seeds", runs[0], runs[1]]), &[said]);
    }
    assert_says(&error_of(&["seeds", &first]), &["2 values", "RUNS"]);
}

#[test]
fn a_seed_that_no_file_could_hold_is_refused() {
    let message = error_of(&["train", "--experiment", "smoke", "--seed", "9223372036854775808"]);
    assert_says(&message, &["--seed", "9223372036854775808"]);
}
