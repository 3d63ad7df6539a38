//! theory.html: the findings and figures in the style of the main report.

use anyhow::Result;
use autodecoder_visualization::report::{
    Block, Cell, Column, Figure, Report, RichText, Section, Table,
};

use crate::checks::GROUPS;
use crate::{Check, Finding, Outcome, Verdict};

/// The document, one section per group of checks that has results.
///
/// # Errors
///
/// Where a finding's or a figure's text is malformed.
pub fn render(results: &[(&Check, Outcome)], subtitle: &str) -> Result<String> {
    let mut report = Report::new("The theory, executable");
    report.subtitle = RichText::plain(subtitle);
    report.abstract_ = vec![summary(results).into()];
    report = report.section(overview(results));
    for group in GROUPS {
        let mut section = Section::new(group.id, group.title);
        for check in group.checks {
            for (_, outcome) in results.iter().filter(|(found, _)| found.name == check.name) {
                section.blocks.extend(blocks(check, outcome));
            }
        }
        if !section.blocks.is_empty() {
            report = report.section(section);
        }
    }
    Ok(report.render()?)
}

fn summary(results: &[(&Check, Outcome)]) -> String {
    let findings = || results.iter().flat_map(|(_, outcome)| &outcome.findings);
    let count = |verdict| findings().filter(|finding| finding.verdict == verdict).count();
    format!(
        "Claims of a deep-learning course’s documents, each measured by a small program. Of {} \
         findings, {} hold, {} hold with a condition, and {} are wrong as given. The full answers, \
         with formulas, are in `docs/theory.md`; `cargo xtask theory NAME` runs one check and shows \
         its working.",
        findings().count(),
        count(Verdict::Holds),
        count(Verdict::HoldsWithCondition),
        count(Verdict::WrongAsGiven),
    )
}

fn overview(results: &[(&Check, Outcome)]) -> Section {
    let columns = vec![
        Column::text("check"),
        Column::text("title"),
        Column::number("hold"),
        Column::number("with a condition"),
        Column::number("wrong as given"),
    ];
    let caption = "The checks, and how many of each one’s claims hold. Claims without a document \
                   behind them are counted as well.";
    let mut table = Table::new("overview-table", caption, columns);
    for (check, outcome) in results {
        let count = |verdict| outcome.findings.iter().filter(|f| f.verdict == verdict).count();
        let number = |verdict| match count(verdict) {
            0 => Cell::from("–"),
            some => Cell::from(some.to_string()),
        };
        table = table.row([
            Cell::from(format!("`{}`", check.name)),
            RichText::plain(check.title).into(),
            number(Verdict::Holds),
            number(Verdict::HoldsWithCondition),
            number(Verdict::WrongAsGiven),
        ]);
    }
    Section::new("overview", "Overview").block(Block::Table(table))
}

fn blocks(check: &Check, outcome: &Outcome) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(check.title.to_owned())];
    let caption = format!("Findings of `cargo xtask theory {}`.", check.name);
    let columns = ["claim", "source", "expected", "measured", "verdict"].map(Column::text);
    let rows = outcome.findings.iter().map(row).collect();
    let table = Table { rows, ..Table::new("", caption, columns.into()) };
    blocks.push(Block::Table(table));
    for plot in &outcome.plots {
        let id = format!("figure-{}", plot.name);
        let figure = Figure::new(id, plot.picture.clone(), &*plot.alt, &*plot.caption);
        blocks.push(Block::Figure(figure));
    }
    blocks
}

fn row(finding: &Finding) -> Vec<Cell> {
    let Finding { claim, source, expected, measured, verdict, .. } = finding;
    let verdict_cell = Cell::from(verdict.to_string());
    let verdict_cell = if *verdict == Verdict::Holds { verdict_cell } else { verdict_cell.best() };
    let mut cells: Vec<Cell> =
        [claim, source, expected, measured].map(|text| Cell::from(RichText::plain(text))).into();
    cells.push(verdict_cell);
    cells
}
