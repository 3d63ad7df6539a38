//! docs/theory.md as blocks of a report: what is written by hand, and the places of the tables.

use autodecoder_visualization::report::{Block, RichText};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A piece of the document.
#[derive(Debug, Clone, PartialEq)]
pub enum Prose {
    /// A heading of the second level: a group of checks.
    Group(String),
    /// Text: a heading of the third level, a paragraph, a list, code, a formula.
    Block(Block),
    /// The table of a check's findings, by the check's name.
    Findings(String),
}

/// Reads the document from its first heading of the second level on. Tables are left out: those of
/// findings come from the run.
pub fn read(document: &str) -> Vec<Prose> {
    let options = Options::ENABLE_MATH | Options::ENABLE_TABLES;
    let mut reader = Reader::default();
    for event in Parser::new_ext(document, options) {
        reader.take(event);
    }
    let first = reader.pieces.iter().position(|piece| matches!(piece, Prose::Group(_)));
    reader.pieces.split_off(first.unwrap_or(reader.pieces.len()))
}

/// What has been read, and what is being read.
#[derive(Default)]
struct Reader {
    pieces: Vec<Prose>,
    /// The running text, in the report's markup.
    text: String,
    /// The list that is being read, if one is. No list of the document holds another.
    list: Option<List>,
    in_code: bool,
}

struct List {
    numbered: bool,
    items: Vec<RichText>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => self.text += &text,
            Event::Text(text) => self.text += RichText::plain(&*text).source(),
            Event::Code(code) => self.text += &format!("`{code}`"),
            Event::InlineMath(latex) => self.text += &format!("${}$", latex.trim()),
            Event::DisplayMath(latex) => self.formula(latex.trim()),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::Html(html) => self.mark(&html),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Emphasis => self.text.push('*'),
            Tag::Strong => self.text += "**",
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.in_code = true;
            }
            Tag::List(first) => {
                self.paragraph();
                self.list = Some(List { numbered: first.is_some(), items: Vec::new() });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis => self.text.push('*'),
            TagEnd::Strong => self.text += "**",
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Item => self.item(),
            TagEnd::List(_) => self.end_list(),
            TagEnd::Paragraph if self.list.is_some() => self.text.push(' '),
            TagEnd::Paragraph => self.paragraph(),
            TagEnd::CodeBlock => {
                self.in_code = false;
                let code = std::mem::take(&mut self.text);
                self.block(Block::Code(code.trim_end().to_owned()));
            }
            TagEnd::Table => self.text.clear(),
            _ => {}
        }
    }

    /// A formula on a line of its own; inside a list it stays in its item.
    fn formula(&mut self, latex: &str) {
        if self.list.is_some() {
            self.text += &format!("$\\displaystyle {latex}$");
        } else {
            self.paragraph();
            self.block(Block::Formula(latex.to_owned()));
        }
    }

    fn heading(&mut self, level: HeadingLevel) {
        let text = std::mem::take(&mut self.text);
        match level {
            HeadingLevel::H2 => self.pieces.push(Prose::Group(text)),
            HeadingLevel::H3 => self.block(Block::Heading(text)),
            _ => {}
        }
    }

    fn item(&mut self) {
        let text = std::mem::take(&mut self.text);
        if let Some(list) = &mut self.list {
            list.items.push(text.trim().into());
        }
    }

    fn end_list(&mut self) {
        if let Some(List { numbered, items }) = self.list.take() {
            self.block(if numbered { Block::NumberedList(items) } else { Block::List(items) });
        }
    }

    /// Ends the running text. The line that only names the command and the source file says
    /// nothing in a report.
    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if !text.is_empty() && !text.starts_with("`cargo xtask theory") {
            self.block(Block::Paragraph(text.into()));
        }
    }

    fn block(&mut self, block: Block) {
        self.pieces.push(Prose::Block(block));
    }

    /// A comment: where a check's table begins.
    fn mark(&mut self, html: &str) {
        let name =
            html.trim().strip_prefix("<!-- findings: ").and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(name) = name {
            self.pieces.push(Prose::Findings(name.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# Title

Not shown.

## Group

### A check

`cargo xtask theory a` · [source](a.rs)

Let $x_i$ be *small* and 2 * 3 = `six`;
then

$$x^2 \\le 1$$

follows.

1. first
2. **second**, with

   $$y = 1$$

After a list.

- loose

- more

```
code_with * marks
```

<!-- findings: a -->
| finding | claim |
|---|---|
| `x` | y |
<!-- end -->

More.
";

    fn paragraph(text: &str) -> Prose {
        Prose::Block(Block::Paragraph(text.into()))
    }

    #[test]
    fn the_document_becomes_blocks() {
        let expected = [
            Prose::Group("Group".into()),
            Prose::Block(Block::Heading("A check".into())),
            paragraph(r"Let $x_i$ be *small* and 2 \* 3 = `six`; then"),
            Prose::Block(Block::Formula(r"x^2 \le 1".into())),
            paragraph("follows."),
            Prose::Block(Block::NumberedList(vec![
                "first".into(),
                r"**second**, with $\displaystyle y = 1$".into(),
            ])),
            paragraph("After a list."),
            Prose::Block(Block::List(vec!["loose".into(), "more".into()])),
            Prose::Block(Block::Code("code_with * marks".into())),
            Prose::Findings("a".into()),
            paragraph("More."),
        ];
        assert_eq!(read(DOCUMENT), expected);
    }
}
