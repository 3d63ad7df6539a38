//! The amortisation gap from the command line.

use serde_json::Value;

use super::folder::Folder;
use super::program::{assert_says, error_of, sample, succeed};

const EXPERIMENT: &str = r#"
[data]
train = 200
test = 20

[training]
epochs = 4

[inference]
steps = 40

[figures]
images = 2
samples = 4

[figures.tsne]
points = 50
perplexity = 5.0
epochs = 20

[model]
"#;

fn experiment(kinds: &[(&str, &str)]) -> String {
    let models = kinds.iter().map(|(name, kind)| {
        format!(
            "[[models]]\nname = \"{name}\"\nkind = \"{kind}\"\nlatent_dim = 4\n\
             decoder = {{ kind = \"mlp\", hidden = [16] }}\n"
        )
    });
    EXPERIMENT.replace("[model]\n", "") + &models.collect::<String>()
}

fn train(folder: &Folder, kinds: &[(&str, &str)]) -> String {
    let experiment = folder.write("tiny.toml", experiment(kinds));
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    let words = ["reproduce", "--experiment", &experiment, "--data", data, "--run", &run];
    succeed(&[&words[..], &["--device", "cpu", "--threads", "1"]].concat());
    run
}

fn results(run: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(format!("{run}/results.json")).unwrap()).unwrap()
}

#[test]
fn every_way_is_measured_and_reported() {
    let folder = Folder::new();
    let kinds = [("vae", "variational-autoencoder"), ("vad", "variational-auto-decoder")];
    let run = train(&folder, &kinds);
    let line = ["amortisation", "--run", &run, "--device", "cpu", "--threads", "1"];
    succeed(&line);
    let found = results(&run)["amortisation"]["ways"].as_array().unwrap().clone();
    let ways: Vec<(String, i64)> = found
        .iter()
        .map(|way| {
            let words = |key: &str| way[key].as_str().unwrap().to_owned();
            (format!("{}: {}", words("model"), words("start")), way["steps"].as_i64().unwrap())
        })
        .collect();
    let starts = ["prior's mean", "principal components", "best of 2,000 prior samples"];
    let encoder = [0, 1, 4, 20, 40].map(|steps| ("vae: encoder".to_owned(), steps));
    let others = |model: &str| starts.map(|start| (format!("{model}: {start}"), 40));
    let expected = [&encoder[..], &others("vae"), &others("vad")].concat();
    assert_eq!(ways, expected);
    let nats = |way: usize| found[way]["negative_elbo"].as_f64().unwrap();
    // What the run itself found with the encoder, but for other noise.
    let test = results(&run)["models"]["vae"]["test"]["negative_elbo"].as_f64().unwrap();
    assert!((nats(0) - test).abs() < 2.0, "{} and {test}", nats(0));
    assert!(
        nats(4) < nats(0),
        "40 steps from the encoder's posterior: {} and {}",
        nats(4),
        nats(0)
    );
    for way in &found {
        assert!(way["above_best"].as_f64().unwrap() >= 0.0, "{way}");
        assert!(way["seconds_per_image"].as_f64().unwrap() > 0.0, "{way}");
    }
    // The same numbers again, and a section of the report.
    let numbers = |ways: &[Value]| -> Vec<f64> {
        ways.iter().map(|way| way["negative_elbo"].as_f64().unwrap()).collect()
    };
    succeed(&line);
    let again = results(&run)["amortisation"]["ways"].as_array().unwrap().clone();
    assert_eq!(numbers(&again), numbers(&found));
    succeed(&["report", "--run", &run, "--device", "cpu", "--threads", "1"]);
    let report = std::fs::read_to_string(format!("{run}/report.html")).unwrap();
    assert_says(&report, &["What does the encoder lose?", "best of 2,000 prior samples", "AE"]);
    assert!(std::path::Path::new(&format!("{run}/figures/amortisation.png")).exists());
}

#[test]
fn a_run_without_an_encoder_has_no_gap() {
    let folder = Folder::new();
    let run = train(&folder, &[("vad", "variational-auto-decoder")]);
    let error = error_of(&["amortisation", "--run", &run, "--device", "cpu"]);
    assert_says(&error, &["no model of the kind variational-autoencoder"]);
}
