//! From a file or a preset's name to a checked, resolved experiment.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use autodecoder_models::{EncoderSpec, ModelKind};
use toml::{Table, Value};

use super::check::{check, check_name};
use super::from_table::from_table;
use super::merge::merge;
use super::{Experiment, PRESETS, preset};
use crate::Catalogue;
use crate::run_folder::ENVIRONMENT;

const DEFAULTS: &str = include_str!("defaults.toml");
/// Sections that every model inherits and may change.
const INHERITED: [&str; 2] = ["training", "inference"];

/// Reads the experiment `source`: a preset's name, or the path of a TOML file.
///
/// # Errors
/// For a name that is neither, a file that cannot be read, and everything that [`parse`] finds.
pub fn read(source: &str, catalogue: &Catalogue) -> Result<Experiment> {
    if let Some(text) = preset(source) {
        return parse(text, source, catalogue).with_context(|| format!("preset {source:?}"));
    }
    let path = Path::new(source);
    let names: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
    ensure!(
        path.exists(),
        "no experiment {source:?}: it is neither a file nor one of the presets {}",
        names.join(", ")
    );
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {source}"))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    parse(&text, &name, catalogue).with_context(|| source.to_owned())
}

/// Parses an experiment: lays it over the defaults, spells every model out, checks every value.
/// `name` is used where the text has no name of its own.
///
/// # Errors
/// For text that is not TOML, unknown keys and names, and values out of range, with the key's path.
pub fn parse(text: &str, name: &str, catalogue: &Catalogue) -> Result<Experiment> {
    let mut over: Table = text.parse().map_err(|error| not_toml(text, error))?;
    // A run's own experiment.toml can be run again: what it was computed with is no part of it.
    over.remove(ENVIRONMENT);
    let defaults: Table = DEFAULTS.parse().context("the built-in defaults")?;
    let named = over.contains_key("name");
    let resolved = resolve(defaults, over, name)?;
    if !named {
        check_name("name", name).context(
            "the experiment is named after its file; give it a name of its own with name = \"…\"",
        )?;
    }
    let check = |experiment: &Experiment| check(experiment, catalogue);
    let experiment = from_table(resolved, "", &check)?;
    check(&experiment)?;
    Ok(experiment)
}

/// What is wrong with text that is not TOML. A number that TOML cannot hold is told apart: the
/// parser's own words for it speak of types.
fn not_toml(text: &str, error: toml::de::Error) -> anyhow::Error {
    let too_large = ["invalid type: integer", "u64 value was too large"];
    let integer = too_large.iter().any(|start| error.message().starts_with(start));
    match error.span().and_then(|span| text.get(..span.start)).filter(|_| integer) {
        Some(before) => {
            let (number, line) = (before.lines().count().max(1), before.lines().last());
            let key = line.unwrap_or_default().trim().trim_end_matches('=').trim_end();
            anyhow!("line {number}: {key}: expected a whole number of at most {}", i64::MAX)
        }
        None => anyhow::Error::new(error).context("not a TOML file"),
    }
}

fn resolve(mut defaults: Table, mut over: Table, name: &str) -> Result<Table> {
    let models = match over.remove("models") {
        Some(Value::Array(models)) if !models.is_empty() => models,
        Some(_) => bail!("models: expected at least one table [[models]]"),
        None => bail!("models is missing: expected at least one table [[models]]"),
    };
    let base = take_table(&mut defaults, "model");
    let mut resolved = merge(defaults, &over);
    // A section that is not a table is left in place for serde to name.
    let inherited = INHERITED.map(|key| (key, resolved.remove(key)));
    let models = models
        .into_iter()
        .enumerate()
        .map(|(index, model)| {
            let Value::Table(model) = model else { bail!("models[{index}]: expected a table") };
            let mut table = base.clone();
            for (key, section) in &inherited {
                table.insert((*key).to_owned(), section.clone().unwrap_or(Table::new().into()));
            }
            Ok(Value::Table(with_kinds_parts(merge(table, &model))?))
        })
        .collect::<Result<Vec<_>>>()?;
    resolved.insert("models".to_owned(), Value::Array(models));
    resolved.entry("name").or_insert_with(|| name.into());
    let title = resolved.get("name").and_then(Value::as_str).unwrap_or(name).to_owned();
    resolved.entry("title").or_insert_with(|| title.into());
    Ok(resolved)
}

/// The posterior that a model has where it names none, and what an encoder has where it says nothing:
/// the model's kind decides. A kind that there is not is left for serde to name.
fn with_kinds_parts(mut model: Table) -> Result<Table> {
    let kind = model.get("kind").cloned().and_then(|kind| kind.try_into::<ModelKind>().ok());
    let point = kind.is_some_and(|kind| !kind.is_variational());
    let default = if point { "point" } else { "gaussian" };
    model.entry("posterior").or_insert_with(|| default.into());
    if kind.is_some_and(ModelKind::has_encoder) {
        let mut base = Table::new();
        let encoder = Table::try_from(EncoderSpec::default()).context("the default encoder")?;
        base.insert("encoder".to_owned(), Value::Table(encoder));
        model = merge(base, &model);
    }
    Ok(model)
}

fn take_table(table: &mut Table, key: &str) -> Table {
    match table.remove(key) {
        Some(Value::Table(table)) => table,
        _ => Table::new(),
    }
}
