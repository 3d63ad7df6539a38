//! From blocks to HTML.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_latex::config::DisplayMode;

use super::check::References;
use super::formula;
use super::{Align, Block, Figure, NoteKind, Report, RichText, Section, Table};

const STYLE: &str = include_str!("style.css");

/// A figure wider than this leaves the text column, in CSS pixels.
const TEXT_COLUMN: u32 = 640;

/// A figure wider than this is not shrunk to a phone's width, where its labels could not be read.
const LARGE: u32 = 500;

/// Cells of up to this many characters are not broken into lines: the table grows wider instead.
const SHORT_CELL: usize = 30;

pub(super) fn document(report: &Report, references: &References) -> Markup {
    let mut writer = Writer { references, tables: 0, figures: 0 };
    // Rendered first, in the document's order: the numbers count up.
    let header = writer.header(report);
    let sections: Vec<Markup> = report
        .sections
        .iter()
        .enumerate()
        .map(|(index, section)| writer.section(index + 1, section))
        .collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div class="page" {
                    (header)
                    @if report.sections.len() > 1 { (contents(report)) }
                    main { @for section in sections { (section) } }
                }
            }
        }
    }
}

fn contents(report: &Report) -> Markup {
    html! {
        nav class="contents" aria-label="Contents" {
            p class="contents-title" { "Contents" }
            ol {
                @for (index, section) in report.sections.iter().enumerate() {
                    li { a href={ "#" (section.id) } {
                        span class="number" { (index + 1) } (section.title)
                    } }
                }
            }
        }
    }
}

struct Writer<'a> {
    references: &'a References,
    tables: usize,
    figures: usize,
}

impl Writer<'_> {
    fn text(&self, text: &RichText) -> Markup {
        // Every reference was found to exist before anything is written.
        text.markup(&|id| self.references.get(id).cloned().unwrap_or_default())
    }

    fn header(&self, report: &Report) -> Markup {
        html! {
            header {
                h1 { (report.title) }
                @if !report.subtitle.is_empty() { p class="subtitle" { (self.text(&report.subtitle)) } }
                @if !report.abstract_.is_empty() {
                    div class="abstract" {
                        @for paragraph in &report.abstract_ { p { (self.text(paragraph)) } }
                    }
                }
            }
        }
    }

    fn section(&mut self, number: usize, section: &Section) -> Markup {
        html! {
            section id=(section.id) {
                h2 { span class="number" { (number) } (section.title) }
                (self.blocks(&section.blocks))
            }
        }
    }

    fn blocks(&mut self, blocks: &[Block]) -> Markup {
        html! { @for block in blocks { (self.block(block)) } }
    }

    fn block(&mut self, block: &Block) -> Markup {
        match block {
            Block::Paragraph(text) => html! { p { (self.text(text)) } },
            Block::Heading(text) => html! { h3 { (text) } },
            Block::Table(table) => self.table(table),
            Block::Figure(figure) => self.figure(figure, false),
            Block::FigureRow(figures) => html! {
                div class="row" { @for figure in figures { (self.figure(figure, true)) } }
            },
            Block::Note(kind, text) => self.note(*kind, text),
            Block::Formula(latex) => html! {
                div class="formula" { (formula::mathml(latex, DisplayMode::Block)) }
            },
            Block::Code(text) => html! { pre { code { (text) } } },
            Block::List(items) => html! { ul { (self.items(items)) } },
            Block::NumberedList(items) => html! { ol { (self.items(items)) } },
            Block::Details { summary, blocks } => html! {
                details { summary { (self.text(summary)) } (self.blocks(blocks)) }
            },
        }
    }

    fn items(&self, items: &[RichText]) -> Markup {
        html! { @for item in items { li { (self.text(item)) } } }
    }

    fn note(&self, kind: NoteKind, text: &RichText) -> Markup {
        let (class, label) = match kind {
            NoteKind::Remark => ("remark", "Note"),
            NoteKind::Result => ("result", "Result"),
            NoteKind::Caution => ("caution", "Caution"),
        };
        html! {
            p role="note" class={ "note " (class) } { strong { (label) ". " } (self.text(text)) }
        }
    }

    fn table(&mut self, table: &Table) -> Markup {
        self.tables += 1;
        let label = format!("Table {}.", self.tables);
        html! {
            figure class="table" id=[identifier(&table.id)] {
                figcaption { strong { (label) } " " (self.text(&table.caption)) }
                div class="scroll" tabindex="0" role="region" aria-label=(label) {
                    table {
                        thead { tr { @for column in &table.columns {
                            th scope="col" class=(class(column.align)) { (self.text(&column.name)) }
                        } } }
                        tbody { @for row in &table.rows { tr {
                            @for (cell, column) in row.iter().zip(&table.columns) {
                                td class={ (class(column.align)) @if cell.text.is_short(SHORT_CELL) { " short" } } {
                                    @if cell.best { strong { (self.text(&cell.text)) } }
                                    @else { (self.text(&cell.text)) }
                                }
                            }
                        } } }
                    }
                }
                @if !table.note.is_empty() { p class="table-note" { (self.text(&table.note)) } }
            }
        }
    }

    fn figure(&mut self, figure: &Figure, in_row: bool) -> Markup {
        self.figures += 1;
        let width = figure.shown_width();
        let class = match width {
            Some(width) if width > TEXT_COLUMN && !in_row => "picture large wide",
            Some(width) if width > LARGE => "picture large",
            _ => "picture",
        };
        let style = width.map(|width| format!("width:{width}px"));
        html! {
            figure class=(class) id=[identifier(&figure.id)] {
                div class="plate" {
                    img src=(figure.image.address()) alt=(figure.alt) style=[style];
                }
                figcaption {
                    strong { "Figure " (self.figures) "." } " " (self.text(&figure.caption))
                }
            }
        }
    }
}

fn identifier(id: &str) -> Option<&str> {
    (!id.is_empty()).then_some(id)
}

fn class(align: Align) -> &'static str {
    match align {
        Align::Left => "left",
        Align::Centre => "centre",
        Align::Right => "right",
    }
}
