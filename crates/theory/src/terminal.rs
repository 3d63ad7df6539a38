//! What the program says.

use std::io::Write as _;

use autodecoder_theory::report::Done;
use autodecoder_theory::{Check, Finding, Outcome};
use comfy_table::{ContentArrangement, Table, presets};

/// Writes a text to standard output. A closed pipe is no error: who closed it has seen enough.
pub fn print(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

/// Writes a line to standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The findings as a table, as wide as the terminal.
pub fn table<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["claim", "source", "expected", "measured", "verdict"]);
    if table.width().is_none() {
        table.set_width(140);
    }
    for finding in findings {
        let Finding { claim, source, expected, measured, verdict, .. } = finding;
        table.add_row([claim, source, expected, measured, &verdict.to_string()]);
    }
    table.to_string()
}

/// A check's intermediate numbers under its title.
pub fn working(check: &Check, outcome: &Outcome) -> String {
    let lines = outcome.working.iter().map(|line| format!("\n  {line}"));
    format!("{}\n{}", check.title, lines.collect::<String>())
}

/// What the run could not measure, and what it would take.
pub fn left_out(done: &[Done]) -> String {
    let ids = |(check, outcome): &Done| -> Vec<String> {
        outcome.left_out.iter().map(|id| format!("{}/{id}", check.name)).collect()
    };
    let ids: Vec<String> = done.iter().flat_map(ids).collect();
    if ids.is_empty() {
        return String::new();
    }
    format!("left out, for they need Fashion-MNIST (--data), or --full: {}", ids.join(", "))
}
