//! What `reproduce` leaves, on the preset `smoke`.

use std::collections::BTreeMap;

use super::folder::{Folder, assert_same, contents, copy};
use super::program::{assert_says, succeed};
use super::shared_runs;

const MODELS: [&str; 2] = ["ad", "vad-gaussian"];

fn text(name: &str) -> String {
    std::fs::read_to_string(shared_runs::smoke().join(name)).unwrap()
}

#[test]
fn every_artefact_is_there_and_nothing_half_written() {
    let found = contents(shared_runs::smoke());
    let mut expected: Vec<String> =
        ["experiment.toml", "results.json", "metrics.csv", "report.html"].map(String::from).into();
    expected.extend(["samples", "interpolation"].map(|name| format!("figures/{name}.png")));
    for model in MODELS {
        let files = ["decoder", "latents-train", "latents-test"];
        expected.extend(files.map(|name| format!("models/{model}/{name}.safetensors")));
        expected.push(format!("models/{model}/model.json"));
        expected.push(format!("models/{model}/checkpoint/step-000000000000120.safetensors"));
        expected.push(format!("figures/samples-{model}.png"));
        expected.extend(["png", "svg"].map(|ending| format!("figures/tsne-{model}.{ending}")));
    }
    for name in expected {
        assert!(
            found.get(&name).is_some_and(|bytes| !bytes.is_empty()),
            "{name} is missing or empty"
        );
    }
    let curves = found.keys().filter(|name| name.starts_with("figures/curve")).count();
    assert!(curves > 0, "no loss curves among {:?}", found.keys());
    let left = found.keys().find(|name| name.ends_with(".tmp") || name.ends_with(".partial"));
    assert_eq!(left, None);
}

#[test]
fn figures_are_whole_pictures() {
    for (name, bytes) in contents(&shared_runs::smoke().join("figures")) {
        if name.ends_with(".png") {
            assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{name} is no PNG");
            assert!(bytes.ends_with(b"IEND\xaeB`\x82"), "{name} breaks off");
        } else {
            let svg = String::from_utf8(bytes).unwrap();
            assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{name} is no SVG");
        }
    }
}

#[test]
fn metrics_have_one_row_per_model_and_epoch() {
    let metrics = text("metrics.csv");
    let mut lines = metrics.lines();
    let header = "model,epoch,objective,reconstruction,kl,regulariser_weight,decoder_rate,\
                  latent_rate,seconds,images_per_second";
    assert_eq!(lines.next(), Some(header));
    let mut epochs: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        epochs.entry(fields[0]).or_default().push(fields[1].parse().unwrap());
        assert_eq!(fields[4].is_empty(), fields[0] == "ad", "kl in {line}");
        for (column, field) in fields.iter().enumerate().skip(2).filter(|(_, f)| !f.is_empty()) {
            assert!(field.parse::<f64>().unwrap().is_finite(), "column {column} in {line}");
        }
    }
    let all: Vec<u32> = (1..=15).collect();
    assert_eq!(epochs, MODELS.map(|model| (model, all.clone())).into());
}

#[test]
fn the_resolved_experiment_can_be_run_again() {
    let folder = Folder::new();
    copy(shared_runs::tiny(), &folder.root().join("run"));
    let (experiment, run) = (folder.path("run/experiment.toml"), folder.path("run"));
    let before = folder.contents();
    let arguments = ["reproduce", "--experiment", &experiment, "--run", &run, "--threads", "1"];
    assert_says(&succeed(&arguments).stderr, &["Nothing to do"]);
    assert_same(&before, &folder.contents());
    let text = std::fs::read_to_string(experiment).unwrap();
    assert_says(&text, &["[environment]", "libtorch = ", "device = \"cpu\"", "threads = 1"]);
}

#[test]
fn the_report_is_one_file_and_names_every_model() {
    let report = text("report.html");
    for model in MODELS {
        assert!(report.contains(model), "{model} is not in the report");
    }
    for attribute in ["src=\"", "href=\"", "url("] {
        for (position, _) in report.match_indices(attribute) {
            let target: String = report[position + attribute.len()..].chars().take(60).collect();
            let target = target.trim_start_matches(['"', '\'']);
            let inside = target.starts_with('#') || target.starts_with("data:");
            assert!(inside, "the report refers to {attribute}{target}");
        }
    }
    for word in ["@import", "<iframe", "<link"] {
        assert!(!report.contains(word), "{word} in the report");
    }
    assert!(report.trim_end().ends_with("</html>"), "the report breaks off");
}

#[test]
fn info_prints_the_main_numbers() {
    let run = shared_runs::smoke();
    let printed = succeed(&["info", "--run", run.to_str().unwrap()]).stdout;
    let results: serde_json::Value = serde_json::from_str(&text("results.json")).unwrap();
    for model in MODELS {
        let test = &results["models"][model]["test"];
        let mse = format!("{model}: test MSE {:.5}", test["mse"].as_f64().unwrap());
        let psnr = format!("PSNR {:.2} dB", test["psnr"].as_f64().unwrap());
        assert_says(&printed, &[&mse, &psnr]);
        if let Some(nats) = test["negative_elbo"].as_f64() {
            assert_says(&printed, &[&format!("negative ELBO {nats:.2} nats")]);
        }
    }
    let best = "saved after epoch 15; lowest training objective: ";
    assert_eq!(printed.matches(best).count(), MODELS.len(), "{printed}");
    let metrics = text("metrics.csv");
    let objectives = metrics.lines().filter_map(|line| line.strip_prefix("ad,"));
    let objectives = objectives.map(|line| line.split(',').nth(1).unwrap().parse().unwrap());
    let lowest = objectives.fold(f64::INFINITY, f64::min);
    assert_says(&printed, &[&format!("{lowest:.2} nats in epoch ")]);
    assert_says(
        &printed,
        &["256 training and 64 test images", "seed 1", "libtorch", "report.html"],
    );
}
