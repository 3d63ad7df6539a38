//! From a TOML table to a value, with errors that people can act on.

use anyhow::{Result, anyhow};
use autodecoder_training::RangeError;
use serde::Deserialize;
use serde_path_to_error::{Path, Segment};
use toml::{Table, Value};

/// Deserialises a table; an error names the key's path below `root`. `check` knows the ranges of
/// numbers: one that is too large for its type is out of its range too.
pub(super) fn from_table<T: for<'de> Deserialize<'de>>(
    table: Table,
    root: &str,
    check: &dyn Fn(&T) -> Result<()>,
) -> Result<T> {
    let table = Value::Table(table);
    serde_path_to_error::deserialize(table.clone()).map_err(|error| {
        let path = error.path().to_string();
        if let Some(problem) = out_of_range(table, error.path(), check) {
            return anyhow!("{root}{path} = {problem}");
        }
        let path = if path == "." { "top level".to_owned() } else { path };
        anyhow!("{root}{path}: {}", for_people(&error.inner().to_string()))
    })
}

/// serde's message without what only a programmer reads: the second line, which repeats the path,
/// and Rust's names of number types.
fn for_people(message: &str) -> String {
    let first = message.trim().lines().next().unwrap_or_default();
    let (what, expected) = first.rsplit_once("expected ").unwrap_or((first, ""));
    match expected {
        "u32" => format!("{what}expected a whole number from 0 to {}", u32::MAX),
        "usize" | "u64" => format!("{what}expected a whole number from 0"),
        "i64" => format!("{what}expected a whole number"),
        "f64" => format!("{what}expected a number"),
        _ => first.to_owned(),
    }
}

/// The number at `path`, if it is larger than its type, with its range: what `check` says of the
/// largest number that the type can hold.
fn out_of_range<T: for<'de> Deserialize<'de>>(
    mut table: Value,
    path: &Path,
    check: &dyn Fn(&T) -> Result<()>,
) -> Option<String> {
    let found = value_at(&table, path)?.as_integer().filter(|&n| n > i64::from(u32::MAX))?;
    // Models inherit sections, so the number can be in several places.
    lower(&mut table, found);
    let error = check(&table.try_into().ok()?).err()?;
    let range = error.chain().find_map(|cause| cause.downcast_ref::<RangeError>())?;
    let same = range.value == u32::MAX.to_string();
    same.then(|| format!("{found}: expected {}", range.allowed))
}

fn value_at<'a>(root: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(root, |value, segment| match segment {
        Segment::Map { key } => value.get(key),
        Segment::Seq { index } => value.get(index),
        Segment::Enum { .. } | Segment::Unknown => None,
    })
}

/// Puts the largest `u32` in the place of each `number`.
fn lower(value: &mut Value, number: i64) {
    match value {
        Value::Integer(found) if *found == number => *found = i64::from(u32::MAX),
        Value::Array(items) => items.iter_mut().for_each(|item| lower(item, number)),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| lower(value, number)),
        _ => {}
    }
}
