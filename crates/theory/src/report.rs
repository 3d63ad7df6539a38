//! theory.html: the document with the run's findings and figures in it, in the style of the main
//! report.

use anyhow::Result;
use autodecoder_visualization::report::{
    Block, Cell, Column, Figure, Report, RichText, Section, Table,
};

use crate::checks::{GROUPS, find};
use crate::prose::{Prose, read};
use crate::results::tally;
use crate::{Check, Finding, Outcome, Verdict};

/// The hand-written answers.
const DOCUMENT: &str = include_str!("../../../docs/theory.md");

/// A check and what it found.
pub type Done = (&'static Check, Outcome);

/// The report, in the order of docs/theory.md.
///
/// # Errors
///
/// Where a text or a formula is malformed.
pub fn render(done: &[Done], subtitle: &str) -> Result<String> {
    let mut report = Report::new("The theory, executable");
    report.subtitle = RichText::plain(subtitle);
    report.abstract_ = vec![summary(done).into()];
    let mut sections = vec![overview(done)];
    for piece in read(DOCUMENT) {
        match (piece, sections.last_mut()) {
            (Prose::Group(title), _) => sections.push(Section::new(group_id(&title), title)),
            (Prose::Block(block), Some(section)) => section.blocks.push(block),
            (Prose::Findings(name), Some(section)) => section.blocks.extend(findings(done, &name)),
            (_, None) => {}
        }
    }
    report.sections = sections;
    Ok(report.render()?)
}

/// The identifier of a section; the one that is no group of checks is about the sources.
fn group_id(title: &str) -> &'static str {
    GROUPS.iter().find(|group| group.title == title).map_or("sources", |group| group.id)
}

fn summary(done: &[Done]) -> String {
    format!(
        "Claims about deep learning from a course’s questions and its students’ answers, each \
         measured by a small program: {}. `cargo xtask theory NAME` runs one check and shows its \
         working.",
        tally(done.iter().flat_map(|(_, outcome)| &outcome.findings))
    )
}

fn overview(done: &[Done]) -> Section {
    let caption = "The checks and the verdicts on their claims.";
    let columns = vec![
        Column::text("check"),
        Column::text("about"),
        Column::number("hold"),
        Column::number("with a condition"),
        Column::number("wrong as given"),
    ];
    let mut table = Table::new("overview-table", caption, columns);
    for (check, outcome) in done {
        let count = |verdict| match outcome
            .findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
        {
            0 => Cell::from("–"),
            some => Cell::from(some.to_string()),
        };
        table = table.row([
            Cell::from(format!("`{}`", check.name)),
            RichText::plain(check.title).into(),
            count(Verdict::Holds),
            count(Verdict::HoldsWithCondition),
            count(Verdict::WrongAsGiven),
        ]);
    }
    Section::new("overview", "Overview").block(Block::Table(table))
}

/// A check's table and figures; nothing where the run did not include it.
fn findings(done: &[Done], name: &str) -> Vec<Block> {
    let outcome = find(name).and_then(|check| done.iter().find(|(ran, _)| ran.name == check.name));
    let Some((check, outcome)) = outcome else {
        return Vec::new();
    };
    let caption = format!("Findings of `cargo xtask theory {}`.", check.name);
    let columns = ["claim", "source", "expected", "measured", "verdict"].map(Column::text);
    let rows = outcome.findings.iter().map(row).collect();
    let table = Table { rows, ..Table::new("", caption, columns.into()) };
    let figures = outcome.plots.iter().map(|plot| {
        let id = format!("figure-{}", plot.name);
        Block::Figure(Figure::new(id, plot.picture.clone(), &*plot.alt, &*plot.caption))
    });
    std::iter::once(Block::Table(table)).chain(figures).collect()
}

fn row(finding: &Finding) -> Vec<Cell> {
    let Finding { claim, source, expected, measured, verdict, .. } = finding;
    let texts = [claim, source, expected, measured].map(|text| Cell::from(RichText::plain(text)));
    let said = Cell::from(verdict.to_string());
    let said = if *verdict == Verdict::Holds { said } else { said.best() };
    texts.into_iter().chain([said]).collect()
}
