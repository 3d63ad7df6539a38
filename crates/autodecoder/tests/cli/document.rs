//! docs/experiments.md names every key with its default.

use std::collections::BTreeSet;

use autodecoder_training::latest_checkpoint;
use safetensors::SafeTensors;
use serde_json::Value as Json;
use toml::{Table, Value};

use super::shared_runs;

const DOCUMENT: &str = include_str!("../../../../docs/experiments.md");
const DEFAULTS: &str = include_str!("../../src/experiment/defaults.toml");
const MODELS: [&str; 2] = ["ad", "vad-gaussian"];

/// Every key that holds no table, with its value. What each of `[[models]]` starts from is written
/// as `models.…`.
fn leaves(table: &Table, path: &str, found: &mut Vec<(String, Value)>) {
    for (key, value) in table {
        let key = if path.is_empty() && key == "model" { "models" } else { key };
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Table(inner) => leaves(inner, &path, found),
            other => found.push((path, other.clone())),
        }
    }
}

#[test]
fn every_default_is_documented() {
    let mut keys = Vec::new();
    leaves(&DEFAULTS.parse().unwrap(), "", &mut keys);
    assert!(keys.len() > 40, "only {} keys", keys.len());
    let missing: Vec<_> = keys
        .into_iter()
        .filter(|(path, value)| {
            let row = DOCUMENT.lines().find(|line| line.starts_with(&format!("| `{path}` |")));
            !row.is_some_and(|row| row.contains(&format!("| `{value}` |")))
        })
        .map(|(path, value)| format!("| `{path}` | … | `{value}` |"))
        .collect();
    assert!(missing.is_empty(), "rows missing in docs/experiments.md: {missing:#?}");
}

/// Keys of a resolved experiment, those without a default too, as the document writes them.
#[test]
fn every_key_of_a_resolved_experiment_is_documented() {
    let text = std::fs::read_to_string(shared_runs::smoke().join("experiment.toml")).unwrap();
    let table: Table = text.parse().unwrap();
    let mut keys = BTreeSet::new();
    collect(&Value::Table(table), "", &mut keys);
    let inherited = ["models.training.", "models.inference."];
    let free = ["comparisons.common.", "comparisons.variants.set."];
    let undocumented: Vec<_> = keys
        .into_iter()
        .filter(|key| !free.iter().any(|prefix| key.starts_with(prefix)))
        .map(|key| match inherited.iter().find(|prefix| key.starts_with(**prefix)) {
            Some(_) => key["models.".len()..].to_owned(),
            None => key,
        })
        .filter(|key| !DOCUMENT.contains(&format!("| `{key}` |")))
        .collect();
    assert!(undocumented.is_empty(), "not in docs/experiments.md: {undocumented:#?}");
}

fn collect(value: &Value, path: &str, keys: &mut BTreeSet<String>) {
    match value {
        Value::Table(table) if !path.ends_with(".channels") => {
            for (key, value) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(value, &path, keys);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            items.iter().for_each(|item| collect(item, path, keys));
        }
        _ => {
            keys.insert(path.to_owned());
        }
    }
}

#[test]
fn every_key_of_results_json_is_documented() {
    let text = std::fs::read_to_string(shared_runs::smoke().join("results.json")).unwrap();
    let mut keys = BTreeSet::new();
    collect_json(&serde_json::from_str(&text).unwrap(), "", &mut keys);
    assert!(keys.len() > 20, "only {} keys", keys.len());
    let undocumented: Vec<_> =
        keys.into_iter().filter(|key| !DOCUMENT.contains(&format!("| `{key}` |"))).collect();
    assert!(undocumented.is_empty(), "not in docs/experiments.md: {undocumented:#?}");
}

/// Keys as the document writes them: a model's name as `<name>`, both halves' metrics as
/// `<metrics>`, quartiles as one value.
fn collect_json(value: &Json, path: &str, keys: &mut BTreeSet<String>) {
    match value {
        Json::Object(entries) if !entries.contains_key("median") => {
            for (key, value) in entries {
                let is_metrics = value.get("psnr").is_some();
                let key = if MODELS.contains(&key.as_str()) { "<name>" } else { key };
                match path {
                    "" => collect_json(value, key, keys),
                    _ if is_metrics => collect_json(value, "<metrics>", keys),
                    _ => collect_json(value, &format!("{path}.{key}"), keys),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect_json(item, path, keys)),
        _ => {
            keys.insert(path.to_owned());
        }
    }
}

#[test]
fn every_column_of_metrics_csv_is_documented() {
    let text = std::fs::read_to_string(shared_runs::smoke().join("metrics.csv")).unwrap();
    for column in text.lines().next().unwrap().split(',') {
        assert!(DOCUMENT.contains(&format!("| `{column}` |")), "{column} is not documented");
    }
}

#[test]
fn everything_in_a_checkpoint_is_documented() {
    let folder = shared_runs::smoke().join("models/ad/checkpoint");
    let bytes = std::fs::read(latest_checkpoint(&folder).unwrap().unwrap()).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let strings = header.metadata().as_ref().unwrap().keys().cloned();
    let tensors = header.tensors().into_keys().map(|name| match name.split_once('.') {
        Some((kind, _)) => format!("{kind}.<name>"),
        None => name,
    });
    let keys: BTreeSet<String> = strings.chain(tensors).collect();
    assert!(keys.len() > 15, "only {keys:?}");
    let undocumented: Vec<_> =
        keys.into_iter().filter(|key| !DOCUMENT.contains(&format!("| `{key}` |"))).collect();
    assert!(undocumented.is_empty(), "not in docs/experiments.md: {undocumented:#?}");
}

#[test]
fn every_preset_is_documented() {
    for (name, _) in autodecoder::experiment::PRESETS {
        assert!(DOCUMENT.contains(&format!("| `{name}` |")), "{name} is not documented");
    }
}
