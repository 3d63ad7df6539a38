//! The tables in docs/theory.md, written from findings and compared with them.
//!
//! The prose there is written by hand; the tables stand between two marks:
//!
//! ```text
//! <!-- findings: gaussian-kl -->
//! | finding | claim | source | expected | measured | verdict |
//! …
//! <!-- end -->
//! ```

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::toolkit::numbers::{Piece, pieces};
use crate::{Finding, Outcome, Precision};

const HEAD: &str = "| finding | claim | source | expected | measured | verdict |\n\
                    |---|---|---|---|---|---|\n";
const END: &str = "<!-- end -->";

fn begin(check: &str) -> String {
    format!("<!-- findings: {check} -->\n")
}

/// The document with the table of one check written anew. Rows of findings that the run left out
/// stay as they are.
///
/// # Errors
///
/// Where the document has no table for the check.
pub fn with_table(document: &str, check: &str, outcome: &Outcome) -> Result<String> {
    let (before, table, after) = split(document, check)?;
    let old = rows(table);
    let mut new = String::from(HEAD);
    for finding in &outcome.findings {
        new += &row(finding);
    }
    for id in &outcome.left_out {
        if let Some(cells) = old.get(id) {
            new += &format!("| `{id}` | {} |\n", cells.join(" | "));
        }
    }
    Ok(format!("{before}{new}{after}"))
}

/// What the document says of a check that its findings do not, one sentence per fault.
///
/// # Errors
///
/// Where the document has no table for the check.
pub fn differences(document: &str, check: &str, outcome: &Outcome) -> Result<Vec<String>> {
    let mut documented = rows(split(document, check)?.1);
    let mut faults = Vec::new();
    for finding in &outcome.findings {
        match documented.remove(short(&finding.id)) {
            Some(cells) => faults.extend(row_fault(finding, &cells)),
            None => faults.push(format!("{} is not in the table", finding.id)),
        }
    }
    let left_out = |id: &String| outcome.left_out.iter().any(|left| left == id);
    let unmeasured = documented.keys().filter(|id| !left_out(id));
    faults.extend(unmeasured.map(|id| format!("{check}/{id} is in the table but was not found")));
    Ok(faults)
}

/// The text up to the table, the table, and the text from its end.
fn split<'a>(document: &'a str, check: &str) -> Result<(&'a str, &'a str, &'a str)> {
    let mark = begin(check);
    let missing = || format!("docs/theory.md has no table between {:?} and {END:?}", mark.trim());
    let from = document.find(&mark).with_context(missing)? + mark.len();
    let length = document[from..].find(END).with_context(missing)?;
    Ok((&document[..from], &document[from..from + length], &document[from + length..]))
}

/// The rows of a table by their finding.
fn rows(table: &str) -> BTreeMap<String, Vec<String>> {
    let lines = table.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &str| -> Vec<String> {
        // A bar inside a cell is written `\|`.
        let hidden = line.replace("\\|", "\u{0}");
        let inner = hidden.trim().trim_start_matches('|').trim_end_matches('|').to_owned();
        inner.split('|').map(|cell| cell.trim().replace('\u{0}', "\\|")).collect()
    };
    lines
        .map(|line| {
            let mut cells = cells(line);
            let id = cells.remove(0).trim_matches('`').to_owned();
            (id, cells)
        })
        .collect()
}

