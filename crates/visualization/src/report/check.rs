//! Numbers of tables, figures and sections, and everything that a report must hold to.

use std::collections::HashMap;

use super::formula;
use super::{Block, Figure, Report, RichText, Table};
use crate::error::{Error, Result};

/// What each identifier is shown as: `Table 2`, `Figure 1`, `Section 3`.
pub(super) type References = HashMap<String, String>;

/// Numbers everything in the order of the document and checks the document.
pub(super) fn references(report: &Report) -> Result<References> {
    let mut walk = Walk::default();
    walk.texts.push(&report.subtitle);
    walk.texts.extend(&report.abstract_);
    for (index, section) in report.sections.iter().enumerate() {
        if section.id.is_empty() {
            return Err(fault(format!("section “{}” has no identifier", section.title)));
        }
        walk.name(&section.id, format!("Section {}", index + 1))?;
        walk.blocks(&section.blocks)?;
    }
    for text in &walk.texts {
        if let Some(id) = text.references().into_iter().find(|id| !walk.labels.contains_key(*id)) {
            return Err(fault(format!("@{{{id}}} refers to no section, table or figure")));
        }
    }
    let inline = walk.texts.iter().flat_map(|text| text.formulas());
    match inline.chain(walk.formulas.iter().copied()).find_map(formula::fault) {
        Some(reason) => Err(fault(reason)),
        None => Ok(walk.labels),
    }
}

#[derive(Default)]
struct Walk<'a> {
    labels: References,
    tables: usize,
    figures: usize,
    texts: Vec<&'a RichText>,
    formulas: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn blocks(&mut self, blocks: &'a [Block]) -> Result<()> {
        for block in blocks {
            match block {
                Block::Paragraph(text) | Block::Note(_, text) => self.texts.push(text),
                Block::List(items) | Block::NumberedList(items) => self.texts.extend(items),
                Block::Table(table) => self.table(table)?,
                Block::Figure(figure) => self.figure(figure)?,
                Block::FigureRow(figures) => {
                    figures.iter().try_for_each(|figure| self.figure(figure))?;
                }
                Block::Details { summary, blocks } => {
                    self.texts.push(summary);
                    self.blocks(blocks)?;
                }
                Block::Formula(latex) => self.formulas.push(latex),
                Block::Heading(_) | Block::Code(_) => {}
            }
        }
        Ok(())
    }

    fn table(&mut self, table: &'a Table) -> Result<()> {
        self.tables += 1;
        let label = format!("Table {}", self.tables);
        if table.columns.is_empty() {
            return Err(fault(format!("{label} has no columns")));
        }
        for (index, row) in table.rows.iter().enumerate() {
            if row.len() != table.columns.len() {
                let (cells, columns) = (row.len(), table.columns.len());
                let row = index + 1;
                return Err(fault(format!(
                    "{label}, row {row}: {cells} cells for {columns} columns"
                )));
            }
        }
        self.texts.extend([&table.caption, &table.note]);
        self.texts.extend(table.columns.iter().map(|column| &column.name));
        self.texts.extend(table.rows.iter().flatten().map(|cell| &cell.text));
        self.name(&table.id, label)
    }

    fn figure(&mut self, figure: &'a Figure) -> Result<()> {
        self.figures += 1;
        let label = format!("Figure {}", self.figures);
        if figure.alt.trim().is_empty() {
            return Err(fault(format!("{label} has no alternative text")));
        }
        if figure.image.is_empty() {
            return Err(fault(format!("{label} has no picture")));
        }
        self.texts.push(&figure.caption);
        self.name(&figure.id, label)
    }

    fn name(&mut self, id: &str, label: String) -> Result<()> {
        if id.is_empty() {
            return Ok(());
        }
        if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            let allowed = "letters, digits, - and _";
            return Err(fault(format!("identifier “{id}” of {label}: use only {allowed}")));
        }
        if let Some(earlier) = self.labels.insert(id.to_owned(), label.clone()) {
            return Err(fault(format!("identifier “{id}” names both {earlier} and {label}")));
        }
        Ok(())
    }
}

fn fault(reason: String) -> Error {
    Error::Report { reason }
}
