//! A report as one HTML file.
//!
//! The document reads like a short paper: numbered sections, tables and figures, a table of contents,
//! light and dark colours, a narrow layout for phones and one for print. Pictures are part of the
//! file; it loads nothing and runs no script.
//!
//! ```
//! use autodecoder_visualization::report::{Block, Column, Report, Section, Table};
//!
//! let table = Table::new("losses", "Test loss in nats.", vec![Column::text("model"), Column::number("loss")])
//!     .row(["ad".into(), "241.0".into()]);
//! let section = Section::new("results", "Results")
//!     .paragraph("All losses are in @{losses}; *lower* is better.")
//!     .block(Block::Table(table));
//! let html = Report::new("A comparison").section(section).render()?;
//! assert!(html.contains("Table 1"));
//! # Ok::<(), autodecoder_visualization::Error>(())
//! ```

mod blocks;
mod check;
mod formula;
mod picture;
mod render;
mod text;

pub use blocks::{Align, Block, Cell, Column, Figure, NoteKind, Table};
pub use picture::Picture;
pub use text::RichText;

use crate::error::Result;

/// A document under construction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The title.
    pub title: String,
    /// Below the title: what was run, when, on what. Empty for none.
    pub subtitle: RichText,
    /// The findings in a few sentences, one text per paragraph.
    pub abstract_: Vec<RichText>,
    /// The sections, numbered from 1.
    pub sections: Vec<Section>,
}

/// A numbered section, listed in the contents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// What links and references call it: letters, digits, `-` and `_`, unique in the document.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What it holds, in order.
    pub blocks: Vec<Block>,
}

impl Report {
    /// An empty document.
    pub fn new(title: impl Into<String>) -> Self {
        Report { title: title.into(), ..Report::default() }
    }

    /// Adds a section at the end.
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The HTML document.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Report`] if an identifier is used twice or malformed, a reference names nothing, a figure
    /// has no alternative text or no picture, or a table's row has more or fewer cells than there
    /// are columns. The message names the place.
    pub fn render(&self) -> Result<String> {
        let references = check::references(self)?;
        Ok(render::document(self, &references).into_string())
    }
}

impl Section {
    /// An empty section.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Section { id: id.into(), title: title.into(), blocks: Vec::new() }
    }

    /// Adds a block at the end.
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds a paragraph at the end.
    pub fn paragraph(self, text: impl Into<RichText>) -> Self {
        self.block(Block::Paragraph(text.into()))
    }
}

#[cfg(test)]
mod tests;
