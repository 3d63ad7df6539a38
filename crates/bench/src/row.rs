//! A row of the report, and the report as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_models::tensor_file::write_atomically;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::quiet::LIMIT;
use crate::statistics::Spread;

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// What it was compared with.
    pub against: String,
    /// The median; above 1 where ours is better, but for shares. Nothing where one of the two has not
    /// come as far.
    pub ratio: Option<f64>,
    /// The lowest.
    pub low: Option<f64>,
    /// The highest.
    pub high: Option<f64>,
    /// What the ratio is of.
    pub unit: String,
    /// What the ratio should at least be (a share: at most), where something was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<f64>,
    /// Cores that other programs used while it was measured, where it was a matter of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_cores: Option<f64>,
    /// Numbers behind the ratio, such as seconds.
    #[serde(flatten)]
    pub extras: BTreeMap<String, Value>,
}

impl Row {
    /// A row without names, which the plan gives it.
    pub fn new(unit: &str, spread: Option<Spread>) -> Row {
        Row {
            name: String::new(),
            against: String::new(),
            ratio: spread.map(|spread| spread.median),
            low: spread.map(|spread| spread.low),
            high: spread.map(|spread| spread.high),
            unit: unit.to_owned(),
            goal: None,
            foreign_cores: None,
            extras: BTreeMap::new(),
        }
    }

    /// The same with a number behind the ratio.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Row {
        self.extras.insert(key.to_owned(), value.into());
        self
    }

    /// The same with the cores that other programs used meanwhile.
    #[must_use]
    pub fn beside(mut self, foreign_cores: f64) -> Row {
        self.foreign_cores = Some(foreign_cores);
        self
    }

    /// Whether other programs disturbed the measurement: its ratio says nothing then.
    pub fn is_disturbed(&self) -> bool {
        self.foreign_cores.is_some_and(|cores| cores > LIMIT)
    }
}

/// The whole report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What it was measured on.
    pub machine: BTreeMap<String, Value>,
    /// Versions of what took part.
    pub versions: BTreeMap<String, String>,
    /// The comparisons.
    pub rows: Vec<Row>,
}

impl Report {
    /// Adds a row, in the place of an earlier one of the same names.
    pub fn put(&mut self, row: Row) {
        let same = |old: &&mut Row| (&old.name, &old.against) == (&row.name, &row.against);
        match self.rows.iter_mut().find(same) {
            Some(old) => *old = row,
            None => self.rows.push(row),
        }
    }

    /// Reads a report, if there is one.
    ///
    /// # Errors
    /// Where the file cannot be read or is no report.
    pub fn read(path: &Path) -> Result<Option<Report>> {
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let wrong = || format!("{} is no report; remove it", path.display());
        serde_json::from_str(&text).map(Some).with_context(wrong)
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        Ok(write_atomically(path, text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, ratio: f64) -> Row {
        Row { name: name.to_owned(), ..Row::new("times", Some(Spread::single(ratio))) }
    }

    #[test]
    fn a_row_takes_the_place_of_its_namesake() {
        let mut report = Report::default();
        for (name, ratio) in [("a", 1.0), ("b", 2.0), ("a", 3.0)] {
            report.put(row(name, ratio));
        }
        assert_eq!(report.rows, [row("a", 3.0), row("b", 2.0)]);
    }

    #[test]
    fn a_row_is_disturbed_by_others_that_use_the_machine() {
        assert!(!row("a", 1.0).is_disturbed());
        assert!(!row("a", 1.0).beside(LIMIT).is_disturbed());
        assert!(row("a", 1.0).beside(2.0 * LIMIT).is_disturbed());
    }

    #[test]
    fn the_file_has_the_keys_that_others_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench.json");
        let mut report = Report::default();
        report.put(row("a", 1.5).with("ours_seconds", 0.25));
        report.put(Row::new("times", None));
        report.write(&path).unwrap();
        let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for key in ["machine", "versions", "rows"] {
            assert!(json.get(key).is_some(), "{key}");
        }
        for key in ["name", "against", "ratio", "low", "high"] {
            assert!(json["rows"][1].get(key).is_some(), "{key}");
        }
        assert_eq!(json["rows"][0]["ours_seconds"], 0.25);
        assert_eq!(Report::read(&path).unwrap(), Some(report));
        assert_eq!(Report::read(&folder.path().join("none")).unwrap(), None);
    }
}
