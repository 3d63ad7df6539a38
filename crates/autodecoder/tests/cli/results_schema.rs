//! The keys of results.json.

use serde_json::Value;

use super::shared_runs;

fn results() -> Value {
    let path = shared_runs::smoke().join("results.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Paths of all values that satisfy `wanted`.
fn paths(value: &Value, path: &str, wanted: fn(&Value) -> bool, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, v)| paths(v, &format!("{path}/{key}"), wanted, found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(i, v)| paths(v, &format!("{path}/{i}"), wanted, found));
        }
        leaf if wanted(leaf) => found.push(path.to_owned()),
        _ => {}
    }
}

#[test]
fn every_promised_number_is_there() {
    let results = results();
    for model in ["ad", "vad-gaussian"] {
        for half in ["train", "test"] {
            let keys = [
                "images",
                "mse",
                "psnr",
                "reconstruction_loss",
                "reconstruction_loss_batch_size",
                "reconstruction",
                "draws",
                "active_dimensions",
            ];
            for key in keys {
                let value = &results["models"][model][half][key];
                assert!(value.is_number(), "models.{model}.{half}.{key} is {value}");
            }
        }
        for key in ["train", "inference"] {
            let seconds = results["models"][model]["seconds"][key].as_f64();
            assert!(
                seconds.is_some_and(|s| s > 0.0),
                "models.{model}.seconds.{key} is {seconds:?}"
            );
        }
        let tsne = ["kl", "perplexity", "points", "trustworthiness", "trustworthiness_neighbours"];
        for key in tsne {
            let value = &results["models"][model]["tsne"][key];
            assert!(value.is_number(), "models.{model}.tsne.{key} is {value}");
        }
    }
    for key in ["negative_elbo", "negative_elbo_standard_error", "kl"] {
        for half in ["train", "test"] {
            let value = &results["models"]["vad-gaussian"][half][key];
            assert!(value.is_number(), "models.vad-gaussian.{half}.{key} is {value}");
        }
    }
    assert_eq!(
        results["data"],
        serde_json::json!({
            "set": "fashion-mnist", "train": 256, "test": 64, "pixels": "grey",
        })
    );
    assert_eq!(results["comparisons"][0]["variants"].as_array().map(Vec::len), Some(2));
}

#[test]
fn values_are_missing_only_where_an_auto_decoder_has_none() {
    let mut missing = Vec::new();
    paths(&results(), "", Value::is_null, &mut missing);
    missing.sort();
    let mut expected = vec!["/models/ad/importance".to_owned()];
    for half in ["test", "train"] {
        for key in ["kl", "negative_elbo", "negative_elbo_standard_error"] {
            expected.push(format!("/models/ad/{half}/{key}"));
        }
    }
    // The first model that has bounds is compared with none.
    expected.push("/models/vad-gaussian/importance/difference".to_owned());
    assert_eq!(missing, expected);
}

#[test]
fn latents_of_a_model_that_was_trained_know_the_classes() {
    let results = results();
    let share = |value: &Value| value["accuracy"].as_f64().unwrap();
    for model in ["ad", "vad-gaussian"] {
        let probes = &results["models"][model]["probes"];
        assert_eq!(probes["knn"]["k"], 20);
        // Of ten classes; 64 test images.
        for probe in [&probes["knn"], &probes["linear"]] {
            assert!(share(probe) > 0.3, "{model}: {probe}");
        }
        let trust = &results["models"][model]["tsne"]["trustworthiness"];
        assert!((0.8..=1.0).contains(&trust.as_f64().unwrap()), "{model}: {trust}");
    }
    assert!(share(&results["pixels"]["knn"]) > 0.5, "{}", results["pixels"]);
}

#[test]
fn numbers_agree_with_each_other() {
    let results = results();
    for half in ["train", "test"] {
        let metrics = &results["models"]["vad-gaussian"][half];
        let number = |key: &str| metrics[key].as_f64().unwrap();
        let sum = number("reconstruction") + number("kl");
        assert!((sum - number("negative_elbo")).abs() < 1e-9 * sum, "{sum} {metrics}");
        assert!(number("mse") > 0.0 && number("mse") < 0.25, "{metrics}");
        assert!(number("active_dimensions") >= 1.0 && number("active_dimensions") <= 8.0);
    }
}
