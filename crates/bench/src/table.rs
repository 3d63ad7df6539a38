//! The rows as a table: on the terminal, and in a document.

use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_models::tensor_file::write_atomically;
use comfy_table::{ContentArrangement, Table, presets};

use crate::row::{Report, Row};

const HEAD: [&str; 6] = ["what", "against", "ratio", "low to high", "of", "goal"];
const BEGIN: &str = "<!-- bench -->\n";
const END: &str = "<!-- end -->";

/// The rows as wide as the terminal.
pub fn terminal(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(HEAD);
    if table.width().is_none() {
        table.set_width(120);
    }
    for row in rows {
        table.add_row(cells(row));
    }
    table.to_string()
}

/// Writes the report's table into the document at `path`, between its two marks.
///
/// # Errors
/// Where the document cannot be read or written, or has no marks.
pub fn into_document(path: &Path, report: &Report) -> Result<()> {
    let unreadable = || format!("cannot read {}", path.display());
    let text = std::fs::read_to_string(path).with_context(unreadable)?;
    let text = with_table(&text, report).with_context(|| path.display().to_string())?;
    Ok(write_atomically(path, text.as_bytes())?)
}

fn with_table(document: &str, report: &Report) -> Result<String> {
    let missing = || format!("there is no table between {:?} and {END:?}", BEGIN.trim());
    let from = document.find(BEGIN).with_context(missing)? + BEGIN.len();
    let length = document[from..].find(END).with_context(missing)?;
    let (before, after) = (&document[..from], &document[from + length..]);
    Ok(format!("{before}{}{after}", markdown(report)))
}

fn markdown(report: &Report) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = "|---".repeat(HEAD.len()) + "|\n";
    let rows: String = report.rows.iter().map(|row| line(&cells(row))).collect();
    let machine = report.machine.iter().map(|(key, value)| match value.as_str() {
        Some(text) => format!("{key} {text}"),
        None => format!("{key} {value}"),
    });
    let versions = report.versions.iter().map(|(name, version)| format!("{name} {version}"));
    let facts: Vec<String> = machine.chain(versions).collect();
    format!(
        "{}{rule}{rows}\nMeasured with: {}.\n",
        line(&HEAD.map(str::to_owned)),
        facts.join(", ")
    )
}

fn cells(row: &Row) -> [String; 6] {
    let range = match (row.low, row.high) {
        (Some(low), Some(high)) if low != high => format!("{} to {}", number(low), number(high)),
        _ => "–".to_owned(),
    };
    [
        row.name.clone(),
        row.against.clone(),
        row.ratio.map_or("–".to_owned(), |ratio| {
            // A ratio that means nothing must not be read as one that does.
            if row.is_disturbed() {
                format!("{} (disturbed)", number(ratio))
            } else {
                number(ratio)
            }
        }),
        range,
        row.unit.clone(),
        row.goal.map_or("–".to_owned(), number),
    ]
}

/// Three significant digits.
fn number(value: f64) -> String {
    let digits = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Spread;

    fn report() -> Report {
        let spread = Spread { median: 1.234, low: 1.1, high: 12.34 };
        let row = Row { name: "a/b".into(), against: "c".into(), ..Row::new("time", Some(spread)) };
        let versions = [("torch".to_owned(), "2.13.0".to_owned())].into();
        Report { rows: vec![row, Row::new("time", None)], versions, ..Report::default() }
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in [(0.01234, "0.0123"), (1.0, "1.00"), (123.4, "123"), (1234.0, "1234")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn the_table_replaces_what_stood_between_the_marks() {
        let document = "before\n<!-- bench -->\nold\n<!-- end -->\nafter\n";
        let new = with_table(document, &report()).unwrap();
        assert!(new.starts_with("before\n") && new.ends_with("<!-- end -->\nafter\n"), "{new}");
        assert!(new.contains("| a/b | c | 1.23 | 1.10 to 12.3 | time | – |"), "{new}");
        assert!(new.contains("torch 2.13.0") && !new.contains("old"), "{new}");
        assert_eq!(with_table(&new, &report()).unwrap(), new);
        assert!(with_table("nothing", &report()).is_err());
    }

    #[test]
    fn a_disturbed_ratio_is_marked() {
        let row = Row::new("time", Some(Spread::single(30.0)));
        assert_eq!(cells(&row)[2], "30.0");
        assert_eq!(cells(&row.beside(0.8))[2], "30.0 (disturbed)");
    }

    #[test]
    fn the_terminal_shows_every_row() {
        assert!(terminal(&report().rows).contains("a/b"));
    }
}
