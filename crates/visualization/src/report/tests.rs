//! Tests of reports.

use super::*;
use crate::Error;

fn png() -> Picture {
    Picture::Png(crate::raster::encode_png(&image::RgbImage::new(8, 8)).unwrap())
}

fn figure(id: &str) -> Figure {
    Figure::new(id, png(), format!("what {id} shows"), format!("Caption of {id}."))
}

fn table(id: &str) -> Table {
    let columns = vec![Column::text("model"), Column::number("loss")];
    Table::new(id, format!("Caption of {id}."), columns)
        .row(["ad".into(), Cell::from("0.5").best()])
        .note("A note.")
}

/// One of everything.
fn report() -> Report {
    let hidden = vec![Block::Figure(figure("hidden")), Block::Table(table("last"))];
    let first = Section::new("first", "First things")
        .paragraph("See @{late}, @{late-table} and @{second}. *Italic*, x^{2}.")
        .block(Block::Heading("A heading".into()))
        .block(Block::Table(table("early")))
        .block(Block::FigureRow(vec![figure("left"), figure("right")]))
        .block(Block::List(vec!["one".into(), "two".into()]))
        .block(Block::NumberedList(vec!["first".into(), "second".into()]));
    let second = Section::new("second", "Second things")
        .block(Block::Note(NoteKind::Caution, "Careful.".into()))
        .block(Block::Code("cargo run <file>".into()))
        .block(Block::Formula(r"\sum_i x_i < \tfrac{1}{2}".into()))
        .block(Block::Details { summary: "More".into(), blocks: hidden })
        .block(Block::Figure(figure("late")))
        .block(Block::Table(table("late-table")));
    let report = Report {
        subtitle: "a subtitle".into(),
        abstract_: vec!["An abstract that points to @{first}.".into()],
        ..Report::new("A title")
    };
    report.section(first).section(second)
}

/// Walks the tags of a document and checks that they nest.
fn assert_balanced(html: &str) {
    let void = ["meta", "img", "br", "hr", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    for piece in html.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag that never ends");
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "wrong closing tag");
        } else if !void.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

/// The values of an attribute, in the document's order.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let pattern = format!(" {name}=\"");
    html.split(pattern.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_document_is_well_formed() {
    let html = report().render().unwrap();
    assert!(html.starts_with("<!DOCTYPE html>"));
    assert_balanced(&html);
    assert_balanced(&Report::new("empty").render().unwrap());
}

#[test]
fn nothing_leaves_the_file() {
    let html = report().render().unwrap();
    for source in attributes(&html, "src") {
        assert!(source.starts_with("data:image/"), "{source}");
    }
    let identifiers = attributes(&html, "id");
    for target in attributes(&html, "href") {
        let id = target.strip_prefix('#').expect("a link that leaves the document");
        assert!(identifiers.contains(&id), "{id}");
    }
    for forbidden in ["http:", "https:", "<script", "<link", "@import", "url(", "<iframe"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn tables_figures_and_sections_are_numbered_in_order() {
    let html = report().render().unwrap();
    let places: Vec<usize> = ["Figure 1.", "Figure 2.", "Figure 3.", "Figure 4."]
        .iter()
        .map(|label| {
            assert_eq!(html.matches(label).count(), 1, "{label}");
            html.find(label).unwrap()
        })
        .collect();
    assert!(places.is_sorted());
    assert!(!html.contains("Figure 5."));
    assert!(html.contains("<strong>Table 3.</strong> Caption of late-table."));
    assert!(html.contains("<strong>Figure 4.</strong> Caption of late."));
    assert!(html.contains(r##"<a href="#late">Figure 4</a>"##));
    assert!(html.contains(r##"<a href="#late-table">Table 3</a>"##));
    assert!(html.contains(r##"<a href="#second">Section 2</a>"##));
}

#[test]
fn every_figure_has_its_alternative_text() {
    let html = report().render().unwrap();
    assert_eq!(
        attributes(&html, "alt"),
        ["left", "right", "hidden", "late"].map(|id| format!("what {id} shows"))
    );
}

#[test]
fn a_users_markup_is_escaped_everywhere() {
    let evil = "<script>alert(1)</script>\"'&";
    let columns = vec![Column::text(evil)];
    let section = Section::new("s", evil)
        .paragraph(evil)
        .block(Block::Heading(evil.into()))
        .block(Block::Note(NoteKind::Result, evil.into()))
        .block(Block::Code(evil.into()))
        .block(Block::List(vec![evil.into()]))
        .block(Block::NumberedList(vec![evil.into()]))
        .block(Block::Table(Table::new("", evil, columns).row([evil.into()]).note(evil)))
        .block(Block::Figure(Figure::new("", Picture::Svg(evil.into()), evil, evil)))
        .block(Block::Details { summary: evil.into(), blocks: Vec::new() });
    let report =
        Report { subtitle: evil.into(), abstract_: vec![evil.into()], ..Report::new(evil) };
    let html = report.section(section).render().unwrap();
    assert!(!html.contains("<script"));
    assert_eq!(html.matches("&lt;script&gt;alert(1)").count(), 18);
    assert_balanced(&html);
}

#[test]
fn the_best_cell_is_emphasised() {
    let html = report().render().unwrap();
    assert!(html.contains(r#"<td class="right short"><strong>0.5</strong></td>"#));
    assert!(html.contains(r#"<td class="left short">ad</td>"#));
}

#[test]
fn faults_are_refused_and_named() {
    let fault = |block: Block| {
        let report = Report::new("t").section(Section::new("s", "S").block(block));
        match report.render().unwrap_err() {
            Error::Report { reason } => reason,
            other => panic!("{other}"),
        }
    };
    assert!(fault(Block::Paragraph("@{nothing}".into())).contains("@{nothing}"));
    assert!(fault(Block::Paragraph(r"so $\frac{1}{2$ is".into())).contains(r"\frac{1}{2"));
    assert!(fault(Block::Formula(r"\nonsense".into())).contains(r"\nonsense"));
    let silent = Figure { alt: " ".into(), ..figure("f") };
    assert!(fault(Block::Figure(silent)).contains("Figure 1 has no alternative text"));
    let blank = Figure { image: Picture::Png(Vec::new()), ..figure("f") };
    assert!(fault(Block::Figure(blank)).contains("no picture"));
    let ragged = table("t").row(["one".into()]);
    assert!(fault(Block::Table(ragged)).contains("row 2: 1 cells for 2 columns"));
    assert!(fault(Block::Table(table("s"))).contains("both Section 1 and Table 1"));
    assert!(fault(Block::Table(table("a b"))).contains("“a b”"));
    let anonymous = Report::new("t").section(Section::new("", "S"));
    assert!(matches!(anonymous.render(), Err(Error::Report { .. })));
}