/// A finding's identifier without its check's name.
fn short(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn cells(finding: &Finding) -> [String; 5] {
    let Finding { claim, source, expected, measured, verdict, .. } = finding;
    [claim, source, expected, measured, &verdict.to_string()].map(|text| text.replace('|', "\\|"))
}

fn row(finding: &Finding) -> String {
    format!("| `{}` | {} |\n", short(&finding.id), cells(finding).join(" | "))
}

fn row_fault(finding: &Finding, documented: &[String]) -> Option<String> {
    let found = cells(finding);
    let fault = |column: &str, index: usize| {
        let (document, found) = (documented.get(index), &found[index]);
        Some(format!("{}, {column}: documented {document:?}, found {found:?}", finding.id))
    };
    for (index, column) in [(0, "claim"), (1, "source"), (2, "expected"), (4, "verdict")] {
        if documented.get(index) != Some(&found[index]) {
            return fault(column, index);
        }
    }
    let agrees = documented.get(3).is_some_and(|text| agree(text, &found[3], finding.precision));
    if agrees { None } else { fault("measured", 3) }
}

/// Whether two texts say the same, their numbers as close as `precision` asks.
fn agree(documented: &str, found: &str, precision: Precision) -> bool {
    let (documented, found) = (pieces(documented), pieces(found));
    documented.len() == found.len()
        && documented.iter().zip(&found).all(|pair| match (pair, precision) {
            ((Piece::Number(_), Piece::Number(_)), Precision::Timing) => true,
            ((Piece::Number(a), Piece::Number(b)), Precision::Relative(limit)) => {
                (a - b).abs() <= limit * a.abs().max(b.abs())
            }
            (pair, _) => pair.0 == pair.1,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;

    const DOCUMENT: &str = "prose\n<!-- findings: a -->\n<!-- end -->\nmore\n";

    fn outcome(measured: &str, precision: Precision) -> Outcome {
        let finding = Finding {
            id: "a/one".to_owned(),
            claim: "p(x|z) is known".to_owned(),
            source: "004, question 1".to_owned(),
            expected: "2".to_owned(),
            measured: measured.to_owned(),
            verdict: Verdict::Holds,
            precision,
        };
        Outcome { findings: vec![finding], ..Outcome::default() }
    }

    fn faults(written: &str, found: &str, precision: Precision) -> usize {
        let document = with_table(DOCUMENT, "a", &outcome(written, precision)).unwrap();
        differences(&document, "a", &outcome(found, precision)).unwrap().len()
    }

    #[test]
    fn a_written_table_agrees_with_its_findings_and_leaves_the_prose() {
        let document = with_table(DOCUMENT, "a", &outcome("2.0", Precision::Exact)).unwrap();
        assert!(document.starts_with("prose\n") && document.ends_with("<!-- end -->\nmore\n"));
        assert!(
            document.contains("| `one` | p(x\\|z) is known | 004, question 1 | 2 | 2.0 | holds |")
        );
        assert_eq!(faults("2.0", "2.0", Precision::Exact), 0);
    }

    #[test]
    fn numbers_are_compared_as_closely_as_asked() {
        assert_eq!(faults("about 2.00 nats", "about 2.01 nats", Precision::Exact), 1);
        assert_eq!(faults("about 2.00 nats", "about 2.01 nats", Precision::Relative(0.01)), 0);
        assert_eq!(faults("about 2.00 nats", "about 2.10 nats", Precision::Relative(0.01)), 1);
        assert_eq!(faults("2.0 × 10⁻⁵", "2.0 × 10⁻⁴", Precision::Relative(0.01)), 1);
        assert_eq!(faults("3 s", "5 s", Precision::Timing), 0);
        assert_eq!(faults("3 s", "5 ms", Precision::Timing), 1);
    }

    #[test]
    fn another_verdict_or_a_missing_row_is_a_fault() {
        let document = with_table(DOCUMENT, "a", &outcome("2", Precision::Exact)).unwrap();
        let mut other = outcome("2", Precision::Exact);
        other.findings[0].verdict = Verdict::WrongAsGiven;
        assert_eq!(differences(&document, "a", &other).unwrap().len(), 1);
        other.findings[0].id = "a/two".to_owned();
        assert_eq!(differences(&document, "a", &other).unwrap().len(), 2);
        assert!(differences(&document, "b", &other).is_err());
    }

    #[test]
    fn what_a_run_left_out_stays_in_the_table() {
        let document = with_table(DOCUMENT, "a", &outcome("2", Precision::Exact)).unwrap();
        let nothing = Outcome { left_out: vec!["one".to_owned()], ..Outcome::default() };
        assert!(differences(&document, "a", &nothing).unwrap().is_empty());
        assert_eq!(with_table(&document, "a", &nothing).unwrap(), document);
    }
}
