//! What a section holds.

use super::{Picture, RichText};

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Running text.
    Paragraph(RichText),
    /// A heading below the section's, not numbered.
    Heading(String),
    /// A numbered table.
    Table(Table),
    /// A numbered figure.
    Figure(Figure),
    /// Numbered figures side by side, below each other where there is no room.
    FigureRow(Vec<Figure>),
    /// A remark that stands out.
    Note(NoteKind, RichText),
    /// A formula in LaTeX, on a line of its own.
    Formula(String),
    /// Commands or files, as they are.
    Code(String),
    /// Points without an order.
    List(Vec<RichText>),
    /// Points numbered from 1.
    NumberedList(Vec<RichText>),
    /// Blocks that the reader may unfold.
    Details {
        /// What can be unfolded.
        summary: RichText,
        /// What it holds.
        blocks: Vec<Block>,
    },
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// Something to know.
    Remark,
    /// A finding.
    Result,
    /// A limit or a danger.
    Caution,
}

/// How a column's cells are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Flush left, for words.
    #[default]
    Left,
    /// Centred, for marks.
    Centre,
    /// Flush right with figures of equal width, for numbers of equal decimals.
    Right,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// The heading, with the unit.
    pub name: RichText,
    /// How its cells are set.
    pub align: Align,
}

impl Column {
    /// A column of words.
    pub fn text(name: impl Into<RichText>) -> Self {
        Column { name: name.into(), align: Align::Left }
    }

    /// A column of numbers.
    pub fn number(name: impl Into<RichText>) -> Self {
        Column { name: name.into(), align: Align::Right }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// What it says.
    pub text: RichText,
    /// Whether it is the best of its column, or emphasised otherwise.
    pub best: bool,
}

impl Cell {
    /// The same cell, emphasised.
    pub fn best(mut self) -> Self {
        self.best = true;
        self
    }
}

impl<T: Into<RichText>> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell { text: text.into(), best: false }
    }
}

/// A numbered table with horizontal rules only. It scrolls by itself where it is too wide.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What references call it; empty for a table that is not referred to.
    pub id: String,
    /// Above the table, after its number.
    pub caption: RichText,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each has a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// Below the table, small; empty for none.
    pub note: RichText,
}

impl Table {
    /// A table without rows.
    pub fn new(id: impl Into<String>, caption: impl Into<RichText>, columns: Vec<Column>) -> Self {
        Table { id: id.into(), caption: caption.into(), columns, ..Table::default() }
    }

    /// Adds a row at the end.
    pub fn row(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// Sets the note below the table.
    pub fn note(mut self, note: impl Into<RichText>) -> Self {
        self.note = note.into();
        self
    }
}

/// A numbered figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What references call it; empty for a figure that is not referred to.
    pub id: String,
    /// The picture.
    pub image: Picture,
    /// What the picture shows, for those who cannot see it. Required.
    pub alt: String,
    /// Below the picture, after its number.
    pub caption: RichText,
    /// Width in CSS pixels. `None` takes a drawing's own width, and half a PNG's pixels, which are
    /// meant for dense screens.
    pub width: Option<u32>,
}

impl Figure {
    /// A figure at its natural width.
    pub fn new(
        id: impl Into<String>,
        image: Picture,
        alt: impl Into<String>,
        caption: impl Into<RichText>,
    ) -> Self {
        let (id, alt, caption) = (id.into(), alt.into(), caption.into());
        Figure { id, image, alt, caption, width: None }
    }

    /// The width in CSS pixels at which it is shown where there is room.
    pub(super) fn shown_width(&self) -> Option<u32> {
        self.width.or_else(|| self.image.natural_width())
    }
}
